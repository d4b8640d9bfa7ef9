"""Statements that are sent to the database's driver itself, and answered with the rows that SQLAlchemy would give.

On its way through SQLAlchemy a query costs ten times what SQLite takes to answer it, most of
it to find out again what was known the last time: the text, how values go in, how they
come out. Here that is found out once for each statement, and is all that is kept of it: a
compiled statement takes fifty times the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Result, Select, UpdateBase
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from forum.changes.reads import note_reads, tables_of

Processor = Callable[[Any], Any]


def direct(statement: Executable, dialect: Dialect, values: Mapping[str, Any]) -> Direct | None:
    """A statement for values of these names; None where a value is a list that the text has to make room for, or where
    SQLAlchemy would add one."""
    if not isinstance(statement, (Select, UpdateBase)):
        return None
    compiled = statement.compile(dialect=dialect, column_keys=list(values))
    grows = any(bind.expanding and name in values for name, bind in compiled.binds.items())
    if grows or compiled.insert_prefetch or compiled.update_prefetch:
        return None
    return Direct(statement, compiled, values)


class Direct:
    """One statement, ready to be sent again and again with other values of the same names."""

    def __init__(self, statement: Select[Any] | UpdateBase, compiled: SQLCompiler, values: Mapping[str, Any]) -> None:
        dialect = compiled.dialect
        expanded = compiled.construct_expanded_state(dict(values))
        self._text = expanded.statement
        self._tables = tables_of(compiled)
        of_list = {one: name for name, all_of_it in expanded.parameter_expansion.items() for one in all_of_it}
        self._places = None if expanded.positiontup is not None else tuple(expanded.parameters)
        """The names that values have in the text; None where it asks for them in their order."""
        self._binds: list[tuple[str | None, Any]] = []
        """For each of them the name of a value that is given and what prepares it, or None and the value itself."""
        for name in self._places or expanded.positiontup or ():
            value = expanded.parameters[name]
            into = expanded.processors.get(name) or _into(compiled.binds[of_list.get(name, name)].type, dialect)
            if name in values:
                self._binds.append((name, into))
            else:
                self._binds.append((None, into(value) if callable(into) else value))
        if isinstance(statement, Select):
            columns, names = list(statement.selected_columns), statement.selected_columns.keys()
        else:
            columns = list(compiled.effective_returning or ())
            names = [str(column.key) for column in columns]
        self._keys = SimpleResultMetaData(names)
        self._out = [(place, out) for place, column in enumerate(columns) if (out := _out(column.type, dialect))]

    def __call__(
        self, connection: Connection, values: Mapping[str, Any], keys: Mapping[str, Sequence[int]]
    ) -> Result[Any]:
        """`keys` are which rows of which tables are read, for who gathers that.

        Raises:
            DBAPIError: as SQLAlchemy raises it. It is not sent again: a full disk may have ended the transaction.
        """
        given = tuple([bind if name is None else _put(values[name], bind) for name, bind in self._binds])
        sent = given if self._places is None else dict(zip(self._places, given, strict=True))
        connection.dispatch.before_cursor_execute(connection, None, self._text, sent, None, False)
        dialect = connection.dialect
        driver: Any = connection.connection.driver_connection
        try:
            answer = driver.execute(self._text, sent)
            rows = answer.fetchall() if answer.description else []
        except dialect.loaded_dbapi.Error as error:
            lost = dialect.is_disconnect(error, driver, None)
            if lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                self._text, sent, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
            ) from error
        note_reads(self._tables, keys)
        return IteratorResult(self._keys, self._read(rows) if self._out else iter(rows))

    def _read(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            columns = list(row)
            for place, out in self._out:
                columns[place] = out(columns[place])
            yield tuple(columns)


def _put(value: Any, into: Processor | None) -> Any:
    return into(value) if into is not None else value


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _out(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
