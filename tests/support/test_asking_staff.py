"""Asking staff from a thread: who may, when, and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.errors import Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.moderation import HandedToStaff, TakenBackFromStaff
from forum.events.support import TicketOpened
from forum.options import set_option
from forum.posts import Visibility
from forum.threads.actions import accept_answer, say_unhelpful
from forum.threads.models import StaffState, Thread, ThreadKind
from support.escalations.actions import ask_staff, decline, say_me_too
from support.escalations.jobs import RULE, hand_over_unanswered
from support.escalations.models import MeToo
from support.escalations.queries import threads_help
from support.escalations.rules import permission
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import close_own, take_ticket
from support.tickets.models import Priority, Reason, Ticket, TicketState
from tests.support.conftest import MONDAY, on


@pytest.fixture
def question(make, asker):
    """A question of Monday, nine o'clock."""
    with clock.at(MONDAY):
        return make.thread(author=asker, created_at=MONDAY, environment="Lantern 4.2 on Debian")


def live(session, thread):
    query = select(func.count()).select_from(Ticket).where(Ticket.thread_id == thread.id)
    return session.scalar(query)


def test_the_asker_may_ask_after_four_staffed_hours_and_not_a_minute_before(session, make, asker, question, words):
    actor = make.actor(asker)
    with clock.at(datetime(2026, 3, 2, 12, 59, tzinfo=UTC)), pytest.raises(Invalid) as refusal:
        ask_staff(session, actor, question.id, Reason.UNANSWERED, words("Please help."))
    assert "reason" in refusal.value.fields

    with on(2, 13):
        ticket = ask_staff(session, actor, question.id, Reason.UNANSWERED, words("Please help."))

    assert (ticket.state, ticket.reference, ticket.requester_id) == (TicketState.NEW, "PL-1001", asker.id)
    assert (ticket.subject, ticket.environment) == (question.title, "Lantern 4.2 on Debian")


def test_a_reason_that_cannot_wait_sorts_a_ticket_that_came_with_another(session, make, asker, question, words):
    actor = make.actor(asker)
    with on(2, 13):
        ticket = ask_staff(session, actor, question.id, Reason.UNANSWERED, words("Please help."))
        assert (ticket.reason, ticket.priority) == (Reason.UNANSWERED, Priority.NORMAL)
        ask_staff(session, actor, question.id, Reason.OUTAGE, words("Now nothing works."))
        assert (ticket.reason, ticket.priority) == (Reason.OUTAGE, Priority.HIGH)
        ask_staff(session, actor, question.id, Reason.BILLING, words("And I paid for it."))

    assert (ticket.reason, ticket.priority) == (Reason.OUTAGE, Priority.HIGH)


def test_a_priority_that_staff_raised_is_not_lowered_by_a_reason(session, make, asker, question, words):
    with on(2, 13):
        ticket = ask_staff(session, make.actor(asker), question.id, Reason.UNANSWERED, words("Please help."))
        ticket.priority = Priority.URGENT
        ask_staff(session, make.actor(asker), question.id, Reason.OUTAGE, words("Now nothing works."))

    assert (ticket.reason, ticket.priority) == (Reason.OUTAGE, Priority.URGENT)


def test_an_answer_that_did_not_help_opens_no_way_from_another_thread(session, make, asker, question):
    with on(2, 9):
        other = make.thread(author=asker, created_at=MONDAY)
        answer, actor = make.answer(other), make.actor(asker)
        make.answer(question)
        say_unhelpful(session, actor, answer.id, "Still stuck at 40 %.")
        helped = threads_help(session, actor, [question.id, other.id])

    assert Reason.UNHELPFUL in helped[other.id].allowed.reasons
    assert Reason.UNHELPFUL not in helped[question.id].allowed.reasons


def test_an_answer_that_did_not_help_opens_the_way_at_once(session, make, asker, question, words):
    with on(2, 9):
        answer = make.answer(question)
        say_unhelpful(session, make.actor(asker), answer.id, "Still stuck at 40 %.")
        ticket = ask_staff(session, make.actor(asker), question.id, Reason.UNHELPFUL, words("Please help."))

    assert ticket.state is TicketState.NEW


@pytest.mark.parametrize("reason", [Reason.OUTAGE, Reason.SECURITY, Reason.BILLING, Reason.DATA_LOSS])
def test_what_cannot_wait_need_not(session, make, asker, question, words, reason):
    with on(2, 9):
        ticket = ask_staff(session, make.actor(asker), question.id, reason, words("Please help."))

    assert ticket.priority is (Priority.NORMAL if reason is Reason.BILLING else Priority.HIGH)


def test_a_moderator_hands_over_at_any_time_and_the_note_is_for_staff_alone(
    session, make, moderator, asker, question, words, said
):
    with on(2, 9):
        ticket = ask_staff(session, make.actor(moderator), question.id, Reason.HANDED_OVER, words("Looks like a leak."))
    session.commit()

    assert (ticket.requester_id, ticket.opened_by_id) == (asker.id, moderator.id)
    assert [message.audience for message in said(ticket)] == [Audience.INTERNAL]
    assert ticket.last_requester_at is None


def test_somebody_else_may_not_ask_for_another(session, make, other, question, words):
    with pytest.raises(Forbidden, match="you have this too"):
        ask_staff(session, make.actor(other), question.id, Reason.OUTAGE, words("Me too!"))


def test_a_thread_that_one_may_not_see_is_not_there(session, make, other, question, words):
    session.get(Thread, question.id).visibility = Visibility.HIDDEN
    session.flush()

    with pytest.raises(NotFound):
        ask_staff(session, make.actor(other), question.id, Reason.OUTAGE, words("What is this?"))
    with pytest.raises(NotFound):
        say_me_too(session, make.actor(other), question.id, wanted=True)


def test_asking_again_adds_to_the_one_live_ticket(session, make, asker, moderator, question, words, said, heard):
    first = ask_staff(session, make.actor(asker), question.id, Reason.OUTAGE, words("It is down."))
    same = ask_staff(session, make.actor(asker), question.id, Reason.OUTAGE, words("It is down."))
    more = ask_staff(session, make.actor(asker), question.id, Reason.OUTAGE, words("Still down."))
    noted = ask_staff(session, make.actor(moderator), question.id, Reason.HANDED_OVER, words("Many ask."))
    session.commit()

    assert first.id == same.id == more.id == noted.id
    assert [message.text for message in said(first)] == ["It is down.", "Still down.", "Many ask."]
    assert [type(event) for event in heard].count(TicketOpened) == 1


def test_asking_after_the_ticket_was_closed_opens_one_that_follows_it(session, make, asker, thread, asked, words):
    close_own(session, make.actor(asker), asked.reference)
    ticket = ask_staff(session, make.actor(asker), thread.id, Reason.OUTAGE, words("It is back."))

    assert (ticket.follow_up_of_id, ticket.state) == (asked.id, TicketState.NEW)
    assert live(session, thread) == 2


def test_a_decision_of_a_moderator_opens_a_ticket_and_its_undo_takes_it_back(session, make, moderator, question, again):
    happened = {"actor_id": moderator.id, "thread_id": question.id, "review_id": 1}
    emit(session, HandedToStaff(reason="Needs an engineer.", **happened))
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.state, ticket.reason) == (TicketState.NEW, Reason.HANDED_OVER)

    emit(session, TakenBackFromStaff(**happened))
    assert session.get(Thread, question.id).staff_state is None
    assert ticket.state is TicketState.CLOSED


def test_staff_who_have_begun_keep_what_was_handed_to_them(session, make, moderator, agent, question):
    happened = {"actor_id": moderator.id, "thread_id": question.id, "review_id": 1}
    emit(session, HandedToStaff(reason="Needs an engineer.", **happened))
    take_ticket(session, make.actor(agent), "PL-1001")

    with pytest.raises(Exception, match="begun"):
        emit(session, TakenBackFromStaff(**happened))


def test_declining_tells_the_asker_alone_and_their_next_word_opens_it_again(
    session, make, agent, asker, thread, asked, words, said
):
    decline(session, make.actor(agent), asked.reference, words("This is a planned feature."))
    session.commit()
    ticket = session.get(Ticket, asked.id)
    assert (ticket.state, session.get(Thread, thread.id).staff_state) == (TicketState.SOLVED, StaffState.DECLINED)
    assert said(asked)[-1].audience is Audience.REQUESTER

    reply_as_requester(session, make.actor(asker), asked.reference, words("But it worked before."))
    assert (ticket.state, ticket.declined_at) == (TicketState.OPEN, None)
    assert session.get(Thread, thread.id).staff_state is StaffState.WITH_STAFF


def test_i_have_this_too_counts_once_and_can_be_taken_back(session, make, other, asker, question):
    for _ in range(2):
        say_me_too(session, make.actor(other), question.id, wanted=True)
    assert session.scalar(select(func.count()).select_from(MeToo)) == 1

    say_me_too(session, make.actor(other), question.id, wanted=False)
    assert session.scalar(select(func.count()).select_from(MeToo)) == 0
    with pytest.raises(Exception, match="your own"):
        say_me_too(session, make.actor(asker), question.id, wanted=True)


def test_those_who_have_it_too_are_told_of_the_fix_and_of_nothing_private(
    database, make, other, agent, thread, asked, words, drain, browser
):
    with database.writing() as session:
        say_me_too(session, make.actor(other), thread.id, wanted=True)
    with database.writing() as session:
        reply_as_staff(session, make.actor(agent), asked.reference, Audience.REQUESTER, words("Your key is K-77."))
    drain()
    page = browser.sign_in(other).get("/notifications").text
    assert thread.title not in page

    with database.writing() as session:
        actor = make.actor(agent)
        reply_as_staff(session, actor, asked.reference, Audience.PUBLIC, words("Update to 4.3 now."), confirmed=True)
    drain()

    page = browser.get("/notifications").text
    assert "Staff answered a question that you have too" in page
    assert "K-77" not in page
    assert asked.reference not in page


def test_they_are_told_when_the_community_solves_it_too(database, make, other, asker, thread, answer, drain, browser):
    with database.writing() as session:
        say_me_too(session, make.actor(other), thread.id, wanted=True)
        accept_answer(session, make.actor(asker), answer.id)
    drain()

    assert "A question that you have too is solved" in browser.sign_in(other).get("/notifications").text


def test_a_private_ticket_of_their_own_points_at_the_thread_and_stays_apart(session, make, other, thread, asked, words):
    ticket = open_privately(session, make.actor(other), "Mine", words("My account is 12."), about_thread_id=thread.id)

    assert (ticket.thread_id, ticket.about_thread_id) == (None, thread.id)
    assert session.get(Thread, thread.id).staff_state is StaffState.ASKED


def test_a_silenced_asker_still_reaches_staff(session, make, words):
    silenced = make.account("silent", silenced_until=datetime(2100, 1, 1, tzinfo=UTC))
    question = make.thread(author=silenced)

    assert ask_staff(session, make.actor(silenced), question.id, Reason.BILLING, words("Charged twice."))


def test_a_deleted_thread_is_not_handed_over(session, make, moderator, question):
    session.get(Thread, question.id).visibility = Visibility.DELETED

    assert permission(session, make.actor(moderator), session.get(Thread, question.id)).reasons == ()


def test_a_rule_hands_over_what_nobody_answered_unless_it_is_off_or_imported(session, make, question):
    with clock.at(MONDAY):
        answered = make.thread(title="Answered in time", created_at=MONDAY)
        make.answer(answered)
        make.thread(title="From the old site", created_at=MONDAY, imported_at=MONDAY)
    rule = {}
    with on(3):
        hand_over_unanswered(session, rule)
    assert session.scalars(select(Ticket)).all() == []

    set_option(session, RULE.option, 10)
    with on(3, 10):
        hand_over_unanswered(session, rule)
    assert session.scalars(select(Ticket)).all() == []
    for _ in range(2):
        with on(3, 11):
            hand_over_unanswered(session, rule)
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.thread_id, ticket.reason, ticket.opened_by_id) == (question.id, Reason.RULE, None)


def test_the_page_says_when_it_will_be_possible_and_what_to_do_meanwhile(browser, asker, question):
    with on(2, 10):
        page = browser.sign_in(asker).get(f"/threads/{question.id}/escalation").text

    assert "You can ask staff for any reason" in page
    assert "in about 3 hours" in page
    assert "3/2/26, 1:00" in page
    assert "This didn&#39;t help" in page or "This didn't help" in page


def test_the_form_works_without_scripts_and_keeps_what_was_typed(browser, asker, question):
    browser.sign_in(asker)
    with on(2, 10):
        refused = browser.post(f"/threads/{question.id}/escalation", {"reason": "unanswered", "body": "Kept words"})
        taken = browser.post(f"/threads/{question.id}/escalation", {"reason": "outage", "body": "It is down"})

    assert refused.status_code == 422
    assert "Kept words" in refused.text
    assert "This thread stays public. What you write below goes only to staff." in refused.text
    assert taken.url.path == "/tickets/PL-1001"
    assert "It is down" in taken.text


def test_somebody_else_is_offered_to_have_it_too(browser, other, question):
    browser.sign_in(other)

    assert "I have this too" in browser.get(f"/threads/{question.id}").text
    told = browser.post(f"/threads/{question.id}/me-too", {"value": "1"})
    assert 'aria-pressed="true"' in told.text


def test_a_visitor_who_has_it_too_is_asked_to_sign_in(browser, question):
    assert "I have this too" in browser.get(f"/threads/{question.id}").text
    assert browser.post(f"/threads/{question.id}/me-too", {"value": "1"}).url.path == "/login"


def test_nobody_has_a_discussion_too(browser, make, other):
    talk = make.thread(kind=ThreadKind.DISCUSSION)

    assert "I have this too" not in browser.sign_in(other).get(f"/threads/{talk.id}").text
