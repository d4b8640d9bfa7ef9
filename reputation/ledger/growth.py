"""How somebody's reputation grew: as a line to draw, and in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, case, false, func, literal, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.queries import readable

POINTS = 40


@dataclass(frozen=True, slots=True)
class Source:
    """What one rule brought or took, and how many times it still stands; without a rule, what is left unsaid."""

    rule: Rule | None
    points: int
    count: int


@dataclass(frozen=True, slots=True)
class Moment:
    day: date
    reputation: int


@dataclass(frozen=True, slots=True)
class Growth:
    """`line` holds evenly spaced days, the last of them today; the `sources` add up to the reputation."""

    handle: str
    reputation: int
    line: tuple[Moment, ...]
    sources: tuple[Source, ...]

    @property
    def values(self) -> list[int]:
        return [moment.reputation for moment in self.line]


def growth(session: Session, actor: Actor | None, account_ids: Sequence[int]) -> Mapping[int, Growth]:
    """For profiles: how each account's reputation grew, in three queries."""
    sources, days = _sources(session, actor, account_ids), _days(session, account_ids)
    accounts = session.execute(
        select(Account.id, Account.handle, Account.reputation).where(Account.id.in_(account_ids))
    )
    return {
        account_id: Growth(handle, reputation, _line(days[account_id]), _whole(sources[account_id], reputation))
        for account_id, handle, reputation in accounts
    }


def _whole(sources: list[Source], reputation: int) -> tuple[Source, ...]:
    """With one part for what the reader may not know of in detail, so that the parts add up to the total."""
    rest = reputation - sum(source.points for source in sources)
    return (*sources, Source(None, rest, 0)) if rest else tuple(sources)


def _sources(session: Session, actor: Actor | None, account_ids: Sequence[int]) -> dict[int, list[Source]]:
    points = func.sum(LedgerEntry.points)
    standing = func.sum(case((LedgerEntry.reverses_id.is_(None), literal(1)), else_=literal(-1)))
    allowed = (and_(LedgerEntry.account_id == one, readable(actor, one)) for one in account_ids)
    rows = session.execute(
        select(LedgerEntry.account_id, LedgerEntry.rule, points, standing)
        .where(or_(false(), *allowed))
        .group_by(LedgerEntry.account_id, LedgerEntry.rule)
        .having(standing > 0)
        .order_by(points.desc())
    )
    found: dict[int, list[Source]] = defaultdict(list)
    for account_id, rule, total, count in rows:
        found[account_id].append(Source(rule, int(total), int(count)))
    return found


def _days(session: Session, account_ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    rows = session.execute(
        select(LedgerEntry.account_id, LedgerEntry.day, func.sum(LedgerEntry.points))
        .where(LedgerEntry.account_id.in_(account_ids))
        .group_by(LedgerEntry.account_id, LedgerEntry.day)
        .order_by(LedgerEntry.account_id, LedgerEntry.day)
    )
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for account_id, day, points in rows:
        found[account_id].append((day, int(points)))
    return found


def _line(days: list[tuple[date, int]]) -> tuple[Moment, ...]:
    """The reputation at evenly spaced days, from the first entry until today."""
    if not days:
        return ()
    first, last = days[0][0], max(now().date(), days[-1][0])
    span = (last - first).days
    steps = min(POINTS, span)
    moments, total, at = [], 0, 0
    for step in range(steps + 1):
        day = first + timedelta(days=round(span * step / max(steps, 1)))
        while at < len(days) and days[at][0] <= day:
            total += days[at][1]
            at += 1
        moments.append(Moment(day, total))
    return tuple(moments)
