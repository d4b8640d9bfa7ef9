"""Tickets: most of them long closed, some at work, a few that grew from threads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.bench.seed.bulk import Row
from tests.bench.seed.people import ORGANISATIONS, YEARS, People
from tests.bench.seed.posts import Posts, Question
from tests.bench.seed.words import Writer

STATES = ("new", "open", "open", "pending", "hold")
PRIORITIES = ("low", "normal", "normal", "normal", "high", "urgent")
OF_THREAD = {"new": "asked", "open": "with_staff", "pending": "waiting", "hold": "with_staff", "closed": "solved"}
AT_WORK = 200


class Desk:
    def __init__(self, count: int, people: People, posts: Posts, writer: Writer) -> None:
        self.people, self.words, self.random = people, writer, random.Random(41)
        self.count = count
        self.public = self._public(posts)
        self.tickets = [self._ticket(number) for number in range(1, count + 1)]

    def _public(self, posts: Posts) -> dict[int, Question]:
        """Every fifth ticket grew from a question, each from another."""
        asked = [one for one in posts.questions[:-1] if not one.accepted and one.kind == "question"]
        chosen = self.random.sample(asked, min(len(asked), self.count // 5))
        return dict(zip(range(5, self.count + 1, 5), chosen, strict=False))

    def _ticket(self, number: int) -> Row:
        at_work = number > self.count - AT_WORK
        state, thread = self.random.choice(STATES) if at_work else "closed", self.public.get(number)
        opened = self.people.moment - (YEARS * (1 - number / (self.count + 1)))
        last = min(opened + timedelta(hours=self.random.expovariate(1 / 20)), self.people.moment)
        requester = thread.author if thread else self.people.some(1)[0]
        if thread:
            thread.staff_state = OF_THREAD[state]
        held = self.random.choice(self.people.staff) if state != "new" and self.random.random() < 0.8 else None
        return {
            "id": number,
            "reference": f"PL-{number}",
            "requester_id": requester,
            "organisation_id": 1 + requester % ORGANISATIONS if requester % 7 == 0 else None,
            "opened_by_id": requester,
            "thread_id": thread.id if thread else None,
            "subject": self.words.title(),
            "reason": "unanswered" if thread else "private",
            "state": state,
            "priority": self.random.choice(PRIORITIES),
            "tier": self.random.choice((1, 1, 1, 2, 2, 3)),
            "team": self.random.choice(("", "sync", "billing")),
            "assignee_id": held,
            "created_at": opened,
            "last_word_at": last,
            "last_requester_at": opened,
            "last_staff_at": last if held else None,
            "solved_at": last if state == "closed" else None,
            "closed_at": last if state == "closed" else None,
        }

    def messages(self) -> Iterator[Row]:
        number = 0
        for ticket in self.tickets:
            said: list[tuple[str, int, datetime]] = [("requester", ticket["requester_id"], ticket["created_at"])]
            if ticket["assignee_id"]:
                said.append(("staff", ticket["assignee_id"], ticket["last_word_at"]))
            for side, author, at in said:
                number, text = number + 1, self.words.remark()
                yield {
                    "id": number,
                    "ticket_id": ticket["id"],
                    "audience": "requester",
                    "side": side,
                    "kind": "web",
                    "author_id": author,
                    "source": text.source,
                    "html": text.html,
                    "text": text.text,
                    "cooker_version": text.version,
                    "created_at": at,
                }

    def events(self) -> Iterator[Row]:
        """Those of a higher tier were handed there."""
        for number, ticket in enumerate((one for one in self.tickets if one["tier"] > 1), 1):
            moved = {"ticket_id": ticket["id"], "kind": "tier", "version": 1, "created_at": ticket["created_at"]}
            yield {"id": number, **moved, "data": {"tier": ticket["tier"]}}

    def followers(self) -> Iterator[Row]:
        for ticket in self.tickets:
            if ticket["tier"] > 1:
                account = self.random.choice(self.people.staff)
                yield {"ticket_id": ticket["id"], "account_id": account, "created_at": ticket["created_at"]}
