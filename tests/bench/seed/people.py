"""Who is there: a few who do most, many who came once, staff and moderators, and what each may sign in with."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.bench.seed.bulk import Row
from tests.bench.seed.words import Writer

WRITERS = 400
"""Accounts with a session and enough points to vote: those who write while it is measured."""
MODERATORS, STAFF = 5, 12
ORGANISATIONS = 40
YEARS = timedelta(days=3 * 365)
BROUGHT = 200
"""What each writer brought from elsewhere, so that nobody lacks a privilege half-way."""


def cookie(account_id: int) -> str:
    """The session cookie of a writer or of one of the staff."""
    return f"bench-session-of-{account_id}"


class People:
    """Ids: 1 is the admin, then moderators, staff and writers; whoever comes later came once or twice."""

    def __init__(self, count: int, writer: Writer, moment: datetime) -> None:
        self.count = max(count, WRITERS + 100)
        self.moment, self.random = moment, random.Random(11)
        self.words = writer
        self.moderators = range(2, 2 + MODERATORS)
        self.staff = range(2 + MODERATORS, 2 + MODERATORS + STAFF)
        self.writers = range(self.staff.stop, self.staff.stop + WRITERS)
        self.customers = range(self.staff.stop, self.count + 1)
        weights = (1 / (place + 8) for place in range(len(self.customers)))
        self._weights = list(itertools.accumulate(weights))
        self.joined = {one: self._joined(one) for one in range(1, self.count + 1)}

    def some(self, count: int) -> list[int]:
        """Customers, the busy ones far more often than the others."""
        return self.random.choices(self.customers, cum_weights=self._weights, k=count)

    def rows(self, reputation: dict[int, int], asked: dict[int, int], answered: dict[int, int]) -> Iterator[Row]:
        for one in range(1, self.count + 1):
            yield {
                "id": one,
                "handle": self.handle(one),
                "display_name": self.handle(one).replace("-", " ").title(),
                "email": f"{one}@example.org",
                "email_verified_at": self.joined[one],
                "moderator": one in self.moderators,
                "staff": one in self.staff,
                "admin": one == 1,
                "tier": 1 + one % 3 if one in self.staff else None,
                "team": "" if one not in self.staff else ("sync", "billing")[one % 2],
                "organisation_id": 1 + one % ORGANISATIONS if one % 7 == 0 else None,
                "reputation": reputation.get(one, 0),
                "question_count": asked.get(one, 0),
                "answer_count": answered.get(one, 0),
                "created_at": self.joined[one],
            }

    def handle(self, one: int) -> str:
        return f"{self.words.vocabulary[-1 - one % 9000]}-{one}"

    def organisations(self) -> Iterator[Row]:
        for one in range(1, ORGANISATIONS + 1):
            plan = ("", "team", "business")[one % 3]
            yield {"id": one, "name": f"Company {one}", "plan": plan, "created_at": self.moment - YEARS}

    def sessions(self) -> Iterator[Row]:
        for place, one in enumerate((1, *self.moderators, *self.staff, *self.writers), 1):
            yield {
                "id": place,
                "account_id": one,
                "token_hash": hashlib.sha256(cookie(one).encode()).hexdigest(),
                "created_at": self.moment,
                "last_seen_at": self.moment + timedelta(days=300),
                "expires_at": self.moment + timedelta(days=300),
            }

    def _joined(self, one: int) -> datetime:
        early = one < self.writers.stop
        return self.moment - YEARS - timedelta(days=1) if early else self.moment - YEARS * self.random.random()
