"""The many who do a small thing: vote, follow, or have the same problem, some time after a post was made."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.clock import now
from forum.demo.cast import MORNING, people
from forum.demo.script import Cue, Moment
from forum.threads.models import Thread

MEAN, MOST = timedelta(hours=22), timedelta(days=12)
SETTLING_IN = timedelta(hours=6)
SMALL = {
    "up": ("vote", {"value": "1"}),
    "down": ("vote", {"value": "-1"}),
    "metoo": ("metoo", {}),
    "follow": ("follow", {}),
}


def small_acts(cues: list[Cue], today: datetime) -> Iterator[tuple[datetime, Cue]]:
    """Each with its moment: soon after the post for most, later for some, never before its doer has joined."""
    for cue in cues:
        for header, (verb, args) in SMALL.items():
            for who in cue.names(header):
                on = cue.args.get("as") or cue.args.get("on", "t")
                act = replace(cue, verb=verb, who=who, args={**args, "on": on if verb == "vote" else "t"}, body="")
                yield _moment(cue, who, today), act


def readers(session: Session) -> dict[int, int]:
    """How often each thread was read: the older, the more answered and the better liked, the more."""
    rows = session.execute(select(Thread.id, Thread.title, Thread.created_at, Thread.answer_count, Thread.score))
    return {
        thread_id: _readers(title, now() - asked, answers + score) for thread_id, title, asked, answers, score in rows
    }


def _readers(title: str, age: timedelta, interest: int) -> int:
    chance = random.Random(title)  # noqa: S311 - as below
    often: float = (age / timedelta(days=1) + 3) ** 0.7 * (2 + interest) * chance.uniform(0.6, 1.8)
    return round(often)


def _moment(cue: Cue, who: str, today: datetime) -> datetime:
    chance = random.Random(f"{cue.place} {who}")  # noqa: S311 - the same script is played the same way
    posted = cue.when.on(today)
    delay = min(MOST, timedelta(minutes=9) + MEAN * chance.expovariate(1))
    joined = Moment(people()[who]["joined"], MORNING).on(today) + SETTLING_IN
    wanted = max(posted + delay, joined + delay / 2)
    return wanted if wanted < today else posted + (today - posted) * chance.uniform(0.1, 0.95)
