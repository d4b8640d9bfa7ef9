"""Who helped most in a while. Staff answer for the company, so they are left out."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
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


def leaders(session: Session, period: Period, *, limit: int = LISTED) -> tuple[Leader, ...]:
    query = _of_all_time() if period is Period.ALL else _since(DAYS[period])
    rows = session.execute(query.limit(limit))
    return tuple(
        Leader(handle, name, moderator, int(points), int(accepted))
        for handle, name, moderator, points, accepted in rows
    )


def helpers(session: Session, _actor: Actor | None, keys: Sequence[int]) -> Mapping[int, tuple[Leader, ...]]:
    """For the front page: this week's helpers, when there are any."""
    found = leaders(session, Period.WEEK, limit=ON_THE_FRONT)
    return dict.fromkeys(keys, found) if found else {}


def way(_session: Session, _actor: Actor | None, keys: Sequence[int]) -> Mapping[int, None]:
    """For the list of people: the way to the leaderboard, which is always there."""
    return dict.fromkeys(keys)


def _since(days: int) -> Select[str, str, bool, int, int]:
    """Rolling days rather than calendar weeks, so that nobody disappears on a Monday."""
    points = func.sum(LedgerEntry.points)
    return (
        select(Account.handle, Account.display_name, Account.moderator, points, _accepted())
        .join(LedgerEntry, LedgerEntry.account_id == Account.id)
        .where(LedgerEntry.created_at > now() - timedelta(days=days), LedgerEntry.rule.not_in(NOT_HELP), _counts())
        .group_by(Account.id, Account.handle, Account.display_name, Account.moderator)
        .having(points > 0)
        .order_by(points.desc(), Account.id)
    )


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
