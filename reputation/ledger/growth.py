"""How somebody's reputation grew: as a line to draw, and in words."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Select, bindparam, case, func, literal, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from forum.db import keep
from forum.prepared import among, prepared
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.queries import PRIVATE, reads_all

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


@dataclass(frozen=True, slots=True)
class Sums:
    """All entries of an account added up: what it had at the end of each day with any, and what each rule brought."""

    days: tuple[date, ...]
    totals: tuple[int, ...]
    sources: tuple[Source, ...]

    def __len__(self) -> int:
        return len(self.days)


def growth(session: Session, actor: Actor | None, account_ids: Sequence[int]) -> Mapping[int, Growth]:
    """For profiles: how each account's reputation grew; its entries are read when there is a new one."""
    found = {}
    for row in _accounts(session, None, account_ids=list(account_ids)).all():
        sums = _kept_sums(session, row.id, row.newest)
        told = [source for source in sums.sources if source.rule not in PRIVATE or reads_all(actor, row.id)]
        found[row.id] = Growth(row.handle, row.reputation, _line(sums), _whole(told, row.reputation))
    return found


def _whole(sources: list[Source], reputation: int) -> tuple[Source, ...]:
    """With one part for what the reader may not know of in detail, so that the parts add up to the total."""
    rest = reputation - sum(source.points for source in sources)
    return (*sources, Source(None, rest, 0)) if rest else tuple(sources)


@prepared
def _accounts(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    newest = select(func.max(LedgerEntry.id)).where(LedgerEntry.account_id == Account.id).scalar_subquery()
    columns = (Account.id, Account.handle, Account.reputation, newest.label("newest"))
    return select(*columns).where(among(Account.id, "account_ids"))


def _kept_sums(session: Session, account_id: int, newest: int | None) -> Sums:
    """Entries are neither changed nor deleted, and whoever adds one holds its account: the newest one tells of all."""
    return keep(
        session,
        ("growth", account_id, newest),
        lambda: _added_up(_entries(session, None, account_id=account_id)),
    )


@prepared
def _entries(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    standing = func.sum(case((LedgerEntry.reverses_id.is_(None), literal(1)), else_=literal(-1)))
    by = (LedgerEntry.day, LedgerEntry.rule)
    query = select(*by, func.sum(LedgerEntry.points), standing).where(LedgerEntry.account_id == bindparam("account_id"))
    return query.group_by(*by).order_by(*by)


def _added_up(rows: Iterable[Any]) -> Sums:
    days: Counter[date] = Counter()
    points: Counter[Rule] = Counter()
    standing: Counter[Rule] = Counter()
    for day, rule, brought, count in rows:
        days[day] += int(brought)
        points[rule] += int(brought)
        standing[rule] += int(count)
    rules = sorted((rule for rule in points if standing[rule] > 0), key=lambda rule: (-points[rule], rule))
    sources = tuple(Source(rule, points[rule], standing[rule]) for rule in rules)
    return Sums(tuple(days), tuple(accumulate(days.values())), sources)


def _line(sums: Sums) -> tuple[Moment, ...]:
    """The reputation at evenly spaced days, from the first entry until today."""
    if not sums.days:
        return ()
    first, last = sums.days[0], max(now().date(), sums.days[-1])
    span = (last - first).days
    steps = min(POINTS, span)
    days = (first + timedelta(days=round(span * step / max(steps, 1))) for step in range(steps + 1))
    return tuple(Moment(day, sums.totals[bisect_right(sums.days, day) - 1]) for day in days)
