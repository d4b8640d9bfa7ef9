"""Voting in the browser: with a script, without one, and signed out."""

from __future__ import annotations

import pytest

from forum.posts import PostKind, PostRef
from forum.threads.models import Answer
from forum.votes.queries import controls


@pytest.fixture
def voter(make):
    return make.account("vic", reputation=500)


def score(database, answer):
    with database.reading() as session:
        return session.get_one(Answer, answer.id).score


def test_it_works_without_javascript(browser, database, voter, answer):
    browser.sign_in(voter)

    page = browser.post(f"/answers/{answer.id}/vote", {"value": 1})

    assert page.status_code == 200
    assert page.url.fragment == f"answer-{answer.id}"
    assert 'aria-pressed="true"' in page.text
    assert score(database, answer) == 1


def test_a_question_is_voted_on_from_its_page(browser, voter, thread):
    browser.sign_in(voter)

    page = browser.post(f"/threads/{thread.id}/vote", {"value": 1})

    assert page.url.path.startswith(f"/threads/{thread.id}/")
    assert 'aria-pressed="true"' in page.text


def test_a_script_gets_the_control_alone(browser, voter, answer):
    browser.sign_in(voter)

    reply = browser.fragment("POST", f"/answers/{answer.id}/vote", {"value": 1})

    assert reply.status_code == 200
    assert "<html" not in reply.text
    assert f'id="vote-answer-{answer.id}"' in reply.text
    assert 'value="0" aria-pressed="true"' in reply.text


@pytest.mark.parametrize("value", ["", "many", "1.5", "7", "9" * 400])
def test_what_is_no_vote_is_refused(browser, database, voter, answer, value):
    browser.sign_in(voter)

    assert browser.post(f"/answers/{answer.id}/vote", {"value": value}).status_code == 422
    assert score(database, answer) == 0


def test_a_stranger_is_asked_to_sign_in(browser, database, answer):
    page = browser.post(f"/answers/{answer.id}/vote", {"value": 1})

    assert page.url.path == "/login"
    assert score(database, answer) == 0


def test_an_answer_that_is_not_there_cannot_be_voted_on(browser, voter):
    browser.sign_in(voter)

    assert browser.post("/answers/999/vote", {"value": 1}).status_code == 404


def test_on_ones_own_post_there_is_only_the_score(browser, asker, thread, answer):
    browser.sign_in(asker)

    text = browser.get(f"/threads/{thread.id}/{thread.slug}").text

    assert f"/threads/{thread.id}/vote" not in text
    assert f"/answers/{answer.id}/vote" in text


def test_a_page_of_controls_costs_the_same_however_long(session, make, voter, thread, queries):
    actor = make.actor(voter)
    refs = [PostRef(PostKind.THREAD, thread.id), *(PostRef(PostKind.ANSWER, make.answer(thread).id) for _ in range(6))]
    controls(session, actor, refs[:1])
    with queries() as few:
        controls(session, actor, refs[:2])
    with queries() as many:
        found = controls(session, actor, refs)

    assert len(found) == 7
    assert len([one for one in many if "SELECT" in one]) == len([one for one in few if "SELECT" in one]) > 0
