"""What staff do with tickets: taking, handing over, waiting, solving, merging; and what the clock does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.accounts.models import Organisation
from forum.errors import Conflict, Forbidden, Invalid
from forum.threads.models import StaffState, Thread
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets import jobs
from support.tickets.actions import (
    assign_ticket,
    hand_over,
    mark_spam,
    merge_tickets,
    say_solved,
    set_priority,
    set_waiting,
    solve_ticket,
    take_ticket,
    unmerge_ticket,
)
from support.tickets.models import Priority, Ticket, TicketEvent, TicketFollower, TicketState
from support.tickets.states import MOVES
from tests.support.conftest import on


def test_taking_opens_what_was_new_and_twice_is_once(session, make, agent, asked):
    take_ticket(session, make.actor(agent), asked.reference)
    ticket = take_ticket(session, make.actor(agent), asked.reference)

    assert (ticket.state, ticket.assignee_id) == (TicketState.OPEN, agent.id)
    assert [event.kind for event in session.scalars(select(TicketEvent))].count("taken") == 1


def test_of_two_who_take_one_ticket_the_second_is_told_who_was_first(session, make, agent, expert, asked):
    take_ticket(session, make.actor(agent), asked.reference)

    with pytest.raises(Conflict, match="Sam Okafor was quicker"):
        take_ticket(session, make.actor(expert), asked.reference)
    assert session.get(Ticket, asked.id).assignee_id == agent.id


def test_a_page_that_is_out_of_date_is_told_who_acted_and_what_they_did(browser, database, make, agent, expert, asked):
    with database.writing() as session:
        version = take_ticket(session, make.actor(agent), asked.reference).version
        set_priority(session, make.actor(expert), asked.reference, Priority.URGENT)

    browser.sign_in(agent)
    page = browser.post(f"/desk/tickets/{asked.reference}/solve", {"how": "private", "version": str(version)})

    assert page.status_code == 409
    assert "Tess Berg changed the priority from High to Urgent" in page.text


def test_a_reply_to_an_old_page_is_kept_and_shown_again(browser, database, make, agent, asker, asked, words):
    with database.writing() as session:
        version = take_ticket(session, make.actor(agent), asked.reference).version
        reply_as_requester(session, make.actor(asker), asked.reference, words("It works again!"))

    browser.sign_in(agent)
    sent = {"body": "Have you restarted?", "audience": "requester", "then": "", "version": str(version)}
    page = browser.post(f"/desk/tickets/{asked.reference}/messages", sent)

    assert page.status_code == 422
    assert "While you were writing: Ana Lopes wrote." in page.text
    assert "Have you restarted?" in page.text
    assert "It works again!" in page.text


def test_whoever_hands_over_stays_a_follower_and_hears_the_solution(
    browser, database, make, agent, expert, asked, words, drain
):
    with database.writing() as session:
        take_ticket(session, make.actor(agent), asked.reference)
        ticket = hand_over(session, make.actor(agent), asked.reference, 2, "Needs the server logs.")
        assert (ticket.tier, ticket.assignee_id, ticket.state) == (2, None, TicketState.OPEN)
        assert session.get(TicketFollower, (ticket.id, agent.id))
    page = browser.sign_in(agent).get("/desk").text
    assert "Handed over by you" in page

    with database.writing() as session:
        take_ticket(session, make.actor(expert), asked.reference)
        solve_ticket(session, make.actor(expert), asked.reference)
    drain()
    assert "A ticket that you follow is solved" in browser.get("/notifications").text
    assert "Solved today" in browser.get("/desk").text


@pytest.mark.parametrize(("tier", "reason"), [(1, "Same tier."), (4, "No such."), (2, "  ")])
def test_handing_over_takes_another_tier_and_a_reason(session, make, agent, asked, tier, reason):
    with pytest.raises(Invalid):
        hand_over(session, make.actor(agent), asked.reference, tier, reason)


def test_solving_and_waiting_take_somebody_who_answers_for_it(session, make, agent, asked):
    for state in (TicketState.PENDING, TicketState.HOLD):
        with pytest.raises(Invalid, match="Take it first"):
            set_waiting(session, make.actor(agent), asked.reference, state)
    with pytest.raises(Invalid, match="Take it first"):
        solve_ticket(session, make.actor(agent), asked.reference)


def test_a_ticket_that_waits_is_never_without_somebody(session, make, agent, asked):
    take_ticket(session, make.actor(agent), asked.reference)
    set_waiting(session, make.actor(agent), asked.reference, TicketState.PENDING)

    with pytest.raises(Invalid):
        assign_ticket(session, make.actor(agent), asked.reference, None)


def test_only_staff_are_given_tickets(session, make, agent, moderator, asked):
    with pytest.raises(Invalid, match="Nobody of that name"):
        assign_ticket(session, make.actor(agent), asked.reference, moderator.handle)


def test_moderators_and_customers_do_not_work_tickets(session, make, moderator, asker, asked):
    for account in (moderator, asker):
        with pytest.raises(Forbidden):
            take_ticket(session, make.actor(account), asked.reference)


def test_nothing_goes_back_to_new_and_closed_is_final():
    assert all(TicketState.NEW not in targets for targets in MOVES.values())
    assert MOVES[TicketState.CLOSED] == frozenset()
    assert MOVES[TicketState.SOLVED] == {TicketState.OPEN, TicketState.CLOSED}


def test_a_reply_takes_a_ticket_that_nobody_has_and_a_note_does_not(session, make, agent, asked, words):
    reply_as_staff(session, make.actor(agent), asked.reference, Audience.INTERNAL, words("Hm."))
    assert session.get(Ticket, asked.id).assignee_id is None
    assert session.get(Ticket, asked.id).state is TicketState.OPEN

    reply_as_staff(
        session,
        make.actor(agent),
        asked.reference,
        Audience.REQUESTER,
        words("Which version?"),
        then=TicketState.PENDING,
    )
    ticket = session.get(Ticket, asked.id)
    assert (ticket.assignee_id, ticket.state) == (agent.id, TicketState.PENDING)


def test_the_customer_says_solved_without_anybody_having_it(session, make, asker, asked):
    assert say_solved(session, make.actor(asker), asked.reference).state is TicketState.SOLVED


def test_only_new_tickets_are_spam_and_they_can_come_back(session, make, agent, asker, asked, words, thread):
    actor = make.actor(agent)
    mark_spam(session, actor, asked.reference)
    assert session.get(Thread, thread.id).staff_state is None
    with pytest.raises(Conflict):
        reply_as_requester(session, make.actor(asker), asked.reference, words("Hello?"))

    assert mark_spam(session, actor, asked.reference, spam=False).state is TicketState.OPEN
    with pytest.raises(Conflict, match="no spam"):
        mark_spam(session, actor, asked.reference)


def test_merged_tickets_are_read_together_hear_together_and_come_apart_again(
    browser, database, make, agent, asker, thread, asked, private, words
):
    with database.writing() as session:
        merge_tickets(session, make.actor(agent), asked.reference, private.reference.lower())
        heard_by = reply_as_requester(session, make.actor(asker), asked.reference, words("Both at once."))
        assert heard_by.id == private.id
        assert session.get(Thread, thread.id).staff_state is StaffState.ASKED
    page = browser.sign_in(agent).get(f"/desk/tickets/{private.reference}").text
    assert "My account is 4711." in page
    assert "We paid in May." in page

    with database.writing() as session:
        ticket = unmerge_ticket(session, make.actor(agent), asked.reference)
        assert (ticket.state, ticket.merged_into_id) == (TicketState.NEW, None)


def test_different_customers_are_never_merged(session, make, agent, other, asked, words):
    strange = open_privately(session, make.actor(other), "Mine", words("Secret of Otto."))

    with pytest.raises(Invalid, match="different customers"):
        merge_tickets(session, make.actor(agent), asked.reference, strange.reference)


def test_a_colleague_reads_along_only_where_their_organisation_shares(browser, database, make, words):
    with database.writing() as session:
        shares, keeps = Organisation(name="Shares", shares_tickets=True), Organisation(name="Keeps")
        session.add_all([shares, keeps])
    for organisation, status in ((shares, 200), (keeps, 404)):
        owner, colleague = (make.account(organisation_id=organisation.id) for _ in range(2))
        with database.writing() as session:
            ticket = open_privately(session, make.actor(owner), "Invoice", words("We paid."))
        assert browser.sign_in(colleague).get(f"/tickets/{ticket.reference}").status_code == status
    agent = make.staff()
    assert "colleagues at Shares and staff" in browser.sign_in(agent).get("/desk/tickets/PL-1001").text


def test_the_clock_reminds_after_three_business_days_once(database, make, agent, asked, again, said, drain):
    with on(5), database.writing() as session:  # a Thursday
        take_ticket(session, make.actor(agent), asked.reference)
        set_waiting(session, make.actor(agent), asked.reference, TicketState.PENDING)
    for day, expected in ((9, 0), (10, 1), (11, 1)):
        with on(day, 10), database.writing() as session:
            jobs.remind(session, {})
        assert sum("waiting for your answer" in message.text for message in said(asked)) == expected
    assert again(asked).state is TicketState.PENDING


def test_the_clock_solves_after_ten_business_days_and_a_word_opens_it_again(
    database, make, agent, asker, asked, again, said, words
):
    with on(5), database.writing() as session:
        take_ticket(session, make.actor(agent), asked.reference)
        set_waiting(session, make.actor(agent), asked.reference, TicketState.PENDING)
    with on(18, 10), database.writing() as session:
        jobs.solve_silent(session, {})
    assert again(asked).state is TicketState.PENDING
    with on(19, 10), database.writing() as session:
        jobs.solve_silent(session, {})
    assert again(asked).state is TicketState.SOLVED
    assert "heard nothing from you" in said(asked)[-1].text

    with on(20), database.writing() as session:
        reply_as_requester(session, make.actor(asker), asked.reference, words("Sorry, I was away."))
    assert again(asked).state is TicketState.OPEN


def test_the_clock_closes_what_was_solved_fourteen_days_ago(database, make, agent, asked, again):
    with on(2), database.writing() as session:
        take_ticket(session, make.actor(agent), asked.reference)
        solve_ticket(session, make.actor(agent), asked.reference)
    for day, state in ((15, TicketState.SOLVED), (16, TicketState.CLOSED)):
        with on(day, 10), database.writing() as session:
            jobs.close_solved(session, {})
        assert again(asked).state is state
