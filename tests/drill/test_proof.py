"""What the drill would find, if there were something to find."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import delete, insert, update

from forum.clock import now
from forum.jobs import Job
from forum.notifications.models import Notification
from forum.posts import PostKind, PostRef
from forum.search.index import index_posts
from forum.threads.models import Answer, Thread
from forum.votes.models import Vote
from tests.drill.proof import prove
from tests.drill.record import Record

TOKEN = "drill-0123456789abcdef"


@pytest.fixture
def record(database, make, thread) -> Record:
    """One acknowledged answer in a thread with one follower, who was told."""
    answer = make.answer(thread, body=f"Turn it off. ({TOKEN})")
    follower = make.account("reader", unread_count=1)
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.ANSWER, answer.id)])
        told = {
            "account_id": follower.id,
            "kind": "followed_answer",
            "post_kind": PostKind.ANSWER,
            "post_id": answer.id,
        }
        session.execute(insert(Notification).values(thread_id=thread.id, key=f"answer:{answer.id}", **told))
    record = Record()
    record.texts["answer", TOKEN] = {1}
    record.told_of[TOKEN] = thread.id
    record.answer, record.follower = answer, follower  # type: ignore[attr-defined]
    return record


@pytest.fixture
def found(database, record, thread):
    return lambda letters=None: prove(database, record, [record.follower.id], thread.id, letters)


def test_nothing_is_found_where_all_is_well(found):
    assert (found().lost, found().doubled, found().wrong) == (0, 0, [])


def test_an_answer_that_is_gone_is_lost(found, database, record, thread):
    with database.writing() as session:
        session.execute(delete(Answer).where(Answer.id == record.answer.id))
        session.execute(update(Thread).where(Thread.id == thread.id).values(answer_count=0))

    assert found().lost == 1


def test_an_answer_that_is_there_twice_is_doubled(found, make, thread, database):
    again = make.answer(thread, body=f"Turn it off. ({TOKEN})")
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.ANSWER, again.id)])

    assert found().doubled == 1


def test_what_nobody_knows_may_be_either_way(found, record):
    record.texts["answer", TOKEN] = {0, 1}
    record.texts["message", "drill-fedcba9876543210"] = {0, 1}

    assert (found().lost, found().doubled) == (0, 0)


def test_a_follower_who_heard_nothing_or_twice_is_found(found, database, record):
    with database.writing() as session:
        session.execute(update(Notification).values(account_id=record.answer.author_id))
    assert found().lost == 1


def test_a_vote_that_does_not_stand_is_lost(found, record, database):
    record.votes[record.follower.id, record.answer.id] = {1}
    assert found().lost == 1

    with database.writing() as session:
        cast = {"account_id": record.follower.id, "post_kind": PostKind.ANSWER, "post_id": record.answer.id, "value": 1}
        session.execute(insert(Vote).values(created_at=now(), **cast))
    assert found().lost == 0
    assert "1 answers whose votes are counted wrongly" in found().wrong


def test_a_letter_that_was_settled_and_never_came_is_lost_and_one_that_came_again_is_told_of(found, database):
    with database.writing() as session:
        session.add(Job(kind="mail", payload={}, run_at=now(), done_at=now()))
    with database.reading() as session:
        number = session.query(Job.id).scalar()

    assert found(Counter()).lost == 1
    assert found(Counter({f"{number}": 2})).letters_again == 1
