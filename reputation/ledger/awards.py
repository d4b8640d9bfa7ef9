"""What was awarded for a cause, and whether it still stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor
from forum.db import mostly
from forum.prepared import prepared
from reputation.ledger.book import Award
from reputation.ledger.dues import Cause
from reputation.ledger.models import LedgerEntry, Rule


def awards(
    session: Session, keys: Iterable[str] = (), *, cause: Cause | None = None, rules: Collection[Rule] = ()
) -> Sequence[Award]:
    """The latest award of each name: of these keys, or by these rules of all that has one cause."""
    if cause is None:
        named = {f"key_{number}": key for number, key in enumerate(keys)}
        found: Iterable[Any] = _of_keys(session, None, *named, **named)
        return [Award(*row) for row in found]
    which = and_(LedgerEntry.cause_kind == cause.kind, LedgerEntry.cause_id == cause.id, LedgerEntry.rule.in_(rules))
    return latest(session, which)


def latest(session: Session, which: ColumnElement[bool]) -> list[Award]:
    """The latest award of each name among the entries asked for."""
    return [Award(*row) for row in session.execute(_latest(which))]


@prepared
def _of_keys(_reader: Actor | None, *names: str) -> Select[*tuple[Any, ...]]:
    return _latest(LedgerEntry.key.in_([bindparam(name, type_=String()) for name in names]))


def _latest(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    taken_back = aliased(LedgerEntry)
    later = aliased(LedgerEntry)
    return select(
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
        mostly(LedgerEntry.reverses_id.is_(None)),
        ~exists().where(
            later.key == LedgerEntry.key, mostly(later.reverses_id.is_(None)), later.round > LedgerEntry.round
        ),
    )
