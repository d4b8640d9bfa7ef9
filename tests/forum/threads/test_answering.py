"""Answers and comments: who may write them, where, and what they move."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.threads import AnswerPosted, CommentPosted, InfoRequested
from forum.following import Follow, Level, Subject
from forum.markup import cook
from forum.options import set_option
from forum.posts import Visibility
from forum.threads.actions import ask_for_info, choose_level, lock_thread, post_answer, post_comment
from forum.threads.models import Answer, Comment, Thread

BODY = cook("Restart the daemon, then wait.")
NOTE = cook("Which version?")


@pytest.fixture
def ben(make):
    return make.actor(make.account("ben", reputation=20))


def test_an_answer_counts_and_bumps_its_thread(session, ben, thread, heard):
    answer = post_answer(session, ben, thread.id, BODY)

    held = session.get_one(Thread, thread.id)
    assert (held.answer_count, held.last_activity_by_id, held.last_activity_at) == (1, ben.id, answer.created_at)
    assert session.get(Follow, (ben.id, Subject.THREAD, thread.id)) is not None
    assert [type(event) for event in heard] == [AnswerPosted]


def test_twenty_times_the_same_form_makes_one_answer(session, ben, thread, heard):
    made = {post_answer(session, ben, thread.id, BODY, once="one").id for _ in range(20)}

    assert len(made) == len(heard) == 1
    assert session.get_one(Thread, thread.id).answer_count == 1


def test_staff_may_answer_for_the_company_and_nobody_else(session, make, ben, thread):
    answer = post_answer(session, make.actor(make.staff()), thread.id, BODY, from_staff=True)

    assert answer.from_staff
    with pytest.raises(Forbidden):
        post_answer(session, ben, thread.id, BODY, from_staff=True)


@pytest.mark.parametrize("reply", [post_answer, post_comment])
def test_a_locked_thread_takes_no_reply_and_says_why(session, make, ben, thread, reply):
    lock_thread(session, make.actor(make.moderator()), thread.id, reason="It went in circles.")

    with pytest.raises(Conflict, match="circles"):
        reply(session, ben, thread.id, BODY)


def test_a_lock_that_has_ended_is_no_lock(session, make, ben):
    past = now() - timedelta(minutes=1)
    thread = make.thread(locked_at=past - timedelta(days=1), locked_until=past)

    assert post_answer(session, ben, thread.id, BODY).id


def test_a_duplicate_takes_no_answers(session, make, ben, thread):
    copy = make.thread(duplicate_of_id=thread.id)

    with pytest.raises(Conflict):
        post_answer(session, ben, copy.id, BODY)


@pytest.mark.parametrize("visibility", [Visibility.PENDING, Visibility.HIDDEN, Visibility.DELETED])
def test_a_thread_that_is_not_shown_looks_like_none(session, make, ben, visibility):
    thread = make.thread(visibility=visibility)

    with pytest.raises(NotFound):
        post_answer(session, ben, thread.id, BODY)


def test_not_even_its_author_replies_to_what_nobody_sees(session, make, asker):
    thread = make.thread(author=asker, visibility=Visibility.PENDING)

    with pytest.raises(Conflict):
        post_answer(session, make.actor(asker), thread.id, BODY)


@pytest.mark.parametrize("source", ["Too short", "x" * 30_001])
def test_an_answer_has_a_length(session, ben, thread, source):
    with pytest.raises(Invalid):
        post_answer(session, ben, thread.id, cook(source))


@pytest.mark.parametrize("source", ["?", "x" * 1001])
def test_a_comment_has_a_length(session, ben, thread, source):
    with pytest.raises(Invalid):
        post_comment(session, ben, thread.id, cook(source))


def test_commenting_on_what_others_wrote_is_earned(session, database, make, asker):
    with database.writing() as setting:
        set_option(setting, "privileges.preset", "growing")
    newcomer, strange, own = make.account(), make.thread(), make.thread(author=asker)
    theirs = make.answer(strange, author=newcomer)
    actor = make.actor(newcomer)
    with pytest.raises(Forbidden):
        post_comment(session, actor, strange.id, NOTE)
    with pytest.raises(Forbidden):
        post_comment(session, actor, own.id, NOTE)

    assert post_comment(session, actor, strange.id, NOTE, answer_id=theirs.id).answer_id == theirs.id
    assert post_comment(session, make.actor(asker), own.id, NOTE).id


def test_a_comment_under_another_threads_answer_is_refused(session, make, ben, thread):
    elsewhere = make.answer(make.thread())

    with pytest.raises(NotFound):
        post_comment(session, ben, thread.id, NOTE, answer_id=elsewhere.id)


def test_a_comment_counts_for_its_thread(session, ben, thread, answer, heard):
    post_comment(session, ben, thread.id, NOTE, answer_id=answer.id)

    assert session.get_one(Thread, thread.id).comment_count == 1
    assert [type(event) for event in heard] == [CommentPosted]


def test_the_askers_word_answers_what_was_asked_for(session, make, asker, thread, heard):
    ask_for_info(session, make.actor(make.moderator()), thread.id)
    post_comment(session, make.actor(asker), thread.id, NOTE)

    assert session.get_one(Thread, thread.id).needs_info_at is None
    assert [event.needed for event in heard if isinstance(event, InfoRequested)] == [True, False]


def test_following_and_stopping_count_once(session, ben, thread):
    for _ in range(2):
        choose_level(session, ben, thread.id, Level.FOLLOW)
    assert session.get_one(Thread, thread.id).follower_count == 1
    for _ in range(2):
        choose_level(session, ben, thread.id, Level.NORMAL)
    assert session.get_one(Thread, thread.id).follower_count == 0


def test_answering_works_without_scripts(browser, make, thread):
    browser.sign_in(make.account())
    page = browser.post(f"/threads/{thread.id}/answers", {"body": "Restart the **daemon** and wait.", "once": "x"})

    assert page.url.fragment.startswith("answer-")
    assert "<strong>daemon</strong>" in page.text


def test_answering_by_script_changes_a_part_of_the_page(browser, make, thread):
    browser.sign_in(make.account())
    part = browser.fragment("POST", f"/threads/{thread.id}/answers", {"body": "Restart the daemon and wait."})

    assert part.status_code == 200
    assert "<html" not in part.text
    assert 'id="answers"' in part.text
    assert "Restart the daemon and wait." in part.text


def test_a_refused_answer_keeps_what_was_typed(browser, make, thread):
    browser.sign_in(make.account())
    for send in (browser.post, lambda *given: browser.fragment("POST", *given)):
        page = send(f"/threads/{thread.id}/answers", {"body": "Short &"})
        assert page.status_code == 422
        assert "Short &amp;" in page.text
        assert "at least 10 characters" in page.text


def test_commenting_works_without_scripts_and_with_them(browser, make, thread, answer):
    browser.sign_in(make.account(reputation=20))
    page = browser.post(f"/posts/answer/{answer.id}/comments", {"body": "Which version?"})
    part = browser.fragment("POST", f"/posts/answer/{answer.id}/comments", {"body": "And which system?"})

    assert page.url.fragment.startswith("comment-")
    assert "Which version?" in page.text
    assert part.text.count('class="comment"') == 2
    assert "<html" not in part.text


def test_a_refused_comment_keeps_what_was_typed(browser, make, thread):
    browser.sign_in(make.account(reputation=20))
    page = browser.post(f"/posts/thread/{thread.id}/comments", {"body": "?"})

    assert page.status_code == 422
    assert "at least 2 characters" in page.text


def test_an_answer_without_a_session_is_parked(browser, make, thread):
    page = browser.post(f"/threads/{thread.id}/answers", {"body": "Words that took an hour to write."})

    assert page.url.path == "/login"
    restored = browser.sign_in(make.account()).get(page.url.params["next"])
    assert "Words that took an hour to write." in restored.text
    with browser.site.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 0
        assert session.scalar(select(func.count()).select_from(Comment)) == 0
