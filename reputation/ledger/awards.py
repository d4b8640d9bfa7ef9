"""What was awarded for a cause, and whether it still stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from reputation.ledger.book import Award
from reputation.ledger.dues import Cause
from reputation.ledger.models import LedgerEntry, Rule


def awards(
    session: Session, keys: Iterable[str] = (), *, cause: Cause | None = None, rules: Collection[Rule] = ()
) -> Sequence[Award]:
    """The latest award of each name: of these keys, or by these rules of all that has one cause."""
    which: ColumnElement[bool] = LedgerEntry.key.in_(list(keys))
    if cause is not None:
        which = and_(
            LedgerEntry.cause_kind == cause.kind, LedgerEntry.cause_id == cause.id, LedgerEntry.rule.in_(rules)
        )
    return latest(session, which)


def latest(session: Session, which: ColumnElement[bool]) -> list[Award]:
    """The latest award of each name among the entries asked for."""
    taken_back = aliased(LedgerEntry)
    later = aliased(LedgerEntry)
    rows = session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.account_id,
            LedgerEntry.rule,
            LedgerEntry.points,
            LedgerEntry.nominal,
            LedgerEntry.cause_kind,
            LedgerEntry.cause_id,
            LedgerEntry.key,
            LedgerEntry.round,
            (~exists().where(taken_back.reverses_id == LedgerEntry.id)).label("live"),
        ).where(
            which,
            LedgerEntry.reverses_id.is_(None),
            ~exists().where(later.key == LedgerEntry.key, later.reverses_id.is_(None), later.round > LedgerEntry.round),
        )
    )
    return [Award(**row._mapping) for row in rows]
