"""Locks, duplicates, asking for more, and what the desk says of a thread."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from forum import clock
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.threads import (
    DuplicateMarkedByStaff,
    InfoRequestedByStaff,
    MarkedDuplicate,
    StaffStateChanged,
    ThreadLocked,
    ThreadUnlocked,
    UnmarkedDuplicate,
)
from forum.threads.actions import (
    accept_answer,
    ask_for_info,
    lock_thread,
    mark_duplicate,
    set_staff_state,
    unlock_thread,
    unmark_duplicate,
)
from forum.threads.models import Resolution, StaffState, Thread
from forum.threads.queries import thread_page

FOR_THE_LOG = (DuplicateMarkedByStaff, InfoRequestedByStaff)


@pytest.fixture
def moderator(make):
    return make.actor(make.moderator("mo"))


def kinds(heard):
    """What happened to threads; what of it went into the log of staff acts is asked for by `logged`."""
    return [type(event) for event in heard if type(event) not in FOR_THE_LOG]


def logged(heard):
    return [event for event in heard if type(event) in FOR_THE_LOG]


def test_locking_and_unlocking_are_told_to_the_log(session, moderator, thread, heard):
    assert lock_thread(session, moderator, thread.id, reason="Settled.").locked
    for _ in range(2):
        assert not unlock_thread(session, moderator, thread.id).locked

    assert kinds(heard) == [ThreadLocked, ThreadUnlocked]
    assert heard[0].reason == "Settled."


def test_a_lock_with_an_end_opens_by_itself(session, moderator, thread):
    held = lock_thread(session, moderator, thread.id, reason="A pause.", until=now() + timedelta(days=1))
    assert held.locked
    with clock.at(now() + timedelta(days=2)):
        assert not held.locked


def test_a_lock_needs_a_reason_and_a_time_to_come(session, moderator, thread):
    with pytest.raises(Invalid):
        lock_thread(session, moderator, thread.id, reason=" ")
    with pytest.raises(Invalid):
        lock_thread(session, moderator, thread.id, reason="Why", until=now() - timedelta(days=1))


def test_only_those_who_may_close_lock(session, make, asker, thread):
    with pytest.raises(Forbidden):
        lock_thread(session, make.actor(asker), thread.id, reason="Mine.")


def test_a_chain_of_duplicates_leads_to_its_root(session, make, moderator, heard):
    first, second, third = make.thread(title="The very first of them"), make.thread(), make.thread()
    mark_duplicate(session, moderator, third.id, second.id)
    mark_duplicate(session, moderator, second.id, first.id)

    assert thread_page(session, moderator, third.id).original.id == first.id
    assert kinds(heard) == [MarkedDuplicate] * 2
    fourth_points_to = mark_duplicate(session, moderator, third.id, second.id)
    assert fourth_points_to.id == first.id


def test_what_a_moderator_does_to_anothers_question_goes_into_the_log(session, make, moderator, asker, thread, heard):
    original, actor = make.thread(), make.actor(asker)
    mark_duplicate(session, actor, thread.id, original.id)
    unmark_duplicate(session, actor, thread.id)
    assert logged(heard) == []

    mark_duplicate(session, moderator, thread.id, original.id)
    unmark_duplicate(session, moderator, thread.id)
    for needed in (True, True, False):
        ask_for_info(session, moderator, thread.id, needed=needed)
    marked, unmarked, asked, had = logged(heard)
    assert (marked.duplicate_of_id, marked.marked, unmarked.marked) == (original.id, True, False)
    assert (asked.needed, had.needed) == (True, False)


def test_there_are_no_rings(session, make, moderator):
    one, two, three = make.thread(), make.thread(), make.thread()
    mark_duplicate(session, moderator, one.id, two.id)
    mark_duplicate(session, moderator, two.id, three.id)
    for original in (one, two, three):
        with pytest.raises(Invalid):
            mark_duplicate(session, moderator, three.id, original.id)


def test_two_threads_marked_as_each_other_at_once_make_no_ring(database, make, moderator):
    one, two = make.thread(), make.thread()
    start, refused = threading.Barrier(2), []

    def mark(thread_id, original_id):
        start.wait()
        try:
            database.write(lambda session: mark_duplicate(session, moderator, thread_id, original_id))
        except Invalid as refusal:
            refused.append(refusal)

    both = [threading.Thread(target=mark, args=pair) for pair in ((one.id, two.id), (two.id, one.id))]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert len(refused) == 1
    with database.reading() as session:
        pointed = [session.get_one(Thread, each.id).duplicate_of_id for each in (one, two)]
        assert sorted(each is None for each in pointed) == [False, True]


def test_the_asker_marks_their_own_and_takes_it_back(session, make, asker, thread, heard):
    original, ana = make.thread(), make.actor(asker)
    mark_duplicate(session, ana, thread.id, original.id)
    assert unmark_duplicate(session, ana, thread.id).resolution is Resolution.OPEN
    assert kinds(heard) == [MarkedDuplicate, UnmarkedDuplicate]


def test_a_stranger_marks_nothing_and_what_is_not_seen_is_no_original(session, make, asker, thread):
    hidden, stranger = make.thread(visibility="hidden"), make.actor(make.account())
    with pytest.raises(Forbidden):
        mark_duplicate(session, stranger, thread.id, hidden.id)
    with pytest.raises(Invalid):
        mark_duplicate(session, make.actor(asker), thread.id, hidden.id)
    with pytest.raises(NotFound):
        mark_duplicate(session, stranger, hidden.id, thread.id)


def test_neither_a_lock_nor_a_silence_is_got_round_by_marking_ones_own(session, make, moderator, asker, thread):
    other = make.thread()
    silenced = make.account(silenced_until=now() + timedelta(days=1))
    with pytest.raises(Forbidden):
        mark_duplicate(session, make.actor(silenced), make.thread(author=silenced).id, other.id)
    mark_duplicate(session, moderator, thread.id, other.id)
    lock_thread(session, moderator, thread.id, reason="A quarrel")

    with pytest.raises(Conflict):
        unmark_duplicate(session, make.actor(asker), thread.id)


def test_a_solved_question_needs_nothing_more(session, make, moderator, asker, thread, answer):
    accept_answer(session, make.actor(asker), answer.id)
    with pytest.raises(Conflict):
        ask_for_info(session, moderator, thread.id)


def test_the_desk_says_how_a_thread_stands(session, thread, heard):
    for state in (StaffState.WITH_STAFF, StaffState.WITH_STAFF, None):
        set_staff_state(session, thread.id, state)

    held = session.get_one(Thread, thread.id)
    assert (held.staff_state, held.staff_state_at) == (None, None)
    assert kinds(heard) == [StaffStateChanged] * 2


def test_the_page_to_close_takes_an_address_or_a_number(browser, make, moderator, thread):
    original = make.thread(title="The one that was there before")
    browser.sign_in(make.moderator())
    page = browser.post(f"/threads/{thread.id}/duplicate", {"original": f"http://testserver/threads/{original.id}/the"})
    assert "The one that was there before" in page.text
    assert "Undo" in page.text
    assert browser.post(f"/threads/{thread.id}/unduplicate").status_code == 200
    assert browser.post(f"/threads/{thread.id}/duplicate", {"original": f" #{original.id}"}).status_code == 200

    refused = browser.post(f"/threads/{thread.id}/duplicate", {"original": "nonsense"})
    assert refused.status_code == 422
    assert 'value="nonsense"' in refused.text


def test_locking_over_http_shows_the_reason_and_offers_an_undo(browser, make, thread):
    browser.sign_in(make.moderator())
    refused = browser.post(f"/threads/{thread.id}/lock", {"reason": "Settled.", "until": "someday"})
    page = browser.post(f"/threads/{thread.id}/lock", {"reason": "It went in circles.", "until": ""})

    assert refused.status_code == 422
    assert "It went in circles." in page.text
    assert f'action="/threads/{thread.id}/unlock"' in page.text


def test_customers_cannot_close(browser, asker, thread):
    browser.sign_in(asker)
    for act in ("lock", "unlock", "needs-info", "has-info", "unlist", "list"):
        assert browser.post(f"/threads/{thread.id}/{act}", {"reason": "x"}).status_code == 403
