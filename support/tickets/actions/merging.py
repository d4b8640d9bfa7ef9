"""Making one ticket of two, and two of one again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, Invalid
from forum.events import emit
from forum.events.support import TicketMerged
from forum.i18n import gettext as _
from support.tickets.actions.holding import hold_by_id, hold_for_staff, refuse_second_live
from support.tickets.history import record
from support.tickets.models import AT_WORK, LIVE, Ticket, TicketState
from support.tickets.states import move, show_on_thread


def merge_tickets(session: Session, actor: Actor, reference: str, into: str, *, version: int | None = None) -> Ticket:
    """Let a ticket go on in another of the same customer; answers with that other one.

    What was said in either is read in the one that remains. Different customers are
    never merged: they must not read each other's words.

    Raises:
        Invalid: there is no such other ticket, or it is of a different customer.
        Conflict: one of the two is finished, or was merged before.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    target_id = session.scalar(select(Ticket.id).where(Ticket.reference == into.strip().upper()))
    if target_id is None or target_id == ticket.id:
        raise Invalid({"into": _("There is no such other ticket.")})
    target = hold_by_id(session, target_id)
    if target.requester_id != ticket.requester_id:
        raise Invalid({"into": _("These are tickets of different customers, who must not read each other's words.")})
    _refuse_finished(session, ticket, target)
    if target.state is TicketState.SOLVED and ticket.state in AT_WORK:
        move(session, target, TicketState.OPEN, actor.id, by_staff=True)
    ticket.state_before, ticket.state, ticket.merged_into_id = ticket.state, TicketState.MERGED, target.id
    target.last_word_at = max(target.last_word_at, ticket.last_word_at)
    _announce(session, actor, ticket, target, undone=False)
    show_on_thread(session, target)
    return target


def unmerge_ticket(session: Session, actor: Actor, reference: str) -> Ticket:
    """Take a merged ticket apart again; it stands where it stood before.

    Raises:
        Conflict: it is not merged, or its thread has another live ticket by now.
    """
    ticket = hold_for_staff(session, actor, reference)
    if ticket.state is not TicketState.MERGED or ticket.merged_into_id is None or ticket.state_before is None:
        raise Conflict(_("This ticket is not merged."))
    target = hold_by_id(session, ticket.merged_into_id)
    refuse_second_live(session, ticket)
    ticket.state, ticket.state_before, ticket.merged_into_id = ticket.state_before, None, None
    _announce(session, actor, ticket, target, undone=True)
    show_on_thread(session, target)
    show_on_thread(session, ticket)
    return ticket


def _refuse_finished(session: Session, ticket: Ticket, target: Ticket) -> None:
    if ticket.state not in LIVE or target.state not in LIVE:
        raise Conflict(_("Only tickets that are not closed can be merged."))
    if session.scalar(select(Ticket.id).where(Ticket.merged_into_id == ticket.id).limit(1)) is not None:
        raise Conflict(_("Other tickets were merged into this one. Merge the other way round."))


def _announce(session: Session, actor: Actor, ticket: Ticket, target: Ticket, *, undone: bool) -> None:
    session.flush()
    record(session, target, "unmerged" if undone else "merged", actor.id, reference=ticket.reference)
    record(session, ticket, "unmerged" if undone else "merged_away", actor.id, reference=target.reference)
    emit(session, TicketMerged(actor_id=actor.id, ticket_id=ticket.id, into_id=target.id, undone=undone))
