"""What is kept of one person: who tells of it in an export, and who erases it.

Each package registers one `Part` in `forum/app.py`. It names the tables whose words about
people it answers for, what it puts into an export, what an erasure will do there, and
the steps that do it. A test holds that no table with words is left out.

A step does a bounded batch in the transaction it is given, from a cursor on, and says where
the next one begins; None says that it is done. Done again it changes nothing, so a
step that was broken off, or that a restored backup undid, is simply run once more.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from forum.db import Base
from forum.markup import Uncookable, cook
from forum.markup.mentions import split_mentions

GONE = "deleted-"
"""How the handle of somebody who was erased begins; nobody can choose one like it."""
NAME = "Deleted person"
INSTEAD = "(deleted person)"
ADDRESS_INSTEAD = "(deleted address)"
AT_ONCE = 200
WINDOW = 2000
COOKED_AT_ONCE = 20


@dataclass(frozen=True)
class Subject:
    """Whose data it is about; `content` says that what they wrote goes too, not only who wrote it.

    `former` are the handles of accounts that became part of theirs.
    """

    account_id: int
    handle: str
    display_name: str = ""
    emails: tuple[str, ...] = ()
    content: bool = False
    former: tuple[str, ...] = ()

    @property
    def alias(self) -> str:
        return f"{GONE}{self.account_id}"

    @property
    def known(self) -> bool:
        """Whether there is still a name to look for in other people's words."""
        return not self.handle.startswith(GONE)

    @cached_property
    def handles(self) -> tuple[str, ...]:
        """All that they are called by and that still says something."""
        return tuple(handle for handle in (self.handle, *self.former) if not handle.startswith(GONE))

    @cached_property
    def full_name(self) -> str:
        """A name of several words, which is hardly somebody else's; one word alone is left where others wrote it."""
        name = " ".join(self.display_name.split())
        return name if " " in name and len(name) > 6 and name != NAME else ""

    @cached_property
    def signs(self) -> tuple[str, ...]:
        """What a text that speaks of them holds, whatever its case."""
        called = [sign for handle in self.handles for sign in (f"@{handle}", f"people/{handle}")]
        return tuple(sign for sign in (*called, *self.emails, self.full_name) if sign)

    def speaks_of(self, text: str) -> bool:
        folded = text.lower()
        return any(sign.lower() in folded for sign in self.signs)

    def without(self, text: str) -> str:
        """A text with each mention, address and full name of theirs taken out."""
        if not self.speaks_of(text):
            return text
        for address in self.emails:
            text = re.sub(re.escape(address), ADDRESS_INSTEAD, text, flags=re.IGNORECASE)
        if self.handles:
            text = "".join(INSTEAD if handle in self.handles else piece for piece, handle in split_mentions(text))
        for handle in self.handles:
            path = rf"(?<=people/){re.escape(handle)}(?![\w-])"
            text = re.sub(path, self.alias, text, flags=re.IGNORECASE)
        if self.full_name:
            text = re.sub(rf"(?<!\w){re.escape(self.full_name)}(?!\w)", INSTEAD, text, flags=re.IGNORECASE)
        return text


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that an export holds; `path` is where in the archive, `pieces` are its bytes."""

    path: str
    pieces: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an export: rows, with words for each of their fields.

    `enclosed` are files that come with it. All of them are written before the first row is asked for, so rows can say
    what became of each; a field of a row called `file` is a path in the archive.
    """

    name: str
    title: str
    fields: Mapping[str, str]
    rows: Iterable[Mapping[str, Any]]
    enclosed: Iterable[Enclosure] = ()


class Fate(enum.StrEnum):
    ERASED = "erased"
    NAMELESS = "nameless"
    """It stays, and nothing says any more whose it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an erasure will do to something of which there are `count`, and why it stays where it does."""

    what: str
    count: int
    fate: Fate
    why: str = ""


Step = Callable[[Session, Subject, int], int | None]


@dataclass(frozen=True, slots=True)
class Part:
    """What one package does with the data of a person; `tables` are those whose words it answers for."""

    name: str
    tables: frozenset[str]
    sections: Callable[[Session, Subject], Iterable[Section]] | None = None
    findings: Callable[[Session, Subject], Iterable[Finding]] | None = None
    steps: tuple[Step, ...] = ()


@dataclass
class Personal:
    """All parts, in the order in which they export and erase; the account itself comes last."""

    parts: list[Part] = field(default_factory=list)
    without_people: dict[str, str] = field(default_factory=dict)
    """Tables with text that is about nobody, each with the reason."""

    def add(self, part: Part) -> None:
        self.parts.append(part)

    def spare(self, **why: str) -> None:
        self.without_people.update(why)

    def sections(self, session: Session, subject: Subject) -> Iterator[Section]:
        for part in self.parts:
            if part.sections is not None:
                yield from part.sections(session, subject)

    def findings(self, session: Session, subject: Subject) -> list[Finding]:
        found = (one for part in self.parts if part.findings for one in part.findings(session, subject))
        return [one for one in found if one.count]

    @property
    def steps(self) -> list[Step]:
        return [step for part in self.parts for step in part.steps]


def count(session: Session, model: type[Base], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def in_batches(session: Session, query: Select[*tuple[Any, ...]], key: Any, size: int = AT_ONCE) -> Iterator[Any]:
    """The rows of a query in the order of its key, read a batch at a time, so that none need all be held."""
    last = 0
    while rows := session.execute(query.where(key > last).order_by(key).limit(size)).all():
        yield from rows
        last = rows[-1][0]


Whose = Callable[[Subject], ColumnElement[bool]]


def forgets(model: type[Base], whose: Whose) -> Step:
    """A step that deletes rows."""
    keys = list(model.__table__.primary_key.columns)  # type: ignore[attr-defined]

    def step(session: Session, subject: Subject, _cursor: int) -> int | None:
        found = session.execute(select(*keys).where(whose(subject)).limit(AT_ONCE)).all()
        if found:
            session.execute(delete(model).where(tuple_(*keys).in_([tuple(row) for row in found])))
        return 0 if len(found) == AT_ONCE else None

    return step


After = Callable[[Session, list[int]], None]


def blanks(model: type[Base], whose: Whose, *, after: After | None = None, **values: Any) -> Step:
    """A step that empties columns of rows that stay; the table is one with an id."""
    key: Any = model.id  # type: ignore[attr-defined]

    def step(session: Session, subject: Subject, cursor: int) -> int | None:
        query = select(key).where(whose(subject), key > cursor).order_by(key).limit(AT_ONCE)
        found = session.scalars(query).all()
        if found:
            session.execute(update(model).where(key.in_(found)).values(**values))
            if after is not None:
                after(session, list(found))
        return found[-1] if len(found) == AT_ONCE else None

    return step


def scrubs(model: type[Base], *columns: str, cooked: bool = False, after: After | None = None) -> Step:
    """A step that takes somebody's name out of what others wrote; `cooked` ones are cooked again from their source."""
    key: Any = model.id  # type: ignore[attr-defined]
    at_once = COOKED_AT_ONCE if cooked else AT_ONCE

    def step(session: Session, subject: Subject, cursor: int) -> int | None:
        last = session.scalar(select(func.max(key))) or 0
        if not subject.signs or cursor >= last:
            return None
        until = cursor + WINDOW
        signs = or_(
            *(getattr(model, name).icontains(sign, autoescape=True) for name in columns for sign in subject.signs)
        )
        window = select(model).where(and_(key > cursor, key <= until), signs).order_by(key).limit(at_once)
        rows = session.scalars(window).all()
        for row in rows:
            _scrub(row, columns, subject, cooked=cooked)
        session.flush()
        if rows and after is not None:
            after(session, [row.id for row in rows])  # type: ignore[attr-defined]
        until = rows[-1].id if len(rows) == at_once else until  # type: ignore[attr-defined]
        return until if until < last else None

    return step


def _scrub(row: Any, columns: Iterable[str], subject: Subject, *, cooked: bool) -> None:
    for name in columns:
        said = getattr(row, name)
        if said and (kept := subject.without(said)) != said:
            setattr(row, name, kept)
    if not cooked or not row.source:
        return
    try:
        again = cook(row.source)
    except Uncookable:  # an old text that is too much for the cooker of today: what it says is kept, unformatted
        row.html, row.text = "", subject.without(row.text)
        return
    row.html, row.text, row.cooker_version = again.html, again.text, again.version
