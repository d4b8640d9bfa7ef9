"""The many who do a small thing: vote, follow, or have the same problem, some time after a post was made."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from forum.demo.cast import MORNING, people
from forum.demo.script import Cue, Moment

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


def _moment(cue: Cue, who: str, today: datetime) -> datetime:
    chance = random.Random(f"{cue.place} {who}")  # noqa: S311 - the same script is played the same way
    posted = cue.when.on(today)
    delay = min(MOST, timedelta(minutes=9) + MEAN * chance.expovariate(1))
    joined = Moment(people()[who]["joined"], MORNING).on(today) + SETTLING_IN
    wanted = max(posted + delay, joined + delay / 2)
    return wanted if wanted < today else posted + (today - posted) * chance.uniform(0.1, 0.95)
