"""Thirty presses at once, over two processes, count as one."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.threads.models import Answer, Thread
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


def test_thirty_acceptances_of_one_answer_are_one(database, asker, thread, answer, at_once):
    statuses = at_once(asker, f"/answers/{answer.id}/accept")

    assert statuses == {303: 30}
    with database.reading() as session:
        assert session.get_one(Thread, thread.id).accepted_answer_id == answer.id
        assert session.get_one(Account, answer.author_id).reputation == 16
        assert session.get_one(Account, asker.id).reputation == 3
    assert sorted(rows(database, Rule.ACCEPTED, Rule.ACCEPTING)) == [(Rule.ACCEPTED, 15), (Rule.ACCEPTING, 2)]
    assert is_clean(database)


def test_a_crowd_on_one_authors_answers_leaves_every_point_in_its_place(make, database, thread, at_once, servers):
    author = make.account("ben")
    answers = [make.answer(thread, author) for _ in range(3)]
    crowd = [make.account(reputation=500) for _ in range(10)]
    presses = [(one, answers[number % 3], -1 if number % 4 == 0 else 1) for number, one in enumerate(crowd)]

    with ThreadPoolExecutor(len(presses)) as pool:
        sent = [
            pool.submit(at_once, one, f"/answers/{answer.id}/vote", {"value": value}, times=3)
            for one, answer, value in presses
        ]
        statuses = sum((each.result() for each in sent), Counter())

    assert statuses == {303: 30}
    downs = sum(value == -1 for _one, _answer, value in presses)
    ups = len(presses) - downs
    with database.reading() as session:
        assert session.scalar(select(func.sum(Answer.score))) == ups - downs
    assert len(rows(database, Rule.ANSWER_UP, Rule.ANSWER_DOWN)) == len(presses)
    assert len(rows(database, Rule.DOWN_CAST)) == downs
    assert is_clean(database)
