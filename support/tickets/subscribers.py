"""What tickets do when something happens elsewhere."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.access import Role
from forum.errors import Invalid
from forum.events import Bus
from forum.events.accounts import RolesChanged
from forum.events.organisations import MembersLeft
from forum.i18n import ngettext
from support.tickets.models import AT_WORK, Ticket

AT_ONCE = 500
WORKS = {Role.STAFF, Role.ADMIN}


def subscribe(bus: Bus) -> None:
    bus.on(RolesChanged, keep_who_has_tickets)
    bus.on(MembersLeft, end_sharing)


def keep_who_has_tickets(session: Session, event: RolesChanged) -> None:
    """Nobody leaves the desk with tickets that are not done: who waits for them would wait in vain."""
    if WORKS & set(event.roles) or not WORKS & set(event.previous):
        return
    theirs = (Ticket.assignee_id == event.account_id, Ticket.state.in_(AT_WORK))
    count = session.scalar(select(func.count()).select_from(Ticket).where(*theirs)) or 0
    if count:
        words = ngettext(
            "They have {count} ticket that is not done. Give it to somebody else first.",
            "They have {count} tickets that are not done. Give them to somebody else first.",
            count,
        )
        raise Invalid({"roles": words.format(count=count)})


def end_sharing(session: Session, event: MembersLeft) -> None:
    """Whoever has left has no colleagues there: what was theirs stays theirs, and nobody there reads it any more."""
    for start in range(0, len(event.account_ids), AT_ONCE):
        theirs = Ticket.requester_id.in_(event.account_ids[start : start + AT_ONCE])
        shared = (Ticket.organisation_id == event.organisation_id, Ticket.shared.is_(True))
        session.execute(
            update(Ticket).where(theirs, *shared).values(shared=False),
            execution_options={"synchronize_session": "fetch"},
        )
