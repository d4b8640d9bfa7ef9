"""What a person was sanctioned for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.events.moderation import SanctionKind
from forum.threads.queries import Person, people
from moderation.sanctions.models import Sanction


@dataclass(frozen=True, slots=True)
class SanctionRow:
    id: int
    kind: SanctionKind
    message: str
    until: datetime | None
    by: Person | None
    created_at: datetime
    lifted_at: datetime | None
    lifted_by: Person | None
    lift_note: str
    active: bool


def sanctions_of(session: Session, account_id: int, *, limit: int = 20) -> tuple[SanctionRow, ...]:
    """The newest sanctions of a person, lifted and expired ones too."""
    rows = session.scalars(
        select(Sanction).where(Sanction.account_id == account_id).order_by(Sanction.id.desc()).limit(limit)
    ).all()
    known = people(session, [one for row in rows for one in (row.by_id, row.lifted_by_id)])
    return tuple(
        SanctionRow(
            id=row.id,
            kind=row.kind,
            message=row.message,
            until=row.until,
            by=known.get(row.by_id),
            created_at=row.created_at,
            lifted_at=row.lifted_at,
            lifted_by=known.get(row.lifted_by_id or 0),
            lift_note=row.lift_note,
            active=row.active,
        )
        for row in rows
    )
