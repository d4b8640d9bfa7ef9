"""A seeded community is one that people could have made: everything that is counted agrees, and it can be used."""

from __future__ import annotations

import pytest
from sqlalchemy import and_, create_engine, func, inspect, select, text

from forum import schema
from forum.accounts.models import Account
from forum.app import build_site
from forum.following import Follow, Subject
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.search.queries import search
from forum.tags.models import Tag
from forum.threads.actions import post_answer
from forum.threads.models import Answer, Comment, Thread, ThreadTag
from forum.votes.actions import cast_vote
from forum.votes.models import Vote
from reputation.ledger import rebuild
from tests.bench.seed.community import Size, seed
from tests.bench.seed.words import Writer

SIZE = Size(150, pool=25)


@pytest.fixture
def seeded(settings):
    seed(settings.database_url, SIZE)
    site = build_site(settings, rate_limits=False, durable=False)
    yield site
    site.database.dispose()


def test_points_scores_and_counters_agree_with_what_they_count(seeded):
    with seeded.database.reading() as session:
        assert [difference.subject for difference in rebuild.check(session)] == []
        assert wrong(session, Thread.answer_count, Answer.thread_id == Thread.id) == []
        assert wrong(session, Thread.comment_count, Comment.thread_id == Thread.id) == []
        assert (
            wrong(
                session, Thread.follower_count, and_(Follow.subject == Subject.THREAD, Follow.subject_id == Thread.id)
            )
            == []
        )
        assert wrong(session, Tag.thread_count, ThreadTag.tag_id == Tag.id) == []
        assert wrong(session, Account.question_count, Thread.author_id == Account.id) == []
        assert wrong(session, Account.answer_count, Answer.author_id == Account.id) == []
        for kind, post in ((PostKind.THREAD, Thread), (PostKind.ANSWER, Answer)):
            votes = select(func.coalesce(func.sum(Vote.value), 0)).where(
                Vote.post_kind == kind, Vote.post_id == post.id
            )
            assert session.scalars(select(post.id).where(post.score != votes.scalar_subquery())).all() == []


def test_one_thread_has_twenty_answers_and_tags_keep_their_threads_times(seeded):
    with seeded.database.reading() as session:
        newest = session.scalars(select(Thread).order_by(Thread.id.desc()).limit(1)).one()
        tagged = select(Thread.created_at, ThreadTag.created_at).join(ThreadTag, ThreadTag.thread_id == Thread.id)

        assert newest.answer_count == 20
        assert newest.accepted_answer_id is not None
        assert all(asked == kept for asked, kept in session.execute(tagged))


def test_each_text_is_what_the_cooker_makes_of_its_source():
    writer = Writer(7, pool=40)
    for text_ in [*(writer.body() for _ in range(80)), *writer.remarks]:
        cooked = cook(text_.source)
        assert (cooked.html, cooked.text, cooked.version) == (text_.html, text_.text, text_.version)


def test_every_post_is_found_by_search(seeded):
    with seeded.database.reading() as session:
        documents = session.scalar(text("SELECT count(*) FROM search_index"))
        posts = sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in (Thread, Answer))
        newest = session.scalars(select(Thread).order_by(Thread.id.desc()).limit(1)).one()
        found = search(session, None, newest.title.rstrip("."))

        assert documents == posts
        assert newest.id in [hit.id for hit in found.hits]


def test_triggers_and_indexes_are_as_they_were_and_the_community_goes_on(settings, make):
    site = build_site(settings, rate_limits=False, durable=False)
    before = shape(site)
    seed(settings.database_url, SIZE)
    with site.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM changes")) == 0
        newest = session.scalars(select(Thread).order_by(Thread.id.desc()).limit(1)).one()
        writer = session.scalars(select(Account).where(Account.reputation > 200).limit(1)).one()
        answer_id = session.scalars(select(Answer.id).where(Answer.author_id != writer.id).limit(1)).one()
        voted = select(Vote.value).where(Vote.account_id == writer.id, Vote.post_id == answer_id)
        value = -1 if session.scalar(voted.where(Vote.post_kind == PostKind.ANSWER)) == 1 else 1
    actor = make.actor(writer)
    with site.database.writing() as session:
        post_answer(session, actor, newest.id, cook("It works again after a restart."))
        cast_vote(session, actor, PostRef(PostKind.ANSWER, answer_id), value)
    with site.database.reading() as session:
        assert [difference.subject for difference in rebuild.check(session)] == []
        assert session.scalar(text("SELECT count(*) FROM changes")) > 0
    assert shape(site) == before
    site.database.dispose()


def test_the_known_thread_reads_the_same_in_every_size(seeded, tmp_path):
    other = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    schema.upgrade(other)
    seed(other, Size(60, pool=SIZE.pool))
    engine = create_engine(other)
    told = "SELECT title, source FROM threads WHERE id = {0}"
    told += " UNION ALL SELECT '', source FROM answers WHERE thread_id = {0}"
    with seeded.database.reading() as session, engine.connect() as connection:
        here = sorted(map(tuple, session.execute(text(told.format(150)))))
        there = sorted(map(tuple, connection.execute(text(told.format(60)))))
    engine.dispose()

    assert len(here) == 21
    assert here == there


def test_the_same_size_is_the_same_community():
    first, second = Writer(7, pool=5), Writer(7, pool=5)

    assert [first.title() for _ in range(20)] == [second.title() for _ in range(20)]
    assert first.body() == second.body()


def wrong(session, counter, *conditions):
    """Rows whose counter is not how many rows there are of the other table."""
    counted = select(func.count()).where(*conditions).scalar_subquery()
    return session.scalars(select(counter.class_.id).where(counter != counted)).all()


def shape(site):
    """The names of all triggers and indexes."""
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if site.database.dialect == "postgresql":
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    with site.database.reading() as session:
        here = inspect(session.get_bind())
        indexes = {index["name"] for table in here.get_table_names() for index in here.get_indexes(table)}
        return set(session.scalars(text(names))), indexes
