"""Votes, and the ledger that agrees with them: every award of what was voted and accepted, capped by the day."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from reputation.ledger.models import Rule
from reputation.ledger.rules import CAPPED, DAILY_CAP, DEFAULTS, FLOOR
from tests.bench.seed.bulk import Row
from tests.bench.seed.people import BROUGHT, People
from tests.bench.seed.posts import Post, Posts, Question

DAY = timedelta(days=1)


class Vote(NamedTuple):
    voter: int
    post: Post
    value: int
    at: datetime


class Entry(NamedTuple):
    at: datetime
    account: int
    rule: Rule
    kind: str
    cause: int
    actor: int | None
    voter: int | None


class Ledger:
    def __init__(self, people: People, posts: Posts) -> None:
        self.people, self.posts, self.random = people, posts, random.Random(37)
        self.votes = [vote for post in (*posts.questions, *posts.answers) for vote in self._on(post)]
        self.reputation: Counter[int] = Counter()

    def _on(self, post: Post) -> Iterator[Vote]:
        count = int(self.random.expovariate(0.75 if isinstance(post, Question) else 0.6))
        for voter in {*self.people.some(count)} - {post.author}:
            down = not isinstance(post, Question) and self.random.random() < 0.06
            value = -1 if down else 1
            post.score += value
            yield Vote(voter, post, value, min(post.at + DAY * self.random.random(), self.people.moment))

    def vote_rows(self) -> Iterator[Row]:
        for voter, post, value, at in self.votes:
            kind = _kind(post)
            yield {"account_id": voter, "post_kind": kind, "post_id": post.id, "value": value, "created_at": at}

    def entry_rows(self) -> Iterator[Row]:
        """In the order of time; the sums are in `reputation` when all of them were taken."""
        earned: Counter[tuple[int, date]] = Counter()
        for number, entry in enumerate(sorted(self._entries(), key=lambda entry: entry.at), 1):
            nominal = BROUGHT if entry.rule is Rule.IMPORTED else DEFAULTS[entry.rule]
            points, day = self._points(entry, nominal, earned), entry.at.date()
            self.reputation[entry.account] += points
            name = f"{entry.rule.value}:{entry.kind}:{entry.cause}"
            yield {
                "id": number,
                "account_id": entry.account,
                "rule": entry.rule.value,
                "points": points,
                "nominal": nominal,
                "cause_kind": entry.kind,
                "cause_id": entry.cause,
                "key": name if entry.voter is None else f"{name}:{entry.voter}",
                "round": 1,
                "actor_id": entry.actor,
                "day": day,
                "created_at": entry.at,
            }

    def _points(self, entry: Entry, nominal: int, earned: Counter[tuple[int, date]]) -> int:
        today = (entry.account, entry.at.date())
        if entry.rule in CAPPED:
            points = min(nominal, DAILY_CAP - earned[today])
            earned[today] += points
            return points
        return -min(-nominal, max(0, self.reputation[entry.account] - FLOOR)) if nominal < 0 else nominal

    def _entries(self) -> Iterator[Entry]:
        for one, joined in self.people.joined.items():
            yield Entry(joined, one, Rule.JOINED, "account", one, None, None)
            if one in self.people.writers:
                yield Entry(joined, one, Rule.IMPORTED, "import", one, None, None)
        for voter, post, value, at in self.votes:
            kind, question = _kind(post), isinstance(post, Question)
            up, down = (Rule.QUESTION_UP, Rule.QUESTION_DOWN) if question else (Rule.ANSWER_UP, Rule.ANSWER_DOWN)
            yield Entry(at, post.author, up if value == 1 else down, kind, post.id, voter, voter)
            if value == -1 and not question:
                yield Entry(at, voter, Rule.DOWN_CAST, kind, post.id, voter, voter)
        for one in self.posts.questions:
            if one.accepted is not None and one.accepted_at is not None:
                cause, asker = one.accepted.id, one.author
                yield Entry(one.accepted_at, one.accepted.author, Rule.ACCEPTED, "answer", cause, asker, None)
                yield Entry(one.accepted_at, asker, Rule.ACCEPTING, "answer", cause, asker, None)


def _kind(post: Post) -> str:
    return "thread" if isinstance(post, Question) else "answer"
