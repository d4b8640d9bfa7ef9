"""Staff's words: for everyone, for the customer, or for staff alone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, Invalid
from forum.events import emit
from forum.events.support import StaffReplied
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.posts import PostKind
from support import notices
from support.messages.actions.publishing import answer_publicly
from support.messages.actions.writing import add_message, check_words
from support.messages.models import Audience, Message, Side
from support.tickets.actions.holding import hold_for_staff
from support.tickets.actions.settling import go_to, how_so_far, solve
from support.tickets.actions.sorting import give_to
from support.tickets.history import record, since
from support.tickets.models import Ticket, TicketState
from support.tickets.states import begin_work, show_on_thread

FINISHED = (TicketState.CLOSED, TicketState.MERGED, TicketState.SPAM)


def reply_as_staff(
    session: Session,
    actor: Actor,
    reference: str,
    audience: Audience,
    cooked: Cooked,
    *,
    confirmed: bool = False,
    then: TicketState | None = None,
    version: int | None = None,
) -> Ticket:
    """Staff write: for everyone, for the customer, or for staff alone; `then` is where the ticket goes next.

    A reply takes a ticket that nobody has. A public one is an answer in the thread, and
    must be confirmed, so that nothing private is posted by a slip.

    Raises:
        Invalid: nothing was written, a public reply was not confirmed or is not possible, or the
            ticket has changed since `version`; what was typed is kept.
    """
    ticket = hold_for_staff(session, actor, reference)
    check_words(cooked)
    _check_fresh(session, ticket, version)
    if ticket.state in FINISHED:
        raise Conflict(_("This ticket is finished. Write in the one that follows it, or take it apart first."))
    message = _say(session, actor, ticket, audience, cooked, confirmed=confirmed)
    emit(
        session,
        StaffReplied(actor_id=actor.id, ticket_id=ticket.id, message_id=message.id, audience=audience.value),
    )
    _then(session, ticket, actor.id, then)
    return ticket


def settle_staff_word(session: Session, ticket: Ticket, actor_id: int, message: Message) -> None:
    """What follows when staff have said something that the customer reads; a mere comment takes no ticket."""
    ticket.last_staff_at = ticket.last_word_at = message.created_at
    if message.source_kind == PostKind.ANSWER.value:
        ticket.last_public_at = message.created_at
    record(session, ticket, "wrote", actor_id)
    if ticket.assignee_id is None and message.source_kind != PostKind.COMMENT.value:
        give_to(session, ticket, actor_id, actor_id)
    begin_work(session, ticket, actor_id)
    show_on_thread(session, ticket)
    if message.audience is Audience.REQUESTER:
        told = f"message-{message.id}"
        notices.tell_requester(session, ticket, "ticket_reply", actor_id, key=told, quote=message.text)
        notices.tell_colleagues(session, ticket, message)


def _say(
    session: Session, actor: Actor, ticket: Ticket, audience: Audience, cooked: Cooked, *, confirmed: bool
) -> Message:
    if audience is Audience.PUBLIC:
        return answer_publicly(session, actor, ticket, cooked, confirmed=confirmed)
    message = add_message(session, ticket, actor.id, (Side.STAFF, audience), cooked)
    if audience is Audience.INTERNAL:
        record(session, ticket, "wrote", actor.id)
        begin_work(session, ticket, actor.id)
    else:
        settle_staff_word(session, ticket, actor.id, message)
    return message


def _check_fresh(session: Session, ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        words = _("While you were writing: {what} Your text is kept. Read what is new, then send it again.")
        raise Invalid({"": words.format(what=since(session, ticket, version))})


def _then(session: Session, ticket: Ticket, actor_id: int, then: TicketState | None) -> None:
    if then is TicketState.SOLVED:
        if ticket.state is not TicketState.SOLVED:
            solve(session, ticket, actor_id, how_so_far(session, ticket), by_staff=True)
    elif then is not None:
        go_to(session, ticket, actor_id, then)
