"""Waiting, solving, closing: where a ticket goes when somebody has done their part."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, Forbidden, Invalid
from forum.i18n import gettext as _
from support import notices
from support.messages.models import Audience, Message, Side
from support.tickets.actions.holding import hold_for_staff, hold_ticket, refuse_second_live
from support.tickets.history import record
from support.tickets.models import AT_WORK, SolvedHow, Ticket, TicketState
from support.tickets.states import begin_work, move

S = TicketState


def set_waiting(
    session: Session, actor: Actor, reference: str, state: TicketState, *, version: int | None = None
) -> Ticket:
    """Wait for the customer (pending) or for somebody else (hold), or go on (open).

    Raises:
        Invalid: nobody has the ticket.
        Conflict: it is finished.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    if state not in (S.PENDING, S.HOLD, S.OPEN):
        raise Invalid({"state": _("Choose where this ticket goes.")})
    go_to(session, ticket, actor.id, state)
    return ticket


def go_to(session: Session, ticket: Ticket, actor_id: int, state: TicketState) -> None:
    """Move a ticket at staff's wish, by way of open where the straight way does not exist."""
    if ticket.state is state:
        return
    if state is not S.OPEN:
        _refuse_unowned(ticket)
        begin_work(session, ticket, actor_id)
    if ticket.state in (S.PENDING, S.HOLD) and state in (S.PENDING, S.HOLD):
        move(session, ticket, S.OPEN, actor_id, by_staff=True)
    if ticket.state is not state:
        move(session, ticket, state, actor_id, by_staff=True)


def solve_ticket(
    session: Session, actor: Actor, reference: str, how: SolvedHow | None = None, *, version: int | None = None
) -> Ticket:
    """Say that a ticket is solved, and how: by default, as its conversation shows.

    Raises:
        Invalid: nobody has the ticket.
        Conflict: it is finished.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    if ticket.state is not S.SOLVED:
        solve(session, ticket, actor.id, how or how_so_far(session, ticket), by_staff=True)
    return ticket


def solve(session: Session, ticket: Ticket, actor_id: int | None, how: SolvedHow, *, by_staff: bool) -> None:
    """Settle a ticket and tell those who wait for it: customer, holder, followers, and all who have it too."""
    if by_staff or actor_id is None:
        _refuse_unowned(ticket)
    if by_staff and actor_id is not None:
        begin_work(session, ticket, actor_id)
    if ticket.state is S.NEW:
        move(session, ticket, S.OPEN, actor_id, by_staff=False)
    ticket.solved_how = how
    move(session, ticket, S.SOLVED, actor_id, by_staff=by_staff)
    notices.tell_solved(session, ticket, actor_id)


def how_so_far(session: Session, ticket: Ticket) -> SolvedHow:
    """How a ticket was solved, as its conversation shows."""
    if ticket.last_public_at is not None:
        return SolvedHow.PUBLIC
    private = select(Message.id).where(
        Message.ticket_id == ticket.id, Message.side == Side.STAFF, Message.audience == Audience.REQUESTER
    )
    return SolvedHow.NO_REPLY if session.scalar(private.limit(1)) is None else SolvedHow.PRIVATE


def say_solved(session: Session, actor: Actor, reference: str) -> Ticket:
    """The customer's "Thanks, solved". It needs nobody to have the ticket: the matter is the customer's own."""
    ticket = _hold_own(session, actor, reference)
    if ticket.state in AT_WORK:
        solve(session, ticket, actor.id, how_so_far(session, ticket), by_staff=False)
    return ticket


def say_thanks(session: Session, actor: Actor, reference: str) -> Ticket:
    """The customer's "Thanks" on a solved ticket: whoever solved it hears it, and nothing opens again."""
    ticket = _hold_own(session, actor, reference)
    if ticket.state is S.SOLVED:
        record(session, ticket, "thanked", actor.id)
        notices.tell_staff(session, [ticket.assignee_id], "ticket_thanks", ticket, actor.id)
    return ticket


def close_own(session: Session, actor: Actor, reference: str) -> Ticket:
    """The customer closes a ticket for good; what they write later opens a new one, linked to it."""
    ticket = say_solved(session, actor, reference)
    if ticket.state is S.SOLVED:
        move(session, ticket, S.CLOSED, actor.id, by_staff=False)
    return ticket


def mark_spam(
    session: Session, actor: Actor, reference: str, *, spam: bool = True, version: int | None = None
) -> Ticket:
    """Put a new ticket away as spam, or bring it back.

    Raises:
        Conflict: somebody has worked on it already, so it is no spam.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    if spam and ticket.state not in (S.NEW, S.SPAM):
        raise Conflict(_("Somebody has worked on this ticket already, so it is no spam. Close it instead."))
    if spam and ticket.state is S.NEW:
        move(session, ticket, S.SPAM, actor.id, by_staff=True)
    if not spam and ticket.state is S.SPAM:
        refuse_second_live(session, ticket)
        move(session, ticket, S.OPEN, actor.id, by_staff=True)
    return ticket


def _hold_own(session: Session, actor: Actor, reference: str) -> Ticket:
    ticket = hold_ticket(session, actor, reference)
    if ticket.requester_id != actor.id:
        raise Forbidden(_("Only the person who asked can say this."))
    return ticket


def _refuse_unowned(ticket: Ticket) -> None:
    if ticket.assignee_id is None:
        raise Invalid({"assignee": _("Nobody has this ticket yet. Take it first, so that somebody answers for it.")})
