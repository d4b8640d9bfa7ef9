"""The customer's words, on whatever channel."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.errors import Conflict, Forbidden
from forum.events import emit
from forum.events.support import RequesterWrote
from forum.i18n import gettext as _
from forum.markup import Cooked
from support import notices
from support.messages.actions.writing import Source, add_message, check_words, find_mirrored
from support.messages.models import Audience, Message, Side
from support.tickets.actions.holding import hold_by_id, hold_ticket
from support.tickets.actions.opening import open_ticket
from support.tickets.history import record
from support.tickets.models import LIVE, Reason, Ticket, TicketState
from support.tickets.states import move, show_on_thread

REOPENED = (TicketState.PENDING, TicketState.HOLD, TicketState.SOLVED)


def open_privately(
    session: Session,
    actor: Actor,
    subject: str,
    cooked: Cooked,
    *,
    environment: str = "",
    space_id: int | None = None,
    about_thread_id: int | None = None,
    shared: bool | None = None,
) -> Ticket:
    """Ask staff something that nobody else reads, but for colleagues where it is `shared` with them.

    Raises:
        Invalid: the subject or the text cannot be taken as it is.
    """
    check_words(cooked)
    ticket = open_ticket(
        session,
        actor.id,
        subject,
        Reason.PRIVATE,
        environment=environment,
        space_id=space_id,
        about_thread_id=about_thread_id,
        shared=shared,
    )
    hear_requester(session, ticket, actor.id, cooked)
    return ticket


def reply_as_requester(session: Session, actor: Actor, reference: str, cooked: Cooked) -> Ticket:
    """The customer, or a colleague they share tickets with, writes; answers with the ticket that heard it.

    Raises:
        NotFound: there is no such ticket, or none that the actor may see.
        Forbidden: the actor is staff, who write at the desk.
        Conflict: it would be heard in another ticket, which is not shared with this colleague, or nowhere.
    """
    ticket = hold_ticket(session, actor, reference)
    if ticket.requester_id != actor.id and actor.can(Privilege.WORK_TICKETS):
        raise Forbidden(_("This is the customer's side. Write at the desk, where you choose who reads it."))
    check_words(cooked)
    message = hear_requester(session, ticket, actor.id, cooked)
    if message.ticket_id == ticket.id:
        return ticket
    if session.scalar(select(Ticket.id).where(Ticket.id == message.ticket_id, Ticket.visible_to(actor))) is None:
        raise Conflict(_("This goes on in a ticket that is not shared with you. Ask your colleague, or open your own."))
    return hold_by_id(session, message.ticket_id)


def hear_requester(
    session: Session,
    ticket: Ticket,
    author_id: int,
    cooked: Cooked | None,
    *,
    source: Source | None = None,
    audience: Audience = Audience.REQUESTER,
) -> Message:
    """The one way by which a word from the customer reaches a ticket, whatever the channel.

    What waits or was solved is open again; what is closed stays so and is followed up
    by a new ticket; what was merged hears it where it went. A source is heard once.

    Raises:
        Conflict: the ticket was put away as spam.
    """
    if source is not None and (before := find_mirrored(session, source)) is not None:
        return before
    if ticket.merged_into_id is not None:
        ticket = hold_by_id(session, ticket.merged_into_id)
    if ticket.state is TicketState.SPAM:
        raise Conflict(_("This ticket is closed. If you still need help, please open a new one."))
    if ticket.state is TicketState.CLOSED:
        ticket = _follow_up(session, ticket, author_id)
    message = add_message(session, ticket, author_id, (Side.REQUESTER, audience), cooked, source=source)
    ticket.last_requester_at = ticket.last_word_at = message.created_at
    record(session, ticket, "wrote", author_id)
    reopened = ticket.state in REOPENED
    if reopened:
        move(session, ticket, TicketState.OPEN, author_id, by_staff=False)
    else:
        show_on_thread(session, ticket)
    notices.tell_of_colleague(session, ticket, author_id, message)
    notices.tell_staff(
        session, [ticket.assignee_id], "ticket_requester_wrote", ticket, author_id, key=f"message-{message.id}"
    )
    emit(
        session,
        RequesterWrote(actor_id=author_id, ticket_id=ticket.id, message_id=message.id, reopened=reopened),
    )
    return message


def _follow_up(session: Session, closed: Ticket, author_id: int) -> Ticket:
    """What goes on after a ticket was closed: the one that already follows it, or a new one."""
    query = select(Ticket.id).where(
        or_(Ticket.follow_up_of_id == closed.id, Ticket.thread_id == closed.thread_id), Ticket.state.in_(LIVE)
    )
    live = session.scalar(query.order_by(Ticket.id.desc()).limit(1))
    if live is not None:
        return hold_by_id(session, live)
    ticket = open_ticket(
        session,
        closed.requester_id,
        closed.subject,
        closed.reason,
        environment=closed.environment,
        thread_id=closed.thread_id,
        about_thread_id=closed.about_thread_id,
        space_id=closed.space_id,
        follow_up_of_id=closed.id,
        shared=closed.shared,
        team=closed.team,
        tier=closed.tier,
    )
    record(session, ticket, "followed_up", author_id, reference=closed.reference)
    return ticket
