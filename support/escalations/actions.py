"""Asking staff from a thread, declining, and saying "I have this too"."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.support import EscalationDeclined, StaffReplied
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.threads.models import Thread
from support.escalations.models import MeToo
from support.escalations.rules import AT_ONCE, Permission, permission
from support.messages.actions import add_message, hear_requester, settle_staff_word
from support.messages.actions.writing import check_words
from support.messages.models import Audience, Message, Side
from support.tickets.actions import open_ticket
from support.tickets.actions.holding import hold_for_staff, ticket_of_thread
from support.tickets.actions.opening import priority_of
from support.tickets.actions.settling import solve
from support.tickets.actions.sorting import follow_ticket
from support.tickets.history import record
from support.tickets.models import AT_WORK, LIVE, Priority, Reason, SolvedHow, Ticket


def ask_staff(
    session: Session, actor: Actor, thread_id: int, reason: Reason, cooked: Cooked, *, shared: bool | None = None
) -> Ticket:
    """Hand a thread to staff. The thread stays public; what is written here is read by staff alone.

    A thread has one live ticket at most: asking again adds to it, sorts it by a reason that
    cannot wait, and the very same words, sent twice, are heard once. What a moderator writes is
    a note for staff. `shared` is whether the asker's colleagues read along, as in `open_ticket`.

    Raises:
        NotFound: there is no such thread, or none that the actor may see.
        Forbidden: somebody else asked, so "I have this too" is theirs.
        Invalid: it is too early for this reason; it says from when.
    """
    thread = _hold_thread(session, actor, thread_id)
    allowed = permission(session, actor, thread)
    _check(allowed, reason)
    check_words(cooked)
    ticket = ticket_of_thread(session, thread.id)
    if ticket is None or ticket.state not in LIVE:
        before, shared = ticket.id if ticket else None, shared if allowed.for_asker else None
        ticket = open_from_thread(session, actor.id, thread, reason, follow_up_of_id=before, shared=shared)
    else:
        _hurry(session, ticket, actor.id, reason)
    if _said_before(session, ticket, actor.id, cooked):
        return ticket
    if allowed.for_asker:
        hear_requester(session, ticket, actor.id, cooked)
    else:
        note_for_staff(session, ticket, actor.id, cooked)
    return ticket


def hand_to_staff(session: Session, actor_id: int, thread_id: int, words: Cooked) -> Ticket:
    """A moderator's decision hands a thread over, from its review."""
    thread = session.get_one(Thread, thread_id)
    ticket = ticket_of_thread(session, thread_id)
    if ticket is None or ticket.state not in LIVE:
        ticket = open_from_thread(session, actor_id, thread, Reason.HANDED_OVER)
    if words.source and not _said_before(session, ticket, actor_id, words):
        note_for_staff(session, ticket, actor_id, words)
    return ticket


def note_for_staff(session: Session, ticket: Ticket, author_id: int | None, cooked: Cooked) -> Message:
    """What somebody who handed a thread over wrote; nobody but staff reads it, and it changes no state."""
    message = add_message(session, ticket, author_id, (Side.STAFF, Audience.INTERNAL), cooked)
    record(session, ticket, "wrote", author_id)
    return message


def decline(session: Session, actor: Actor, reference: str, cooked: Cooked, *, version: int | None = None) -> Ticket:
    """Turn down what a thread asked of staff. Why is told to the customer alone; their next word opens it again.

    Raises:
        Conflict: it is settled already, or did not come from a thread.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    check_words(cooked)
    if ticket.state not in AT_WORK or ticket.thread_id is None:
        raise Conflict(_("Only what came from a thread, and is not settled yet, can be declined."))
    message = add_message(session, ticket, actor.id, (Side.STAFF, Audience.REQUESTER), cooked)
    settle_staff_word(session, ticket, actor.id, message)
    ticket.declined_at = message.created_at
    record(session, ticket, "declined", actor.id)
    told = Audience.REQUESTER.value
    emit(session, StaffReplied(actor_id=actor.id, ticket_id=ticket.id, message_id=message.id, audience=told))
    emit(session, EscalationDeclined(actor_id=actor.id, ticket_id=ticket.id, thread_id=ticket.thread_id))
    solve(session, ticket, actor.id, SolvedHow.PRIVATE, by_staff=True)
    follow_ticket(session, ticket.id, actor.id)
    return ticket


def say_me_too(session: Session, actor: Actor, thread_id: int, *, wanted: bool, notify: bool = True) -> None:
    """Say, or no longer say, that one has a thread's problem too; `notify` asks to be told of the fix.

    Raises:
        NotFound: there is no such thread, or none that the actor may see.
        Conflict: it is the actor's own thread.
    """
    thread = session.scalars(select(Thread).where(Thread.id == thread_id, Thread.visible_to(actor))).one_or_none()
    if thread is None:
        raise NotFound(_("There is no such question."))
    if thread.author_id == actor.id:
        raise Conflict(_("This is your own question, so everybody knows that you have it."))
    if not wanted:
        row = session.get(MeToo, (thread_id, actor.id))
        if row is not None:
            session.delete(row)
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    draft = insert(MeToo).values(thread_id=thread_id, account_id=actor.id, notify=notify)
    key = ["thread_id", "account_id"]
    session.execute(draft.on_conflict_do_update(index_elements=key, set_={"notify": notify}))


def _hold_thread(session: Session, actor: Actor, thread_id: int) -> Thread:
    """The thread is locked, so that of twenty who ask at once one opens the ticket and the others find it."""
    query = select(Thread).where(Thread.id == thread_id, Thread.visible_to(actor)).with_for_update(of=Thread)
    thread = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if thread is None:
        raise NotFound(_("There is no such question."))
    return thread


def _check(allowed: Permission, reason: Reason) -> None:
    if allowed.may_join:
        raise Forbidden(_("Only the person who asked can hand this to staff. You can say that you have this too."))
    if not allowed.reasons:
        raise Forbidden(_("This thread cannot be handed to staff. You can ask staff privately."))
    if reason not in allowed.reasons:
        words = _("The community has not had its time yet. Choose one of the reasons that cannot wait, or ask later.")
        raise Invalid({"reason": words})


def open_from_thread(
    session: Session,
    actor_id: int | None,
    thread: Thread,
    reason: Reason,
    *,
    follow_up_of_id: int | None = None,
    shared: bool | None = None,
) -> Ticket:
    """A new ticket for whoever asked a thread; `actor_id` None is the program itself."""
    return open_ticket(
        session,
        thread.author_id,
        thread.title,
        reason,
        opened_by_id=actor_id,
        environment=thread.environment,
        thread_id=thread.id,
        space_id=thread.space_id,
        follow_up_of_id=follow_up_of_id,
        shared=shared,
    )


def _hurry(session: Session, ticket: Ticket, actor_id: int, reason: Reason) -> None:
    """Sort a ticket by a reason that cannot wait, if it came with another; nobody's choice of priority is lowered."""
    if reason not in AT_ONCE or ticket.reason in AT_ONCE:
        return
    ticket.reason = reason
    order, wanted, previous = list(Priority), priority_of(reason), ticket.priority
    if order.index(wanted) > order.index(previous):
        ticket.priority = wanted
        record(session, ticket, "priority", actor_id, value=wanted.value, previous=previous.value)


def _said_before(session: Session, ticket: Ticket, author_id: int, cooked: Cooked) -> bool:
    query = select(Message.id).where(
        Message.ticket_id == ticket.id, Message.author_id == author_id, Message.source == cooked.source
    )
    return session.scalar(query.limit(1)) is not None
