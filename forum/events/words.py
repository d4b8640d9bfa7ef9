"""What admins change of the site's own words."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsChanged(StaffAction):
    """A text says `text` now, in one language; empty stands for what it says by default."""

    name: str
    locale: str
    text: str
    previous: str
