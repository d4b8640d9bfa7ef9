"""What happens to the words of letters."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWorded(StaffAction):
    """An admin changed what a letter says; `letter` is its name."""

    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterReset(StaffAction):
    """A letter says again what the program says."""

    letter: str
