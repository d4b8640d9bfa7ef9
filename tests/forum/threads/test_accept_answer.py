"""Accepting an answer: who may, what changes, what the rest of the site hears."""

from __future__ import annotations

import threading

import pytest

from forum.errors import Conflict, Forbidden, NotFound
from forum.events.threads import AnswerAccepted, AnswerUnaccepted, AnswerUnhelpful
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import (
    accept_answer,
    lock_thread,
    restore_post,
    say_unhelpful,
    set_visibility,
    unaccept_answer,
)
from forum.threads.models import Answer, Resolution, Thread, ThreadKind
from forum.threads.queries import thread_page


def accepted(heard):
    return [event for event in heard if isinstance(event, AnswerAccepted | AnswerUnaccepted)]


def test_the_asker_accepts(session, make, heard, asker, answer):
    thread = accept_answer(session, make.actor(asker), answer.id)

    assert (thread.accepted_answer_id, thread.resolution) == (answer.id, Resolution.SOLVED)
    assert [type(event) for event in accepted(heard)] == [AnswerAccepted]


def test_nothing_is_accepted_where_nobody_can_read_it(session, make, heard, asker, thread, answer):
    hidden = PostRef(PostKind.THREAD, thread.id)
    set_visibility(session, make.actor(make.moderator()), hidden, Visibility.HIDDEN)

    with pytest.raises(Conflict):
        accept_answer(session, make.actor(asker), answer.id)
    assert accepted(heard) == []


def test_a_double_click_counts_once(session, make, heard, asker, answer):
    for _ in range(2):
        accept_answer(session, make.actor(asker), answer.id)

    assert len(accepted(heard)) == 1


def test_another_choice_replaces_the_first(session, make, heard, asker, thread, answer):
    other = make.answer(thread)
    accept_answer(session, make.actor(asker), answer.id)
    accept_answer(session, make.actor(asker), other.id)

    assert accepted(heard)[-1].replaced_answer_id == answer.id
    assert session.get_one(Thread, thread.id).accepted_answer_id == other.id


def test_ones_own_answer_can_be_accepted(session, make, asker, thread):
    own = make.answer(thread, author=asker)

    assert accept_answer(session, make.actor(asker), own.id).accepted_answer_id == own.id


def test_a_stranger_may_not_accept_and_an_admin_may(session, make, heard, answer):
    stranger, admin = make.actor(make.account()), make.actor(make.admin())
    with pytest.raises(Forbidden):
        accept_answer(session, stranger, answer.id)
    assert accepted(heard) == []

    assert accept_answer(session, admin, answer.id).accepted_answer_id == answer.id


def test_a_hidden_answer_looks_like_none(session, make, asker, thread):
    hidden = make.answer(thread, visibility=Visibility.HIDDEN)

    with pytest.raises(NotFound):
        accept_answer(session, make.actor(asker), hidden.id)


def test_ones_own_hidden_answer_solves_nothing(session, make, asker, thread):
    hidden = make.answer(thread, author=asker, visibility=Visibility.HIDDEN)

    with pytest.raises(Conflict):
        accept_answer(session, make.actor(asker), hidden.id)


def test_a_locked_thread_keeps_its_solution(session, make, asker, thread, answer):
    lock_thread(session, make.actor(make.moderator()), thread.id, reason="Settled.")

    with pytest.raises(Conflict):
        accept_answer(session, make.actor(asker), answer.id)


def test_a_discussion_has_no_solution(session, make, asker):
    talk = make.thread(author=asker, kind=ThreadKind.DISCUSSION)

    with pytest.raises(Conflict):
        accept_answer(session, make.actor(asker), make.answer(talk).id)


def test_taking_it_back_opens_the_thread_and_says_so_once(session, make, heard, asker, answer):
    accept_answer(session, make.actor(asker), answer.id)
    for _ in range(2):
        thread = unaccept_answer(session, make.actor(asker), answer.id)

    assert thread.accepted_answer_id is None
    assert [type(event) for event in accepted(heard)] == [AnswerAccepted, AnswerUnaccepted]


def test_a_removed_solution_solves_nothing_until_it_is_back(session, make, heard, asker, thread, answer):
    moderator, ref = make.actor(make.moderator()), PostRef(PostKind.ANSWER, answer.id)
    accept_answer(session, make.actor(asker), answer.id)
    set_visibility(session, moderator, ref, Visibility.HIDDEN)
    assert session.get_one(Thread, thread.id).accepted_answer_id is None

    restore_post(session, moderator, ref)
    held = session.get_one(Thread, thread.id)
    assert (held.accepted_answer_id, held.accepted_by_id) == (answer.id, asker.id)
    assert accepted(heard)[-1].actor_id == asker.id


def test_a_restored_solution_does_not_push_out_a_later_one(session, make, asker, thread, answer):
    other = make.answer(thread)
    moderator, ref = make.actor(make.moderator()), PostRef(PostKind.ANSWER, answer.id)
    accept_answer(session, make.actor(asker), answer.id)
    set_visibility(session, moderator, ref, Visibility.HIDDEN)
    accept_answer(session, make.actor(asker), other.id)
    restore_post(session, moderator, ref)

    assert session.get_one(Thread, thread.id).accepted_answer_id == other.id


def test_only_the_asker_says_that_it_did_not_help_and_once(session, make, heard, asker, answer):
    ana, stranger = make.actor(asker), make.actor(make.account())
    for _ in range(2):
        say_unhelpful(session, ana, answer.id, "Same error")

    assert session.get_one(Answer, answer.id).unhelpful_count == 1
    assert [event.note for event in heard if isinstance(event, AnswerUnhelpful)] == ["Same error"]
    with pytest.raises(Forbidden):
        say_unhelpful(session, stranger, answer.id)


def test_accepting_takes_back_that_it_did_not_help(session, make, asker, thread, answer):
    ana, other = make.actor(asker), make.answer(thread)
    say_unhelpful(session, ana, answer.id, "Same error")
    say_unhelpful(session, ana, other.id)
    accept_answer(session, ana, answer.id)

    found = {post.ref.id: post.helped for post in whole_page(session, ana, thread)}
    assert found == {answer.id: True, other.id: False}
    assert [session.get_one(Answer, one.id).unhelpful_count for one in (answer, other)] == [0, 1]


def whole_page(session, actor, thread):
    page = thread_page(session, actor, thread.id)
    assert page.solution is not None
    return [page.solution, *page.answers]


def test_two_parallel_choices_leave_one(database, make, asker, thread, heard):
    actor = make.actor(asker)
    answers = [make.answer(thread).id for _ in range(2)]
    start = threading.Barrier(8)

    def choose(answer_id):
        start.wait()
        database.write(lambda session: accept_answer(session, actor, answer_id))

    threads = [threading.Thread(target=choose, args=(answers[number % 2],)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    chosen = None
    for event in accepted(heard):
        assert event.replaced_answer_id == chosen
        chosen = event.answer_id
    with database.reading() as session:
        assert session.get_one(Thread, thread.id).accepted_answer_id == chosen


def test_it_works_without_javascript(browser, asker, answer):
    browser.sign_in(asker)
    page = browser.post(f"/answers/{answer.id}/accept")

    assert page.url.fragment == f"answer-{answer.id}"
    assert "The answer that solved it" in page.text


def test_by_script_the_answers_are_swapped(browser, asker, answer):
    part = browser.sign_in(asker).fragment("POST", f"/answers/{answer.id}/accept")

    assert part.status_code == 200
    assert part.text.count('id="answers"') == 1
    assert 'id="thread-state" hx-swap-oob="true"' in part.text
    assert "The answer that solved it" in part.text
