"""What happened to a ticket: kept, counted in its version, and told in words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.clock import now
from forum.errors import Conflict
from forum.i18n import gettext as _
from support.tickets.models import Ticket, TicketEvent
from support.tickets.words import happened

TOLD = 3
"""How many of the latest happenings a refusal tells of."""


def record(
    session: Session, ticket: Ticket, kind: str, actor_id: int | None, *, note: str = "", **data: Any
) -> TicketEvent:
    """Keep what happened, and move the ticket's version on."""
    ticket.version += 1
    event = TicketEvent(
        ticket_id=ticket.id,
        kind=kind,
        actor_id=actor_id,
        data=data,
        note=note,
        version=ticket.version,
        created_at=now(),
    )
    session.add(event)
    session.flush()
    return event


def refuse_stale(session: Session, ticket: Ticket, version: int | None) -> None:
    """Refuse an act by somebody whose page is older than the ticket.

    Raises:
        Conflict: it says who acted since, and what they did.
    """
    if version is None or version == ticket.version:
        return
    raise Conflict(
        _("Somebody was quicker: {what} Nothing of yours was done. Look at the ticket as it is now.").format(
            what=since(session, ticket, version)
        )
    )


def since(session: Session, ticket: Ticket, version: int) -> str:
    """What happened after a version, in sentences."""
    rows = session.execute(
        select(TicketEvent, Account.display_name, Account.handle)
        .outerjoin(Account, Account.id == TicketEvent.actor_id)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.version > version)
        .order_by(TicketEvent.id.desc())
        .limit(TOLD)
    ).all()
    told = [happened(event.kind, event.data, name or handle or _("The clock")) for event, name, handle in rows]
    return " ".join(f"{sentence}." for sentence in reversed(told))
