"""How a ticket's state may move, and what its thread shows of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.clock import now
from forum.errors import Conflict
from forum.events import emit
from forum.events.support import TicketMoved, TicketMovedByStaff
from forum.i18n import gettext as _
from forum.threads.actions import set_staff_state
from forum.threads.models import StaffState
from support.tickets.history import record
from support.tickets.models import Ticket, TicketState

S = TicketState
MOVES: dict[TicketState, frozenset[TicketState]] = {
    S.NEW: frozenset({S.OPEN, S.SPAM, S.CLOSED}),
    S.OPEN: frozenset({S.PENDING, S.HOLD, S.SOLVED}),
    S.PENDING: frozenset({S.OPEN, S.SOLVED}),
    S.HOLD: frozenset({S.OPEN, S.SOLVED}),
    S.SOLVED: frozenset({S.OPEN, S.CLOSED}),
    S.CLOSED: frozenset(),
    S.MERGED: frozenset(),
    S.SPAM: frozenset({S.OPEN}),
}
"""Never back to new, and closed is final. New goes to closed only when it is withdrawn before anybody worked on it;
merging, which remembers the state it came from, has a way of its own."""


def move(session: Session, ticket: Ticket, became: TicketState, actor_id: int | None, *, by_staff: bool) -> None:
    """Change a ticket's state and the times that hang on it.

    Raises:
        Conflict: the ticket cannot go there from where it is.
    """
    was = ticket.state
    if became not in MOVES[was]:
        raise Conflict(_("This ticket has moved on in the meantime. Look at it again."))
    ticket.state = became
    ticket.pending_since = now() if became is S.PENDING else None
    ticket.reminded_at = None
    if became is S.OPEN:
        ticket.solved_at = ticket.solved_how = ticket.declined_at = None
    if became is S.SOLVED:
        ticket.solved_at = now()
    if became is S.CLOSED:
        ticket.closed_at = now()
    data = {"was": was.value, "became": became.value}
    if became is S.SOLVED:
        data["how"] = ticket.solved_how.value if ticket.solved_how else ""
    record(session, ticket, "state", actor_id, **data)
    happened = TicketMovedByStaff if by_staff else TicketMoved
    emit(session, happened(actor_id=actor_id, ticket_id=ticket.id, was=was.value, became=became.value))
    show_on_thread(session, ticket)


def begin_work(session: Session, ticket: Ticket, actor_id: int) -> None:
    """Staff did something: what was new is open."""
    if ticket.state is S.NEW:
        move(session, ticket, S.OPEN, actor_id, by_staff=True)


def show_on_thread(session: Session, ticket: Ticket) -> None:
    """Tell each thread that a ticket answers for what the public may know of it."""
    session.flush()
    merged = session.scalars(select(Ticket.thread_id).where(Ticket.merged_into_id == ticket.id)).all()
    for thread_id in sorted({found for found in (ticket.thread_id, *merged) if found is not None}):
        set_staff_state(session, thread_id, staff_state(ticket))


def staff_state(ticket: Ticket) -> StaffState | None:
    """What the public may know: coarse, and the same whatever tier or priority it has."""
    if ticket.declined_at is not None:
        return StaffState.DECLINED
    if ticket.state in (S.SOLVED, S.CLOSED):
        return StaffState.SOLVED if ticket.solved_how else None
    if ticket.state in (S.SPAM, S.MERGED):
        return None
    if ticket.state is S.NEW:
        return StaffState.ASKED
    if answered_publicly(ticket):
        return StaffState.ANSWERED
    return StaffState.WAITING if ticket.state is S.PENDING else StaffState.WITH_STAFF


def answered_publicly(ticket: Ticket) -> bool:
    """Staff have answered in the thread, and the customer has said nothing since."""
    if ticket.last_public_at is None:
        return False
    return ticket.last_requester_at is None or ticket.last_public_at >= ticket.last_requester_at
