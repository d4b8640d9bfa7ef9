"""What somebody who leaves was at, and handing it to somebody else: each package says what it has of theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves, who takes over, and the admin who sees to it; None is the command line."""

    account_id: int
    to_id: int
    actor_id: int | None
    note: str
    """What is said beside each thing that is handed over."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of thing that people are at.

    `hand` gives all of it to the successor, or lets go of it where the successor may not have it, and says of how many.
    `takes` refuses a successor who may not have what must not lie, by raising `Invalid`.
    """

    what: str
    count: Callable[[Session, int], int]
    hand: Callable[[Session, Leaving], int]
    takes: Callable[[Session, Leaving], None] = lambda _session, _leaving: None


@dataclass
class Duties:
    all: list[Duty] = field(default_factory=list)

    def add(self, duty: Duty) -> None:
        self.all.append(duty)
