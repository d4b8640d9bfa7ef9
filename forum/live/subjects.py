"""What a page can be told about while it lies open, and how an address names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.changes import Moved
from forum.errors import Invalid
from forum.i18n import gettext as _

MOST = 24
"""How many subjects one browser may ask about: all that its tabs show."""
NUMBER = r"[1-9][0-9]{0,17}"
NOTHING = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something shown: a kind, and which one of its kind; "" where there is only one."""

    kind: str
    key: str = ""

    @property
    def name(self) -> str:
        """How pages name it: `thread:5`, `queue:`."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Shown:
    """How a subject stands for one reader, coarsely; no facts where they may not see it. `topics` is what moves it."""

    facts: Mapping[str, Any] | None
    topics: Moved = field(default_factory=frozenset)


Read = Callable[[Session, Actor | None, Sequence[str]], Mapping[str, Shown]]
"""How subjects of one kind stand for somebody, by key, in a fixed number of queries."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of subject, and the pattern that its keys match.

    `public` says that whatever a visitor is told of one, everybody else is told as well.
    """

    name: str
    read: Read
    key: str = NUMBER
    public: bool = False


class Kinds(dict[str, Kind]):
    def add(self, kind: Kind) -> None:
        self[kind.name] = kind

    def parse(self, asked: Iterable[tuple[str, str]]) -> tuple[Subject, ...]:
        """Subjects from an address's query.

        Raises:
            Invalid: there are none, or too many, or one of them names nothing that there is.
        """
        found = tuple(dict.fromkeys(self._subject(name, key) for name, key in asked))
        if not found:
            raise Invalid({"": _("Say what is shown, such as ?thread=5.")})
        if len(found) > MOST:
            raise Invalid({"": _("That is more than one connection may ask about.")})
        return found

    def _subject(self, name: str, key: str) -> Subject:
        kind = self.get(name)
        if kind is None or not re.fullmatch(kind.key, key, re.ASCII):
            raise Invalid({name[:40]: _("This names nothing that can be shown.")})
        return Subject(name, key)
