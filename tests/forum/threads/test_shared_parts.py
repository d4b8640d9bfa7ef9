"""What readers of a thread share in memory: never older than what was committed, never what only another may see."""

from __future__ import annotations

import re

import pytest

from forum.accounts.models import Account
from forum.clock import now
from forum.events.moderation import FlagReason
from forum.markup import cook
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import accept_answer, delete_post, edit_post, post_comment
from forum.threads.models import Answer, Comment, Thread
from forum.threads.queries import thread_page
from forum.votes.actions import cast_vote
from moderation.flags.actions import flag_post

MOST_QUERIES = 8
"""Who they are, the thread, its answers, its comments, the way to staff, flags, votes, the count of their tickets."""


@pytest.fixture
def path(thread):
    return f"/threads/{thread.id}/{thread.slug}"


@pytest.fixture
def reader(browser, make):
    return browser.another().sign_in(make.account("reader", reputation=50))


@pytest.fixture
def moderator(browser, make):
    return browser.another().sign_in(make.moderator("mo"))


@pytest.fixture
def answer(make, thread):
    """By somebody with the rights that the reader has, so that only whose it is tells the two apart."""
    return make.answer(thread, author=make.account("answerer", reputation=50))


def article(page, post):
    """The part of a page that holds an answer with its comments."""
    return re.search(rf'<article [^>]*id="answer-{post.id}".*?</article>', page.text, re.DOTALL)[0]


def without_tokens(text):
    return re.sub(r'name="once"[^>]*value="[^"]*"', "", text)


def test_two_readers_are_shown_the_same_drawing(site, browser, make, reader, path, answer):
    kept = site.templates.globals["fragment"].__self__.kept
    first = reader.get(path)
    misses = kept.misses
    second = browser.another().sign_in(make.account("other", reputation=50)).get(path)

    assert kept.misses - misses <= 2  # the head with their own name, and what they hear of
    assert without_tokens(article(first, answer)) == without_tokens(article(second, answer))


def test_no_two_readers_share_a_forms_token(reader, make, browser, path, answer):
    pages = [reader.get(path), reader.get(path), browser.another().sign_in(make.account()).get(path)]
    tokens = [token for page in pages for token in re.findall(r'name="once"[^>]*value="([^"]+)"', page.text)]

    assert len(set(tokens)) == len(tokens) >= 3 * 3
    assert not any(token.startswith("once-") for token in tokens)


@pytest.mark.parametrize("model", [Answer, Comment])
@pytest.mark.parametrize("first", ["moderator", "reader"])
def test_what_a_moderator_sees_of_a_hidden_post_never_reaches_others(request, make, thread, answer, path, model, first):
    hidden = {"body": "Only for moderators' eyes", "visibility": Visibility.HIDDEN, "visibility_reason": "Rude."}
    if model is Answer:
        make.answer(thread, **hidden)
    else:
        make.comment(thread, answer_id=answer.id, **hidden)
    order = [first, "reader" if first == "moderator" else "moderator"] * 2
    for who in order:
        page = request.getfixturevalue(who).get(path).text
        assert ("Only for moderators&#39;" in page or "Only for moderators'" in page) == (who == "moderator")
        assert ("Moderate" in page) == (who == "moderator")


def test_hiding_and_withholding_show_at_once(database, reader, moderator, make, thread, path):
    answer = make.answer(thread, body="Secret words")
    for browser in (reader, moderator):
        assert "Secret words" in browser.get(path).text
    with database.writing() as session:
        session.get_one(Answer, answer.id).visibility = Visibility.HIDDEN
    assert "Secret words" not in reader.get(path).text
    assert "Secret words" in moderator.get(path).text
    with database.writing() as session:
        held = session.get_one(Answer, answer.id)
        held.visibility, held.withheld = Visibility.PUBLISHED, True
    for browser in (reader, moderator):
        assert "Secret words" not in browser.get(path).text
        assert "This text was removed." in browser.get(path).text


def test_every_write_shows_on_the_next_page(database, make, asker, reader, path, thread, answer):
    actor, ana = make.actor(make.account("writer", reputation=5000)), make.actor(asker)
    reader.get(path)

    def after(work, *shown):
        database.write(work)
        page = article(reader.get(path), answer)
        for text in shown:
            assert text in page, text
        return page

    ref = PostRef(PostKind.ANSWER, answer.id)
    after(lambda session: edit_post(session, actor, ref, cook("Edited words")), "Edited words", "edited")
    after(lambda session: cast_vote(session, actor, ref, 1), '<span class="vote-score">1<')
    after(
        lambda session: post_comment(session, actor, thread.id, cook("A first remark"), answer_id=answer.id),
        "A first remark",
    )
    after(lambda session: accept_answer(session, ana, answer.id), "The answer that solved it")

    def rename(session):
        account = session.get_one(Account, answer.author_id)
        account.display_name, account.reputation = "Somebody New", 77

    after(rename, "Somebody New", ">77<")
    with database.writing() as session:
        remark = session.query(Comment).one()
    page = after(lambda session: delete_post(session, actor, PostRef(PostKind.COMMENT, remark.id)))
    assert "A first remark" not in page

    def erase(session):
        session.get_one(Account, answer.author_id).anonymised_at = now()

    assert "Somebody New" not in after(erase, "Somebody who left")


def test_what_is_mine_is_mine_alone(database, browser, make, reader, path, thread, answer):
    voter = make.account("voter", reputation=50)
    ref = PostRef(PostKind.ANSWER, answer.id)
    actor = make.actor(voter)
    database.write(lambda session: cast_vote(session, actor, ref, 1))
    database.write(lambda session: flag_post(session, actor, ref, FlagReason.OFF_TOPIC, ""))
    own = browser.another().sign_in(voter)
    author = browser.another()
    with database.reading() as session:
        author.sign_in(session.get_one(Account, answer.author_id))
    for _ in range(2):
        assert 'aria-pressed="true" aria-label="Useful"' in article(own.get(path), answer)
        assert "Flagged by you" in article(own.get(path), answer)
        others = article(reader.get(path), answer)
        assert 'aria-pressed="true" aria-label="Useful"' not in others
        assert "Flagged by you" not in others
        assert "/edit" not in others
        assert "/edit" in article(author.get(path), answer)


def test_only_the_asker_is_offered_to_accept(browser, asker, reader, path, answer):
    own = browser.another().sign_in(asker)
    for _ in range(2):
        assert "This solved it" in article(own.get(path), answer)
        assert "This solved it" not in article(reader.get(path), answer)
        assert "This solved it" not in browser.get(path).text


def test_a_customers_page_costs_this_many_queries(reader, queries, make, thread, answer, path):
    for _ in range(19):
        make.comment(thread, answer_id=make.answer(thread).id)
    reader.get(path)
    with queries() as sent:
        assert reader.get(path).status_code == 200

    assert len(sent) == MOST_QUERIES


def test_a_row_made_for_one_reader_is_not_anothers(session, make, thread, answer):
    stranger, author = make.actor(make.account(reputation=50)), make.actor(session.get_one(Account, answer.author_id))
    pages = [thread_page(session, actor, thread.id) for actor in (stranger, author, None, stranger)]
    may = [page.answers[0].may.edit for page in pages]

    assert may == [False, True, False, False]
    assert pages[0].answers[0] is pages[3].answers[0]


def test_a_lock_takes_what_it_forbids_from_the_next_page(database, reader, path, thread, answer):
    assert "Add a comment" in article(reader.get(path), answer)
    with database.writing() as session:
        session.get_one(Thread, thread.id).locked_at = now()

    assert "Add a comment" not in article(reader.get(path), answer)
