"""A thread and its ticket hear each other: nothing is lost, nothing is said twice."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.errors import Invalid
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import (
    accept_answer,
    lock_thread,
    mark_duplicate,
    post_answer,
    post_comment,
    say_unhelpful,
    set_visibility,
)
from forum.threads.models import Answer, StaffState, Thread
from support.messages.actions import publish_message, reply_as_requester, reply_as_staff
from support.messages.models import Audience, Message, Side
from support.messages.queries import conversation
from support.tickets.actions import (
    close_own,
    mark_spam,
    merge_tickets,
    say_thanks,
    set_waiting,
    solve_ticket,
    take_ticket,
)
from support.tickets.models import SolvedHow, Ticket, TicketState


@pytest.fixture
def taken(database, make, agent, asked):
    with database.writing() as session:
        return take_ticket(session, make.actor(agent), asked.reference)


def shown(session, thread):
    return session.get(Thread, thread.id).staff_state


def spoken(session, ticket):
    return [
        (m.side, m.audience) for m in session.scalars(select(Message).filter_by(ticket_id=ticket.id).order_by("id"))
    ]


def test_a_public_reply_is_an_answer_from_staff_and_stands_in_the_ticket_once(
    session, make, agent, thread, taken, words
):
    reply_as_staff(
        session, make.actor(agent), taken.reference, Audience.PUBLIC, words("Update to 4.3."), confirmed=True
    )

    answer = session.scalars(select(Answer).filter_by(thread_id=thread.id)).one()
    assert (answer.from_staff, answer.author_id) == (True, agent.id)
    assert spoken(session, taken) == [(Side.REQUESTER, Audience.REQUESTER), (Side.STAFF, Audience.PUBLIC)]
    assert shown(session, thread) is StaffState.ANSWERED


def test_a_public_reply_takes_a_confirmation(session, make, agent, taken, words):
    with pytest.raises(Invalid) as refusal:
        reply_as_staff(session, make.actor(agent), taken.reference, Audience.PUBLIC, words("Update to 4.3."))

    assert "confirmed" in refusal.value.fields


def hide(session, actor, thread, make):
    set_visibility(session, actor, PostRef(PostKind.THREAD, thread.id), Visibility.HIDDEN)


def delete(session, actor, thread, make):
    set_visibility(session, actor, PostRef(PostKind.THREAD, thread.id), Visibility.DELETED)


def lock(session, actor, thread, make):
    lock_thread(session, actor, thread.id, reason="Heated.")


def duplicate(session, actor, thread, make):
    other = Thread(author_id=actor.id, title="The first one", source="x", html="x", text="x", cooker_version=1)
    session.add(other)
    session.flush()
    mark_duplicate(session, actor, thread.id, other.id)


@pytest.mark.parametrize(
    ("shut", "word"), [(hide, "hidden"), (delete, "deleted"), (lock, "locked"), (duplicate, "duplicate")]
)
def test_where_the_thread_is_shut_the_ticket_goes_on_privately(
    session, make, agent, moderator, thread, taken, words, shut, word
):
    shut(session, make.actor(moderator), thread, make)

    with pytest.raises(Invalid) as refusal:
        reply_as_staff(session, make.actor(agent), taken.reference, Audience.PUBLIC, words("Update."), confirmed=True)
    assert word in refusal.value.fields["audience"]
    reply_as_staff(session, make.actor(agent), taken.reference, Audience.REQUESTER, words("Update to 4.3."))
    assert spoken(session, taken)[-1] == (Side.STAFF, Audience.REQUESTER)


@pytest.mark.parametrize("state", [TicketState.PENDING, TicketState.HOLD, TicketState.SOLVED])
@pytest.mark.parametrize("channel", ["ticket", "comment", "answer", "unhelpful"])
def test_any_word_of_the_asker_on_any_channel_opens_the_ticket_again(
    session, make, agent, asker, thread, answer, taken, words, state, channel
):
    staff, customer = make.actor(agent), make.actor(asker)
    if state is TicketState.SOLVED:
        solve_ticket(session, staff, taken.reference)
    else:
        set_waiting(session, staff, taken.reference, state)

    if channel == "ticket":
        reply_as_requester(session, customer, taken.reference, words("Still broken."))
    elif channel == "comment":
        post_comment(session, customer, thread.id, words("Still broken."))
    elif channel == "answer":
        post_answer(session, customer, thread.id, words("It is still broken here."))
    else:
        say_unhelpful(session, customer, answer.id, "Same error.")

    ticket = session.get(Ticket, taken.id)
    assert (ticket.state, ticket.solved_how) == (TicketState.OPEN, None)
    assert spoken(session, ticket)[-1][0] is Side.REQUESTER
    assert shown(session, thread) is StaffState.WITH_STAFF


def test_other_peoples_words_arrive_as_context_and_open_nothing(session, make, agent, other, thread, taken, words):
    set_waiting(session, make.actor(agent), taken.reference, TicketState.PENDING)
    post_answer(session, make.actor(other), thread.id, words("Have you tried turning it off?"))

    ticket = session.get(Ticket, taken.id)
    assert ticket.state is TicketState.PENDING
    assert spoken(session, ticket)[-1] == (Side.CONTEXT, Audience.PUBLIC)
    assert shown(session, thread) is StaffState.WAITING


def test_what_waits_for_approval_is_heard_when_it_is_published(session, make, asker, moderator, thread, taken):
    reply = make.answer(thread, author=asker, visibility=Visibility.PENDING)
    assert len(spoken(session, taken)) == 1
    ref, actor = PostRef(PostKind.ANSWER, reply.id), make.actor(moderator)

    set_visibility(session, actor, ref, Visibility.PUBLISHED)
    set_visibility(session, actor, ref, Visibility.HIDDEN)
    set_visibility(session, actor, ref, Visibility.PUBLISHED)

    assert spoken(session, taken)[1:] == [(Side.REQUESTER, Audience.PUBLIC)]


def test_what_is_approved_twice_is_heard_once(session, make, other, moderator, thread, taken):
    reply = make.answer(thread, author=other, visibility=Visibility.PENDING)
    ref, actor = PostRef(PostKind.ANSWER, reply.id), make.actor(moderator)

    set_visibility(session, actor, ref, Visibility.PUBLISHED)
    set_visibility(session, actor, ref, Visibility.PENDING)
    set_visibility(session, actor, ref, Visibility.PUBLISHED)

    assert spoken(session, taken)[1:] == [(Side.CONTEXT, Audience.PUBLIC)]


def test_what_was_hidden_or_edited_in_the_thread_reads_so_in_the_ticket(
    session, make, asker, moderator, agent, thread, taken, words
):
    comment = post_comment(session, make.actor(asker), thread.id, words("My password is hunter2"))
    message = conversation(session, make.actor(asker), [taken.id])[-1]
    assert "hunter2" in message.body_html

    comment.withheld = True
    session.flush()
    assert "hunter2" not in conversation(session, make.actor(agent), [taken.id])[-1].body_html
    assert conversation(session, make.actor(agent), [taken.id])[-1].withheld


def test_thanks_as_a_button_opens_nothing(session, make, agent, asker, taken):
    solve_ticket(session, make.actor(agent), taken.reference)
    say_thanks(session, make.actor(asker), taken.reference)

    assert session.get(Ticket, taken.id).state is TicketState.SOLVED


def test_a_word_after_closing_opens_a_follow_up_and_the_next_one_goes_there_too(
    session, make, asker, thread, taken, words
):
    close_own(session, make.actor(asker), taken.reference)
    follow_up = reply_as_requester(session, make.actor(asker), taken.reference, words("It is back."))
    reply_as_requester(session, make.actor(asker), taken.reference, words("And worse."))
    post_comment(session, make.actor(asker), thread.id, words("Really."))

    assert session.get(Ticket, taken.id).state is TicketState.CLOSED
    assert (follow_up.follow_up_of_id, follow_up.thread_id) == (taken.id, thread.id)
    assert len(spoken(session, follow_up)) == 3
    assert shown(session, thread) is StaffState.ASKED


def test_accepting_proposes_solving_and_does_not_do_it(browser, database, make, agent, asker, thread, taken, words):
    with database.writing() as session:
        actor = make.actor(agent)
        reply_as_staff(session, actor, taken.reference, Audience.PUBLIC, words("Update to 4.3."), confirmed=True)
        answer = session.scalars(select(Answer).filter_by(thread_id=thread.id)).one()
        accept_answer(session, make.actor(asker), answer.id)

    page = browser.sign_in(agent).get(f"/desk/tickets/{taken.reference}").text
    assert "Is Ana's ticket solved as well?" in page or "Is Ana&#39;s ticket solved as well?" in page
    assert "Solve my ticket too" in browser.another().sign_in(asker).get(f"/threads/{thread.id}").text
    assert "accepted an answer. Is the ticket solved?" in browser.get("/notifications").text


def test_solving_proposes_accepting(browser, database, make, agent, asker, taken, words):
    with database.writing() as session:
        actor = make.actor(agent)
        reply_as_staff(session, actor, taken.reference, Audience.PUBLIC, words("Update to 4.3."), confirmed=True)
        solve_ticket(session, actor, taken.reference)

    page = browser.sign_in(asker).get(f"/tickets/{taken.reference}").text
    assert "Did the answer from staff solve it?" in page


def test_how_it_was_solved_follows_from_the_conversation(session, make, agent, taken, words):
    actor = make.actor(agent)
    assert solve_ticket(session, actor, taken.reference).solved_how is SolvedHow.NO_REPLY
    set_waiting(session, actor, taken.reference, TicketState.OPEN)
    reply_as_staff(session, actor, taken.reference, Audience.REQUESTER, words("Update to 4.3."))
    assert solve_ticket(session, actor, taken.reference).solved_how is SolvedHow.PRIVATE
    set_waiting(session, actor, taken.reference, TicketState.OPEN)
    reply_as_staff(session, actor, taken.reference, Audience.PUBLIC, words("Update to 4.3."), confirmed=True)
    assert solve_ticket(session, actor, taken.reference).solved_how is SolvedHow.PUBLIC


def test_a_private_message_is_posted_publicly_after_a_preview_and_stands_once(
    browser, database, make, agent, thread, taken, words, said
):
    with database.writing() as session:
        reply_as_staff(session, make.actor(agent), taken.reference, Audience.REQUESTER, words("Delete the *cache*."))
    message = said(taken)[-1]
    browser.sign_in(agent)
    address = f"/desk/tickets/{taken.reference}/messages/{message.id}/publish"

    assert "<em>cache</em>" in browser.get(address).text
    assert "cache" not in browser.another().get(f"/threads/{thread.id}").text
    browser.post(address)

    assert "<em>cache</em>" in browser.another().get(f"/threads/{thread.id}").text
    assert [(one.id, one.audience) for one in said(taken)[1:]] == [(message.id, Audience.PUBLIC)]
    assert browser.post(address).status_code == 409


def test_neither_the_customers_words_nor_a_note_can_be_posted_publicly(session, make, agent, taken, words, said):
    reply_as_staff(session, make.actor(agent), taken.reference, Audience.INTERNAL, words("A difficult one."))

    for message in session.scalars(select(Message).filter_by(ticket_id=taken.id)).all():
        with pytest.raises(Exception, match="Only what staff wrote"):
            publish_message(session, make.actor(agent), taken.reference, message.id)


def test_an_answer_of_staff_written_in_the_thread_itself_counts_the_same(session, make, expert, thread, asked, words):
    post_answer(session, make.actor(expert), thread.id, words("Update to 4.3."), from_staff=True)

    ticket = session.get(Ticket, asked.id)
    assert (ticket.state, ticket.assignee_id) == (TicketState.OPEN, expert.id)
    assert shown(session, thread) is StaffState.ANSWERED


def test_a_ticket_put_away_as_spam_keeps_nobody_from_writing_in_their_thread(
    database, make, agent, asker, asked, private, thread, words
):
    with database.writing() as session:
        merge_tickets(session, make.actor(agent), asked.reference, private.reference)
        mark_spam(session, make.actor(agent), private.reference)
    with database.writing() as session:
        comment = post_comment(session, make.actor(asker), thread.id, words("It happens on the phone as well."))

    assert comment.visibility is Visibility.PUBLISHED
