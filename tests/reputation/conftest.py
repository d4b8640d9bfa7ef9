"""People who vote and accept, and a look into the ledger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.posts import PostKind, PostRef
from forum.votes.actions import cast_vote
from reputation.ledger import rebuild
from reputation.ledger.models import LedgerEntry, Rule


@pytest.fixture
def voter(make) -> Actor:
    return make.actor(make.account("vic", reputation=500))


@pytest.fixture
def moderator(make) -> Actor:
    return make.actor(make.moderator("mod"))


@pytest.fixture
def make_actor(session) -> Callable[[Account], Actor]:
    """Somebody as they act, read in the test's own transaction."""
    return lambda account: actor_of(session, session.get_one(Account, account.id))


@pytest.fixture
def on_answer(answer) -> PostRef:
    return PostRef(PostKind.ANSWER, answer.id)


@pytest.fixture
def on_thread(thread) -> PostRef:
    return PostRef(PostKind.THREAD, thread.id)


@pytest.fixture
def points(session) -> Callable[[int], int]:
    """What somebody has above what they began with."""

    def now_has(account_id: int) -> int:
        begun = select(LedgerEntry.points).filter_by(rule=Rule.JOINED, account_id=account_id)
        has = select(Account.reputation).where(Account.id == account_id)
        return session.scalars(has).one() - session.scalars(begun).one()

    return now_has


@pytest.fixture
def entries(session) -> Callable[..., list[tuple[Rule, int]]]:
    """The ledger's rows after those of joining, in order."""

    def read(account_id: int | None = None) -> list[tuple[Rule, int]]:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.rule != Rule.JOINED).order_by(LedgerEntry.id))
        return [(row.rule, row.points) for row in rows if account_id in (None, row.account_id)]

    return read


@pytest.fixture
def clean(session) -> Callable[[], bool]:
    return lambda: is_clean(session)


@pytest.fixture
def up(session, make) -> Callable[..., None]:
    """So many people, made beforehand, vote a post up one after the other."""
    crowd = [make.actor(make.account(f"crowd{number}")) for number in range(25)]

    def vote(ref: PostRef, first: int = 0, last: int = 1) -> None:
        for actor in crowd[first:last]:
            cast_vote(session, actor, ref, 1)

    vote.crowd = crowd
    return vote


def is_clean(session: Session) -> bool:
    found = list(rebuild.check(session))
    assert found == []
    return True
