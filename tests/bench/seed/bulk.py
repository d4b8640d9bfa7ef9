"""Many rows at once, past the program: without triggers, and with indexes made when the rows are in.

What triggers would have written (a note of each change) is of no use to a site that is not
running yet; what they would have refused is not done here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, Protocol

import psycopg
from sqlalchemy import Column, Table, make_url

from forum.db import Base

Row = dict[str, Any]
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND NOT i.indisprimary
AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
SEQUENCES = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
WHERE c.table_schema = 'public' AND pg_get_serial_sequence(c.table_name, c.column_name) IS NOT NULL
"""


class Bulk(Protocol):
    def write(self, table: str, rows: Iterable[Row]) -> None:
        """Add rows that all have the same columns; columns left out get the model's plain defaults."""


@contextmanager
def bulk(url: str) -> Iterator[Bulk]:
    """Open a migrated database for adding rows in bulk; all is kept at the end, or nothing."""
    made = make_url(url)
    with _sqlite(str(made.database)) if made.get_backend_name() == "sqlite" else _postgresql(url) as opened:
        yield opened


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def write(self, table: str, rows: Iterable[Row]) -> None:
        for first, values in _values(table, rows):
            places = ", ".join("?" * len(first))
            statement = f"INSERT INTO {table} ({', '.join(first)}) VALUES ({places})"
            self.connection.executemany(statement, (tuple(map(_for_sqlite, row)) for row in values))


class _Postgresql:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def write(self, table: str, rows: Iterable[Row]) -> None:
        for first, values in _values(table, rows):
            with self.connection.cursor().copy(f"COPY {table} ({', '.join(first)}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row([json.dumps(one) if isinstance(one, list | dict) else one for one in row])


def _values(table: str, rows: Iterable[Row]) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """The columns, and the values of each row in that order; nothing at all where there is no row."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    known = Base.metadata.tables.get(table)
    same = _defaults(known, first) if known is not None else {}
    constant = tuple(same.values())
    yield [*first, *same], ((*row.values(), *constant) for row in chain([first], rows))


def _defaults(table: Table, given: Row) -> Row:
    columns: Iterable[Column[Any]] = table.columns
    missing = (one for one in columns if one.name not in given and not one.nullable and not one.primary_key)
    return {one.name: _default(one) for one in missing if one.default is not None}


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg if default.is_scalar else default.arg(None)


def _for_sqlite(value: Any) -> Any:
    """As the program's own types keep it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, list | dict) else value


@contextmanager
def _sqlite(file: str) -> Iterator[_Sqlite]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index')")
        aside = [(kind, name, sql) for kind, name, sql in found if sql]
        for kind, name, _sql in aside:
            connection.execute(f"DROP {kind} {name}")
        yield _Sqlite(connection)
        for _kind, _name, sql in sorted(aside):
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


@contextmanager
def _postgresql(url: str) -> Iterator[_Postgresql]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '256MB'")
        aside = connection.execute(INDEXES).fetchall()
        for name, _definition in aside:
            connection.execute(f"DROP INDEX {name}")  # type: ignore[call-overload]
        yield _Postgresql(connection)
        for _name, definition in aside:
            connection.execute(definition)
        for table, column in connection.execute(SEQUENCES).fetchall():
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"  # type: ignore[call-overload]
                f" (SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)"
            )
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
