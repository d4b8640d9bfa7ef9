"""Thirty presses at once, over two processes, count as one."""

from __future__ import annotations

from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.threads.models import Answer
from forum.votes.models import Vote
from reputation.ledger import rebuild
from reputation.ledger.models import LedgerEntry, Rule


def rows(database, *rules: Rule) -> list[tuple[Rule, int]]:
    with database.reading() as session:
        found = select(LedgerEntry.rule, LedgerEntry.points).where(LedgerEntry.rule.in_(rules)).order_by(LedgerEntry.id)
        return [(rule, points) for rule, points in session.execute(found)]


def is_clean(database) -> bool:
    with database.reading() as session:
        return list(rebuild.check(session)) == []


def test_thirty_votes_of_one_person_are_one(make, database, answer, at_once):
    voter = make.account("vic", reputation=500)

    statuses = at_once(voter, f"/answers/{answer.id}/vote", {"value": 1})

    assert statuses == {303: 30}
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Vote)) == 1
        assert session.get_one(Answer, answer.id).score == 1
        assert session.get_one(Account, answer.author_id).reputation == 11
    assert rows(database, Rule.ANSWER_UP) == [(Rule.ANSWER_UP, 10)]
    assert is_clean(database)
