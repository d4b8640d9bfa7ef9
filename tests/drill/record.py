"""What clients were told: how requests went, and every write that was acknowledged, to be held against the database."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """How the requests of one fault went."""

    requests: int = 0
    well: int = 0
    refused: int = 0
    """Told plainly: 503 or 507, with words and Retry-After."""
    rated: int = 0
    unanswered: int = 0
    """No connection, or one that was cut: the process at the other end was gone."""
    failed: int = 0
    acknowledged: int = 0
    examples: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    longest: float = 0.0
    """The longest time, in seconds, in which no request of anybody went well."""
    last_well: float = field(default_factory=time.monotonic)

    def went_well(self, took: float) -> None:
        moment = time.monotonic()
        self.well += 1
        self.slowest = max(self.slowest, took)
        self.longest = max(self.longest, moment - self.last_well)
        self.last_well = moment


class Record:
    """Shared by all clients. What a client cannot know (its connection was cut) may be either way."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tally = Tally()
        self.votes: dict[tuple[int, int], set[int]] = {}
        self.accepted: dict[int, set[int | None]] = {}
        self.texts: dict[tuple[str, str], set[int]] = {}
        """By kind and token, how often a text may be there: once when acknowledged, perhaps never when in doubt."""
        self.told_of: dict[str, int] = {}
        """Tokens of acknowledged answers, by the thread they were given in."""

    def begin(self) -> None:
        with self.lock:
            self.tally = Tally()

    def acknowledged(self) -> int:
        certain = (self.votes, self.accepted, self.texts)
        return sum(len(allowed) == 1 for kind in certain for allowed in kind.values())
