"""A ledger that has grown long: what is asked of it for one vote stays as much as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from forum.clock import now
from forum.posts import PostKind, PostRef
from forum.votes.actions import cast_vote
from reputation.ledger.models import LedgerEntry, Rule
from tests.conftest import SERVER


@pytest.mark.skipif(bool(SERVER), reason="PostgreSQL chooses its plans by how long its tables are")
def test_a_vote_reads_no_more_of_it(session, make, thread, voter):
    first, second = (make.answer(thread, author=make.account(name)) for name in ("few", "many"))
    cast_vote(session, voter, PostRef(PostKind.ANSWER, first.id), 1)
    cast_vote(session, voter, PostRef(PostKind.ANSWER, first.id), 0)

    with steps(session) as before:
        cast_vote(session, voter, PostRef(PostKind.ANSWER, first.id), 1)
    lengthen(session, second.author_id, 500)
    with steps(session) as after:
        cast_vote(session, voter, PostRef(PostKind.ANSWER, second.id), 1)

    assert after() <= before() * 1.1


@contextmanager
def steps(session: Session) -> Iterator[Callable[[], int]]:
    """How many steps SQLite took for what was asked inside."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    driver = session.connection().connection.driver_connection
    driver.set_progress_handler(count, 1)
    try:
        yield lambda: taken
    finally:
        driver.set_progress_handler(None, 0)


def lengthen(session: Session, account_id: int, entries: int) -> None:
    """Entries of nothing, one a day, as somebody has who has answered for long."""
    moment = now()
    session.execute(
        insert(LedgerEntry),
        [
            {
                "account_id": account_id,
                "rule": Rule.ANSWER_UP,
                "points": 0,
                "nominal": 10,
                "cause_kind": "answer",
                "cause_id": number,
                "key": f"answer_up:answer:{10**6 + number}:{account_id}",
                "round": 1,
                "day": (moment - timedelta(days=number)).date(),
                "created_at": moment - timedelta(days=number),
            }
            for number in range(1, entries + 1)
        ],
    )
