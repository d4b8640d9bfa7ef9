"""What moderators hand over, and telling all who have it too of the fix."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.errors import Conflict
from forum.events import Bus
from forum.events.moderation import HandedToStaff, TakenBackFromStaff
from forum.events.threads import AnswerAccepted, StaffStateChanged
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.threads.models import StaffState
from support import notices
from support.escalations.actions import hand_to_staff
from support.escalations.models import MeToo
from support.messages.actions.writing import plain
from support.tickets.actions.holding import ticket_of_thread
from support.tickets.history import record
from support.tickets.models import LIVE, Reason, TicketState
from support.tickets.states import move

TELL = "support.tell_me_too"


def subscribe(bus: Bus) -> None:
    bus.on(HandedToStaff, on_handed)
    bus.on(TakenBackFromStaff, on_taken_back)
    bus.on(StaffStateChanged, on_staff_state)
    bus.on(AnswerAccepted, on_accepted)


def on_handed(session: Session, event: HandedToStaff) -> None:
    if event.actor_id is not None:
        hand_to_staff(session, event.actor_id, event.thread_id, plain(event.reason))


def on_taken_back(session: Session, event: TakenBackFromStaff) -> None:
    """A decision is undone: its ticket goes, unless somebody works on it, or the customer asked too.

    Raises:
        Conflict: staff have begun.
    """
    ticket = ticket_of_thread(session, event.thread_id)
    if ticket is None or ticket.state not in LIVE or ticket.reason is not Reason.HANDED_OVER:
        return
    if ticket.state is not TicketState.NEW or ticket.last_requester_at is not None:
        raise Conflict(_("Staff have begun to work on this, so it cannot be taken back from them."))
    move(session, ticket, TicketState.CLOSED, event.actor_id, by_staff=True)
    record(session, ticket, "withdrawn", event.actor_id)


def on_staff_state(session: Session, event: StaffStateChanged) -> None:
    """A fix that stands in the thread is news; one that was private is nothing anybody else could read."""
    if event.state not in (StaffState.ANSWERED, StaffState.SOLVED):
        return
    ticket = ticket_of_thread(session, event.thread_id)
    if ticket is not None and ticket.last_public_at is not None:
        enqueue(session, TELL, {"thread_id": event.thread_id, "solved": event.state == StaffState.SOLVED})


def on_accepted(session: Session, event: AnswerAccepted) -> None:
    enqueue(session, TELL, {"thread_id": event.thread_id, "solved": True})


def tell_me_too(session: Session, payload: dict[str, Any]) -> None:
    """Tell everybody who has it too and wants to know: once that it is answered, once that it is solved."""
    query = select(MeToo.account_id).where(MeToo.thread_id == payload["thread_id"], MeToo.notify.is_(True))
    notices.tell_me_too(session, payload["thread_id"], list(session.scalars(query)), solved=payload["solved"])
