"""Proving that the ledger is right, and repairing the figure kept beside it.

Three things must agree: what an account shows with the sum of its entries; the awards
that live with the votes and acceptances that call for them; each award with its own
reversal. A chunk of ids at a time is read, so that a large site fits into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Account
from forum.posts import PostKind
from forum.threads.models import Answer, Thread
from reputation.ledger import dues
from reputation.ledger.awards import latest
from reputation.ledger.models import LedgerEntry
from reputation.ledger.rules import ACCEPTANCE, VOTES

CHUNK = 500
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be, in words."""

    subject: str
    found: str


def snapshot(session: Session) -> None:
    """Let everything that a new session reads be of one moment, while others go on writing."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def steps(session: Session) -> int:
    """How many ids `check` goes through."""
    return sum(_last_id(session, model) for model in (Account, Thread, Answer))


def check(session: Session, advance: Advance = lambda _count: None) -> Iterator[Difference]:
    """Everything that does not agree, as of one moment; nothing is changed."""
    yield from _unbalanced(session)
    for first, last in _chunks(session, Account, advance):
        for handle, kept, total in session.execute(_wrong_sums(first, last)):
            yield Difference(f"@{handle}", f"shows {kept}, the ledger says {total}")
    for model, kind in ((Thread, PostKind.THREAD), (Answer, PostKind.ANSWER)):
        for first, last in _chunks(session, model, advance):
            yield from _wrong_awards(session, kind, first, last)


def repair(session: Session, advance: Advance = lambda _count: None) -> int:
    """Set each account's reputation to the sum of its entries; how many were wrong."""
    repaired = 0
    for first, last in _chunks(session, Account, advance):
        session.execute(
            select(Account.id)
            .where(Account.id.between(first, last))
            .order_by(Account.id)
            .with_for_update(key_share=True)
        ).all()
        wrong = session.execute(_wrong_sums(first, last)).all()
        for handle, _kept, total in wrong:
            session.execute(update(Account).where(Account.handle == handle).values(reputation=total))
        repaired += len(wrong)
    return repaired


def _wrong_sums(first: int, last: int) -> Select[str, int, int]:
    total = func.coalesce(func.sum(LedgerEntry.points), 0)
    return (
        select(Account.handle, Account.reputation, total)
        .outerjoin(LedgerEntry, LedgerEntry.account_id == Account.id)
        .where(Account.id.between(first, last))
        .group_by(Account.id, Account.handle, Account.reputation)
        .having(total != Account.reputation)
        .order_by(Account.id)
    )


def _wrong_awards(session: Session, kind: PostKind, first: int, last: int) -> Iterator[Difference]:
    wanted = {due.key: due.account_id for due in dues.of_range(session, kind, first, last)}
    posts = and_(
        LedgerEntry.cause_kind == kind.value,
        LedgerEntry.cause_id.between(first, last),
        LedgerEntry.rule.in_(VOTES + ACCEPTANCE),
    )
    live = {award.key: award.account_id for award in latest(session, posts) if award.live}
    for key in sorted(wanted.keys() | live.keys()):
        if wanted.get(key) != live.get(key):
            found = "is due, and not in the ledger" if key not in live else "is in the ledger, and not due"
            yield Difference(key, found)


def _unbalanced(session: Session) -> Iterator[Difference]:
    award = aliased(LedgerEntry)
    rows = session.execute(
        select(LedgerEntry.id, LedgerEntry.points, award.points)
        .join(award, award.id == LedgerEntry.reverses_id)
        .where((LedgerEntry.points != -award.points) | (LedgerEntry.account_id != award.account_id))
    )
    for entry_id, points, applied in rows:
        yield Difference(f"entry {entry_id}", f"takes back {-points}, and {applied} had been applied")


def _chunks(
    session: Session, model: type[Account] | type[Thread] | type[Answer], advance: Advance
) -> Iterator[tuple[int, int]]:
    end = _last_id(session, model)
    for first in range(1, end + 1, CHUNK):
        last = min(first + CHUNK - 1, end)
        yield first, last
        advance(last - first + 1)


def _last_id(session: Session, model: type[Account] | type[Thread] | type[Answer]) -> int:
    return session.scalar(select(func.max(model.id))) or 0
