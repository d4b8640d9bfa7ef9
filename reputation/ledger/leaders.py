"""Who helped most in a while. Staff answer for the company, so they are left out."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from forum.db import keep
from forum.prepared import among, prepared
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.queries import PRIVATE

LISTED = 50
ON_THE_FRONT = 5
NOT_HELP = (Rule.JOINED, Rule.IMPORTED, *PRIVATE)


class Period(enum.StrEnum):
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ALL = "all"


DAYS = {Period.WEEK: 7, Period.MONTH: 30, Period.YEAR: 365}


@dataclass(frozen=True, slots=True)
class Leader:
    """Somebody who helped: points and accepted answers of the period, less what was taken back in it."""

    handle: str
    display_name: str
    is_moderator: bool
    points: int
    accepted: int


class Earned(NamedTuple):
    """What an account earned in a while."""

    account_id: int
    points: int
    accepted: int


def leaders(session: Session, period: Period, *, limit: int = LISTED) -> tuple[Leader, ...]:
    if period is Period.ALL:
        rows = session.execute(_of_all_time().limit(limit))
        return tuple(
            Leader(handle, name, moderator, int(points), int(accepted))
            for handle, name, moderator, points, accepted in rows
        )
    # Some of those who earned most may not be counted; only when too many are not, all are looked at.
    best = 4 * limit + 20
    earned = _earned(session, DAYS[period], best)
    found = _leaders_of(session, earned)
    if len(found) < limit and len(earned) == best:
        found = _leaders_of(session, _earned(session, DAYS[period], None))
    return found[:limit]


def helpers(session: Session, _actor: Actor | None, keys: Sequence[int]) -> Mapping[int, tuple[Leader, ...]]:
    """For the front page: this week's helpers, when there are any."""
    found = leaders(session, Period.WEEK, limit=ON_THE_FRONT)
    return dict.fromkeys(keys, found) if found else {}


def way(_session: Session, _actor: Actor | None, keys: Sequence[int]) -> Mapping[int, None]:
    """For the list of people: the way to the leaderboard, which is always there."""
    return dict.fromkeys(keys)


def _earned(session: Session, days: int, best: int | None) -> tuple[Earned, ...]:
    """Rolling days rather than calendar weeks, so that nobody disappears on a Monday."""
    since = now() - timedelta(days=days)

    def add_up() -> tuple[Earned, ...]:
        rows = _points(session, None, best, since=since)
        return tuple(Earned(row.account_id, int(row.points), int(row.accepted)) for row in rows)

    if session.get_bind().dialect.name == "postgresql":  # gives out ids before the commit: the newest tells nothing
        return add_up()
    bounds = tuple(_bounds(session, None, since=since).one())
    return keep(session, ("earned", days, best, bounds), add_up)


@prepared
def _bounds(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    """The last entry, and when the first of a while was made: while neither moves, its entries are the same."""
    newest = select(func.max(LedgerEntry.id)).scalar_subquery()
    oldest = select(func.min(LedgerEntry.created_at)).where(LedgerEntry.created_at > bindparam("since"))
    return select(newest, oldest.scalar_subquery())


@prepared
def _points(_reader: Actor | None, best: int | None) -> Select[*tuple[Any, ...]]:
    points = func.sum(LedgerEntry.points)
    # A sum, so that SQLite reads the entries of these days, not all entries in the order of their accounts.
    account_id = LedgerEntry.account_id + literal_column("0")
    return (
        select(account_id.label("account_id"), points.label("points"), _accepted().label("accepted"))
        .where(LedgerEntry.created_at > bindparam("since"), LedgerEntry.rule.not_in(NOT_HELP))
        .group_by(account_id)
        .having(points > 0)
        .order_by(points.desc(), account_id)
        .limit(best)
    )


def _leaders_of(session: Session, earned: Sequence[Earned]) -> tuple[Leader, ...]:
    """Those of them who count, in their order."""
    rows = _people(session, None, account_ids=[one.account_id for one in earned])
    people = {row.id: (row.handle, row.display_name, row.moderator) for row in rows}
    return tuple(
        Leader(*people[one.account_id], one.points, one.accepted) for one in earned if one.account_id in people
    )


@prepared
def _people(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    columns = (Account.id, Account.handle, Account.display_name, Account.moderator)
    return select(*columns).where(among(Account.id, "account_ids"), _counts())


def _of_all_time() -> Select[str, str, bool, int, int]:
    accepted = select(func.coalesce(_accepted(), 0)).where(LedgerEntry.account_id == Account.id).scalar_subquery()
    return (
        select(Account.handle, Account.display_name, Account.moderator, Account.reputation, accepted)
        .where(_counts(), Account.reputation > 1)
        .order_by(Account.reputation.desc(), Account.id)
    )


def _accepted() -> ColumnElement[int]:
    one = case((LedgerEntry.reverses_id.is_(None), literal(1)), else_=literal(-1))
    return func.sum(case((LedgerEntry.rule == Rule.ACCEPTED, one), else_=literal(0)))


def _counts() -> ColumnElement[bool]:
    gone = or_(Account.anonymised_at.is_not(None), Account.offboarded_at.is_not(None))
    return and_(Account.staff.is_(False), Account.visible_to(None), ~gone)
