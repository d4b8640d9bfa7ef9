"""What was decided about posts, and appealed, as the record tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.events.moderation import Decision, FlagReason
from forum.threads.queries import Person, people
from moderation.reviews.models import Appeal, ReviewDecision


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as the record tells it; `title` names the post's thread where it is not this review's."""

    id: int
    review_id: int
    decision: Decision
    held: bool
    flagged: bool
    grounds: FlagReason | None
    by: Person | None
    message: str
    note: str
    created_at: datetime
    undone_at: datetime | None
    undone_by: Person | None
    batch_id: int | None
    appeal: AppealRow | None


@dataclass(frozen=True, slots=True)
class AppealRow:
    id: int
    reason: str
    created_at: datetime
    upheld: bool | None
    decided_at: datetime | None
    decided_by: Person | None
    message: str
    by_the_first: bool


def record(
    session: Session, review_ids: list[int]
) -> tuple[dict[int, tuple[DecisionRow, ...]], dict[int, tuple[AppealRow, ...]]]:
    """The decisions of several reviews, newest first, and what authors said before there was one."""
    rows = session.scalars(
        select(ReviewDecision).where(ReviewDecision.review_id.in_(review_ids)).order_by(ReviewDecision.id.desc())
    ).all()
    appeals = session.scalars(select(Appeal).where(Appeal.review_id.in_(review_ids)).order_by(Appeal.id)).all()
    known = people(
        session,
        [account_id for row in rows for account_id in (row.actor_id, row.undone_by_id)]
        + [appeal.decided_by_id for appeal in appeals],
    )
    told = {appeal.decision_id: _appeal(appeal, known) for appeal in appeals if appeal.decision_id is not None}
    decisions: dict[int, tuple[DecisionRow, ...]] = {}
    for row in rows:
        decisions[row.review_id] = (*decisions.get(row.review_id, ()), _decision(row, told.get(row.id), known))
    statements: dict[int, tuple[AppealRow, ...]] = {}
    for appeal in appeals:
        if appeal.decision_id is None:
            statements[appeal.review_id] = (*statements.get(appeal.review_id, ()), _appeal(appeal, known))
    return decisions, statements


def _decision(row: ReviewDecision, appeal: AppealRow | None, known: dict[int, Person | None]) -> DecisionRow:
    return DecisionRow(
        id=row.id,
        review_id=row.review_id,
        decision=row.decision,
        held=row.held,
        flagged=row.flagged,
        grounds=row.grounds,
        by=known.get(row.actor_id),
        message=row.message,
        note=row.note,
        created_at=row.created_at,
        undone_at=row.undone_at,
        undone_by=known.get(row.undone_by_id or 0),
        batch_id=row.batch_id,
        appeal=appeal,
    )


def _appeal(row: Appeal, known: dict[int, Person | None]) -> AppealRow:
    return AppealRow(
        id=row.id,
        reason=row.reason,
        created_at=row.created_at,
        upheld=row.upheld,
        decided_at=row.decided_at,
        decided_by=known.get(row.decided_by_id or 0),
        message=row.message,
        by_the_first=row.by_the_first,
    )
