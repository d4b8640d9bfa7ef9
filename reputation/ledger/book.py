"""The ledger open for writing: some accounts locked, what they have, and the rows to be added."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Insert, Select, Update, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from forum.db import mostly
from forum.prepared import among, prepared
from reputation.ledger.dues import Due
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.rules import CAPPED, FLOOR, rules


@dataclass(frozen=True, slots=True)
class Award:
    """The latest award of a name, and whether it still lives."""

    id: int
    account_id: int
    rule: Rule
    points: int
    nominal: int
    cause_kind: str
    cause_id: int
    key: str
    round: int
    live: bool


class Book:
    """Some accounts, locked in ascending order until commit. `close` writes what was entered."""

    def __init__(self, session: Session, account_ids: Collection[int]) -> None:
        self.session = session
        self.moment = now()
        self.today: date = self.moment.astimezone(UTC).date()
        self.rules = rules(session)
        self.before = _locked(session, account_ids)
        self.balance = dict(self.before)
        self.rows: list[dict[str, Any]] = []
        self._earned: dict[int, int] = {}

    def award(self, due: Due, *, round: int) -> None:
        nominal = self.rules.points[due.rule]
        self.apply(due, self._applied(due, nominal), nominal=nominal, round=round)

    def apply(self, due: Due, points: int, *, nominal: int, round: int, restores_id: int | None = None) -> None:
        if due.rule in CAPPED and restores_id is None:
            self._earned[due.account_id] = self._earned_today(due.account_id) + points
        self._enter(
            account_id=due.account_id,
            rule=due.rule,
            points=points,
            nominal=nominal,
            cause_kind=due.cause.kind,
            cause_id=due.cause.id,
            key=due.key,
            round=round,
            actor_id=due.actor_id,
            reverses_id=None,
            restores_id=restores_id,
        )

    def restore(self, due: Due, before: Award) -> None:
        self.apply(due, before.points, nominal=before.nominal, round=before.round + 1, restores_id=before.id)

    def date_last(self, moment: datetime) -> None:
        """Let the row entered last say another time than now: that of the award which it repeats for somebody else."""
        self.rows[-1] |= {"day": moment.astimezone(UTC).date(), "created_at": moment}

    def reverse(self, award: Award, *, actor_id: int | None) -> None:
        self._enter(
            account_id=award.account_id,
            rule=award.rule,
            points=-award.points,
            nominal=-award.nominal,
            cause_kind=award.cause_kind,
            cause_id=award.cause_id,
            key=award.key,
            round=award.round,
            actor_id=actor_id,
            reverses_id=award.id,
            restores_id=None,
        )

    def close(self) -> None:
        if not self.rows:
            return
        _insert.each(self.session, self.rows)
        moved = [
            {"of_account": account_id, "reputation": points}
            for account_id, points in sorted(self.balance.items())
            if points != self.before[account_id]
        ]
        _set_reputation.each(self.session, moved)

    def _enter(self, *, account_id: int, points: int, **columns: Any) -> None:
        self.balance[account_id] += points
        dated = {"day": self.today, "created_at": self.moment}
        self.rows.append({"account_id": account_id, "points": points, **columns, **dated})

    def _applied(self, due: Due, nominal: int) -> int:
        if nominal < 0:
            return -min(-nominal, max(0, self.balance[due.account_id] - FLOOR))
        if due.rule in CAPPED:
            return min(nominal, max(0, self.rules.daily_cap - self._earned_today(due.account_id)))
        return nominal

    def _earned_today(self, account_id: int) -> int:
        """What up votes have earned since midnight UTC; what was taken back meanwhile counts all the same."""
        if account_id not in self._earned:
            earned = _earned(self.session, None, account_id=account_id, today=self.today)
            self._earned[account_id] = int(earned.scalar_one())
        return self._earned[account_id]


@prepared
def _earned(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    return select(func.coalesce(func.sum(LedgerEntry.points), 0)).where(
        LedgerEntry.account_id == bindparam("account_id"),
        LedgerEntry.day == bindparam("today"),
        LedgerEntry.rule.in_(CAPPED),
        mostly(LedgerEntry.reverses_id.is_(None)),
        mostly(LedgerEntry.restores_id.is_(None)),
    )


@prepared
def _insert(_reader: Actor | None) -> Insert:
    return insert(LedgerEntry)


@prepared
def _set_reputation(_reader: Actor | None) -> Update:
    return update(Account).where(Account.id == bindparam("of_account"))


def _locked(session: Session, account_ids: Collection[int]) -> dict[int, int]:
    rows: Any = _lock(session, None, account_ids=list(account_ids))
    return {account_id: points for account_id, points in rows}  # noqa: C416 - a Row is no pair for dict()


@prepared
def _lock(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    return (
        select(Account.id, Account.reputation)
        .where(among(Account.id, "account_ids"))
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )
