"""Which tables and rows a page read, found out from its own queries rather than declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Executable, TableClause, event
from sqlalchemy.engine import Compiled
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import TextClause

from forum.changes.models import WATCHED

Read = tuple[str, int | None]
"""A table and a row's key in it; None for all of its rows."""
Q = TypeVar("Q", bound=Executable)
OPTION = "keyed"

_reading: ContextVar[set[Read] | None] = ContextVar("reading", default=None)
_tables: WeakKeyDictionary[Compiled, frozenset[str]] = WeakKeyDictionary()


class Unwatched(Exception):
    """Something was read whose writes nobody notes."""


def keyed(query: Q, **keys: Iterable[int | None]) -> Q:
    """Say that of some tables a query reads only the rows of these keys, whatever else moves in them.

    `keyed(query, answers=[thread_id])` belongs beside the condition that makes it true. What it says
    nothing about counts as read whole.
    """
    unknown = [table for table in keys if WATCHED.get(table) is None]
    if unknown:
        raise ValueError(f"{unknown[0]} is not noted row by row.")
    return query.execution_options(**{OPTION: {table: tuple(which) for table, which in keys.items()}})


def also_read(table: str, keys: Iterable[int | None]) -> None:
    """Add rows whose keys were only known afterwards, where `keyed` had to leave them out."""
    found = _reading.get()
    if found is not None:
        found.update((table, key) for key in keys if key is not None)


@contextmanager
def reading_of() -> Iterator[set[Read]]:
    """Gather what the queries inside read, in this thread."""
    found: set[Read] = set()
    token = _reading.set(found)
    try:
        yield found
    finally:
        _reading.reset(token)


def require_watched(found: Iterable[Read]) -> None:
    """
    Raises:
        Unwatched: a write to something that was read would go unnoticed.
    """
    for table, _key in found:
        if table not in WATCHED:
            raise Unwatched(table)


def observe(engine: Engine) -> None:
    """Let the queries of an engine be gathered."""

    @event.listens_for(engine, "after_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if _reading.get() is not None:
            compiled = context.compiled
            tables = _raw(statement) if compiled is None else tables_of(compiled)
            note_reads(tables, context.execution_options.get(OPTION, {}))


def note_reads(tables: Iterable[str], keys: Mapping[str, Iterable[int | None]]) -> None:
    """Gather what a statement read: of tables that `keys` names only these rows."""
    found = _reading.get()
    if found is None:
        return
    for table in tables:
        found.update((table, key) for key in keys.get(table, (None,)) if key is not None or table not in keys)


def tables_of(compiled: Compiled) -> frozenset[str]:
    """The tables a statement names, wherever in it; a text names none that is known, so it stands for itself."""
    found = _tables.get(compiled)
    if found is None:
        parts = list(visitors.iterate(compiled.statement)) if compiled.statement is not None else []
        texts = (_raw(str(part)) for part in parts if isinstance(part, TextClause))
        tables = {part.name for part in parts if isinstance(part, TableClause)}
        found = _tables[compiled] = frozenset(tables).union(*texts)
    return found


def _raw(statement: str) -> frozenset[str]:
    """SQL that was written by hand names no table that could be known; what reads none, such as BEGIN, is nothing."""
    return frozenset({statement} if " from " in f" {statement.lower()} " else ())
