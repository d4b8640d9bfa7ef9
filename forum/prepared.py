"""Statements that are put together once for each kind of reader, and from then on only sent.

Putting a `select()` together costs more than SQLite takes to answer it, and what a reader
may see decides its shape only by their privileges; their id is a value like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Self, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Result,
    ScalarResult,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import coercions, roles
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from forum.access import ANYBODY, Actor
from forum.changes.reads import OPTION
from forum.direct import Direct, direct

SHAPES = 256


class Own:
    """Says of a table that only rows are read which are the reader's own: of a reader who stands for many, none.

    `names` are the parameters that hold the keys of these rows, where the table tells its rows apart by them.
    """

    def __init__(self, *names: str) -> None:
        self.names = names


class Prepared:
    """Builds a statement for a kind of reader and, if it has any, hashable words that decide its shape.

    `build` is given a reader whose id and organisation are parameters, and calls
    `visible_to` as with any other. What else varies it names with `bindparam`.
    """

    def __init__(self, build: Callable[..., Executable], keyed: Mapping[str, str | Own | None]) -> None:
        self._keyed = keyed
        # Each with a cache of its own: what SQLAlchemy once compiled for an equal statement it would fit to this one
        # each time it is sent.
        self._statement: Callable[..., _Statement] = lru_cache(maxsize=SHAPES)(
            lambda kind, *shape: _Statement(lambda: build(_stand_in(kind), *shape))
        )

    def __call__(self, session: Session, actor: Actor | None, *shape: Any, **values: Any) -> Result[Any]:
        """Send it as this reader, after what the session has yet to write."""
        statement = self._for(actor, shape, values)
        session.flush()
        keys = {
            table: _keys(values, name)
            for table, name in self._keyed.items()
            if not isinstance(name, Own) or name.names or values.get("reader_id") == ANYBODY
        }
        return statement.send(session.connection(), values, keys)

    def objects(self, session: Session, actor: Actor | None, *shape: Any, **values: Any) -> ScalarResult[Any]:
        """Like a call, for a statement that reads a mapped class: the session's own objects of it."""
        return self._for(actor, shape, values).objects(session, values)

    def _for(self, actor: Actor | None, shape: tuple[Any, ...], values: dict[str, Any]) -> _Statement:
        """The statement for this reader, who is put among the values."""
        kind = None
        if actor is not None:
            kind = (actor.privileges, actor.roles, actor.organisation_id is not None)
            values["reader_id"], values["reader_organisation_id"] = actor.id, actor.organisation_id
        return self._statement(kind, *shape)

    def each(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send a write that is nobody's own once for each of these values."""
        if len(rows) == 1:
            self(session, None, **rows[0])
        elif rows:
            session.flush()
            self._statement(None).send_each(session.connection(), rows)


class _Statement:
    """One shape of a statement, and what was made of it once."""

    def __init__(self, build: Callable[[], Executable]) -> None:
        self._build = build
        self._compiled: dict[Any, Any] = {}
        self._direct: dict[tuple[str, ...], Direct | None] = {}

    @cached_property
    def _statement(self) -> Executable:
        return self._build()

    def send(self, connection: Connection, values: dict[str, Any], keys: Mapping[str, Sequence[int]]) -> Result[Any]:
        which = connection.dialect.name, *values
        if which not in self._direct:
            self._direct[which] = direct(self._build(), connection.dialect, values)
        if (sent := self._direct[which]) is not None:
            return sent(connection, values, keys)
        options = {"compiled_cache": self._compiled, OPTION: keys}
        return connection.execute(self._statement, values, execution_options=options)

    def objects(self, session: Session, values: Mapping[str, Any]) -> ScalarResult[Any]:
        return session.scalars(self._statement, values, execution_options={"compiled_cache": self._compiled})

    def send_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        connection.execute(self._statement, rows, execution_options={"compiled_cache": self._compiled})


def _keys(values: Mapping[str, Any], name: str | Own | None) -> tuple[int, ...]:
    if name is None or (isinstance(name, Own) and values.get("reader_id") == ANYBODY):
        return ()
    if isinstance(name, Own):
        return tuple(key for one in name.names for key in _keys(values, one))
    value = values[name]
    return tuple(value) if isinstance(value, list) else (value,)


def prepared(build: Callable[..., Executable]) -> Prepared:
    return Prepared(build, {})


def prepared_for(**keyed: str | Own | None) -> Callable[[Callable[..., Executable]], Prepared]:
    """Say of a function that it builds such a statement.

    `keyed` names, for tables of which only some rows are read, the parameter that holds
    their key; None where only the rows tell it, and the caller passes it on (`also_read`);
    `Own` where they are the reader's.
    """
    return lambda build: Prepared(build, keyed)


def _stand_in(kind: tuple[Any, Any, bool] | None) -> Actor | None:
    if kind is None:
        return None
    privileges, roles, organised = kind
    organisation: Any = bindparam("reader_organisation_id") if organised else None
    return Actor(id=cast(int, bindparam("reader_id")), privileges=privileges, roles=roles, organisation_id=organisation)


class Ids(TypeDecorator[list[int]]):
    """A list of ids as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(ColumnElement[bool]):
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy reads it from the class
        ("column", InternalTraversal.dp_clauseelement),
        ("ids", InternalTraversal.dp_clauseelement),
    ]
    type = Boolean()

    def self_group(self, against: Any = None) -> Self:
        """As it is: the `= 1` that SQLite's truth values are given would keep it from using an index."""
        return self

    def __init__(self, column: Any, name: str) -> None:
        self.column, self.ids = column, bindparam(name, type_=Ids())


def among(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a column is one of the ids in the parameter `name`: one text for lists of any length, unlike IN."""
    return _Among(coercions.expect(roles.ExpressionElementRole, column), name)


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: Any, **words: Any) -> str:
    column, ids = (compiler.process(part, **words) for part in (element.column, element.ids))
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled parts


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **words: Any) -> str:
    column, ids = (compiler.process(part, **words) for part in (element.column, element.ids))
    return f"{column} = ANY ({ids})"
