"""One run of an import: where it writes, what it remembers, and what it will report."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import QueryableAttribute, Session

from forum.db import Database
from forum.importers.dump import DumpError, Row
from forum.importers.kitchen import Kitchen
from forum.importers.models import ImportedId, ImportSource
from forum.importers.personal import USER, erased_id
from forum.importers.staging import Staging

T = TypeVar("T")
Show = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows how far a phase has come: given its name and size, yields what is called with the bytes just read."""
Write = Callable[[], None]
"""What is left of a batch once its texts are being cooked: to wait for them, and to write it."""
SourceOf = Callable[[Row], str | None]
"""The Markdown of a row, where it has some; asked for rows that are new or say something new."""
Attach = Callable[[Session, str, Mapping[int, tuple[int, str]]], None]
"""Given a kind of posts, and of each its author and HTML: lets the files that they show belong to them."""
BATCH = 200
AHEAD = 2
"""How many batches may be waiting to be written while the next is read."""


@dataclass
class Report:
    """What became of every row: read, added, changed, left as it was, or skipped and why."""

    read: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def skip(self, kind: str, why: str, count: int = 1) -> None:
        if count:
            self.skipped[kind, why] += count

    def unchanged(self, kind: str) -> int:
        gone = sum(count for (what, _why), count in self.skipped.items() if what == kind)
        return self.read[kind] - self.added[kind] - self.changed[kind] - gone


@dataclass(frozen=True)
class Known:
    """What an earlier row, or an earlier run, made of something."""

    local_id: int
    digest: str
    revision: int


@dataclass
class Run:
    database: Database
    source_id: int
    staging: Staging
    kitchen: Kitchen
    report: Report
    progress: Show
    spaces: dict[str, int] = field(default_factory=dict)
    """The product of each category of the former site."""
    of_discourse: bool = False
    source_of: SourceOf = lambda row: row.get("Markdown")
    attach: Attach = lambda _session, _kind, _local: None

    def known(self, session: Session, kind: str, external_ids: Iterable[str]) -> dict[str, Known]:
        """Those of these things that have been imported before; of somebody who was erased, only a digest is known."""
        wanted = {key: key for key in external_ids}
        if kind == USER:
            wanted |= {erased_id(session, self.source_id, key): key for key in list(wanted)}
        rows = session.execute(
            select(ImportedId.external_id, ImportedId.local_id, ImportedId.digest, ImportedId.revision).where(
                ImportedId.source_id == self.source_id,
                ImportedId.kind == kind,
                ImportedId.external_id.in_(sorted(wanted)),
            )
        )
        return {wanted[row.external_id]: Known(row.local_id, row.digest, row.revision) for row in rows}

    def local_ids(self, session: Session, kind: str, external_ids: Iterable[str]) -> dict[str, int]:
        return {key: known.local_id for key, known in self.known(session, kind, external_ids).items()}

    def remember(self, session: Session, kind: str, things: Iterable[tuple[str, Known]]) -> None:
        """Keep each thing's number here, and what it said, in the transaction that wrote it."""
        rows = [
            {
                "source_id": self.source_id,
                "kind": kind,
                "external_id": external_id,
                "local_id": known.local_id,
                "digest": known.digest,
                "revision": known.revision,
            }
            for external_id, known in things
        ]
        if not rows:
            return
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        statement = insert(ImportedId)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["source_id", "kind", "external_id"],
                set_={"digest": statement.excluded.digest, "revision": statement.excluded.revision},
            ),
            rows,
        )


QUESTION, ANSWER, NUMBER, OPENING, CATEGORY = "question", "answer", "number", "opening", "category"
"""Kinds of what is remembered: `NUMBER` is an answer's place in its topic, `OPENING` the first post of one."""
STACKEXCHANGE, DISCOURSE = "stackexchange", "discourse"


def source(session: Session, name: str, form: str = STACKEXCHANGE) -> ImportSource:
    """The site of that name, which is new or was of the same form before.

    Raises:
        DumpError: another kind of site was imported under this name.
    """
    found = session.scalars(select(ImportSource).where(ImportSource.name == name)).one_or_none()
    if found is None:
        found = ImportSource(name=name, format=form)
        session.add(found)
        session.flush()
    if found.format != form:
        raise DumpError(f"A site of another kind was imported as “{name}”. Give this one a name with --site.")
    return found


def add_up(session: Session, column: QueryableAttribute[int], more: Mapping[int, int]) -> None:
    """Raise a counter in the rows of these ids, in one statement for all of them."""
    table = cast(Table, column.class_.__table__)
    counter = table.c[column.key]
    rows = [{"row": row_id, "more": count} for row_id, count in sorted(more.items()) if count]
    if rows:
        raised = update(table).where(table.c.id == bindparam("row")).values({counter: counter + bindparam("more")})
        session.connection().execute(raised, rows)


def digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:16]


def batches(things: Iterable[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch
