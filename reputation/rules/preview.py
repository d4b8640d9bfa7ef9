"""What other rules would do, before they are in force: who would gain or lose which privilege, and what points mean."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from forum.access import OF_ROLE, Actor, Privilege, Role, require
from forum.accounts.models import Account
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.rules import CAPPED, FLOOR
from reputation.privileges.presets import LEAST, meant_by, of_preset, thresholds
from reputation.rules.actions import EARNED, Given

NAMED = 20
LARGEST = 10
MOST_ENTRIES = 200_000
"""How many entries of the ledger are gone through: a few seconds' work. A larger one is looked at from the top."""


@dataclass(frozen=True, slots=True)
class Person:
    handle: str
    display_name: str
    reputation: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One privilege that takes other points: how many people gain it, or lose it, and the first of them."""

    privilege: Privilege
    was: int
    becomes: int
    count: int
    people: tuple[Person, ...]

    @property
    def gained(self) -> bool:
        return self.becomes < self.was


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Somebody whose reputation would be another if everything had been earned under these rules."""

    person: Person
    would_be: int

    @property
    def by(self) -> int:
        return self.would_be - self.person.reputation


@dataclass(frozen=True, slots=True)
class Preview:
    """`looked_at` of the site's people were recomputed, those with the most points first; `all_of_them` if that is all.

    `recomputed` is None where neither points nor cap would change.
    """

    privileges: tuple[Moved, ...]
    recomputed: int | None
    largest: tuple[Recomputed, ...]
    looked_at: int
    all_of_them: bool


def preview(session: Session, actor: Actor, before: Given, given: Given) -> Preview:
    """
    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    moved = tuple(_moved_privileges(session, given))
    if (before.points, before.daily_cap) == (given.points, given.daily_cap):
        return Preview(moved, None, (), 0, all_of_them=True)
    ids, whole = _whom_to_recompute(session)
    changed = [one for one in _recomputed(session, ids, given) if one.by]
    largest = heapq.nlargest(LARGEST, changed, key=lambda one: (abs(one.by), one.person.handle))
    return Preview(moved, len(changed), tuple(largest), len(ids), whole)


def would_take(session: Session, given: Given) -> dict[Privilege, int]:
    """What each privilege would take."""
    return of_preset(meant_by(session, given.preset)) | dict(given.thresholds)


def _moved_privileges(session: Session, given: Given) -> Iterator[Moved]:
    now, then = thresholds(session), would_take(session, given)
    for privilege in EARNED:
        was, becomes = now[privilege], then[privilege]
        if was != becomes:
            crossing = _crossing(privilege, min(was, becomes), max(was, becomes))
            count = session.scalar(select(func.count()).select_from(Account).where(crossing)) or 0
            columns = (Account.handle, Account.display_name, Account.reputation)
            first = select(*columns).where(crossing).order_by(Account.reputation.desc(), Account.id).limit(NAMED)
            yield Moved(privilege, was, becomes, count, tuple(Person(*row) for row in session.execute(first)))


def _crossing(privilege: Privilege, low: int, high: int) -> ColumnElement[bool]:
    """Whoever has the one but not the other, and no role that gives the privilege anyway."""
    least = true() if low <= LEAST else Account.reputation >= low
    roles = {Role.MODERATOR: Account.moderator, Role.STAFF: Account.staff, Role.ADMIN: Account.admin}
    without = [column.is_(False) for role, column in roles.items() if privilege in OF_ROLE[role]]
    return and_(least, Account.reputation < high, *_here(), *without)


def _here() -> tuple[ColumnElement[bool], ...]:
    confirmed = Account.email_verified_at.is_not(None)
    return confirmed, Account.anonymised_at.is_(None), Account.offboarded_at.is_(None)


def _whom_to_recompute(session: Session) -> tuple[list[int], bool]:
    """Everybody, or as many of those with the most points as have no more entries together than is bearable."""
    rows = session.execute(
        select(LedgerEntry.account_id, func.count())
        .join(Account, Account.id == LedgerEntry.account_id)
        .where(Account.anonymised_at.is_(None))
        .group_by(LedgerEntry.account_id, Account.reputation)
        .order_by(Account.reputation.desc(), LedgerEntry.account_id)
        .limit(MOST_ENTRIES + 1)
    ).all()
    ids: list[int] = []
    entries = 0
    for account_id, count in rows:
        entries += count
        if entries > MOST_ENTRIES and ids:
            return ids, False
        ids.append(account_id)
    return ids, True


def _recomputed(session: Session, ids: list[int], given: Given) -> Iterator[Recomputed]:
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        columns = (Account.id, Account.handle, Account.display_name, Account.reputation)
        people = {row[0]: Person(*row[1:]) for row in session.execute(select(*columns).where(Account.id.in_(some)))}
        entries = session.execute(
            select(
                LedgerEntry.account_id,
                LedgerEntry.id,
                LedgerEntry.rule,
                LedgerEntry.points,
                LedgerEntry.nominal,
                LedgerEntry.day,
                LedgerEntry.reverses_id,
                LedgerEntry.restores_id,
            )
            .where(LedgerEntry.account_id.in_(some))
            .order_by(LedgerEntry.account_id, LedgerEntry.id)
        )
        for account_id, theirs in groupby(entries, key=lambda row: row.account_id):
            yield Recomputed(people[account_id], sum_under(given, theirs))


def sum_under(given: Given, entries: Iterable[Any]) -> int:
    """What one account's entries would add up to: each award anew, each reversal as much as what it takes back.

    What no rule of these paid, such as an import, stays as it is; so does an award that came with a restored post
    and was given nothing.
    """
    applied: dict[int, int] = {}
    earned: dict[Any, int] = {}
    balance = 0
    for entry in entries:
        if entry.reverses_id is not None:
            points = -applied.get(entry.reverses_id, -entry.points)
        elif entry.restores_id is not None:
            points = applied.get(entry.restores_id, entry.points)
        else:
            points = _anew(given, entry, balance, earned)
        applied[entry.id] = points
        balance += points
    return balance


def _anew(given: Given, entry: Any, balance: int, earned: dict[Any, int]) -> int:
    rule: Rule = entry.rule
    if rule not in given.points or (entry.nominal == 0 and entry.points == 0):
        return int(entry.points)
    nominal = given.points[rule]
    if nominal < 0:
        return -min(-nominal, max(0, balance - FLOOR))
    if rule in CAPPED:
        nominal = min(nominal, max(0, given.daily_cap - earned.get(entry.day, 0)))
        earned[entry.day] = earned.get(entry.day, 0) + nominal
    return nominal
