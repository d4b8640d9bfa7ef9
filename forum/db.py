"""The database: how tables are named and typed, and the two ways in.

A reading session cannot write (SQLite `query_only`, PostgreSQL read-only); a writing
session is one transaction. They have separate engines, because one shared pool let two
waiting writers stop every read.
"""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sized
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from typing import Any, Self, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.visitors import InternalTraversal

from forum.bounded import Bounded
from forum.errors import NotFound
from forum.replica import Replica, Unfit, position
from forum.turns import Turns

T = TypeVar("T")
S = TypeVar("S", bound=Sized)

KEPT = 2 * 1024 * 1024
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
ATTEMPTS = 3
RETRIED = {"40001", "40P01"}  # serialization failure, deadlock


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time in UTC on both engines; SQLite's own type drops the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone was about to be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")


class _Mostly(ColumnElement[bool]):
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy reads it from the class
        ("condition", InternalTraversal.dp_clauseelement)
    ]
    type = Boolean()

    def __init__(self, condition: ColumnElement[bool]) -> None:
        self.condition = condition

    def self_group(self, against: Any = None) -> Self:
        return self  # without the `= 1` that SQLite's truth values are given


def mostly(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that holds for most rows of its table.

    SQLite takes `IS NULL` on a unique column for one row, and would read every row that has none before it used
    any other index. PostgreSQL counts them itself.
    """
    return _Mostly(condition)


@compiles(_Mostly)
def _plainly(element: _Mostly, compiler: Any, **words: Any) -> str:
    return str(compiler.process(element.condition, **words))


@compiles(_Mostly, "sqlite")
def _likely(element: _Mostly, compiler: Any, **words: Any) -> str:
    return f"likely({compiler.process(element.condition, **words)})"


def insert_on(dialect: str, into: Any) -> sqlite_dialect.Insert | postgresql.Insert:
    """An `INSERT` that can say what happens on a conflict; each engine has its own."""
    return sqlite_dialect.insert(into) if dialect == "sqlite" else postgresql.insert(into)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        int: BigId,
        datetime: UTCDateTime(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[int]: Json,
        enum.Enum: Enum(
            enum.Enum, native_enum=False, length=30, values_callable=lambda kind: [member.value for member in kind]
        ),
        str: String(),
        date: Date(),
    }


class Database:
    """Engines and sessions for one database.

    `info` is put into every session (`session.info`), so that actions find the bus
    without it being passed through every call. Those in `on_commit` are called after
    each commit, in the thread that wrote. With a replica, pages may be read there
    (`read`); `reading` and `writing` always mean the primary.
    """

    def __init__(self, url: str, *, read_url: str | None = None, durable: bool = True) -> None:
        self.url = url
        self.info: dict[str, Any] = {}
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        if self.dialect == "sqlite":
            self.reader = _sqlite(url, readonly=True, durable=durable)
            self.writer = _sqlite(url, readonly=False, durable=durable)
            hasty = _hasty(url)
            self.readers = [self.reader, hasty]
            self._at_once = sessionmaker(hasty, expire_on_commit=False, info=self.info)
        else:
            self.reader = _postgresql(url, readonly=True)
            self.writer = _postgresql(url, readonly=False)
            self.readers = [self.reader]
        self._turns = Turns(_file(url)) if self.dialect == "sqlite" else None
        self.on_commit: list[Callable[[], None]] = []
        self._kept: Bounded[Sized] = Bounded(KEPT, _weigh)
        self._read = sessionmaker(self.reader, expire_on_commit=False, info=self.info)
        self._write = sessionmaker(self.writer, expire_on_commit=False, info=self.info)
        self.replica = Replica(read_url, self.reader, self.info) if read_url else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on the primary in which a write is an error; what it read need not be read again (`read_once`)."""
        with self._read() as session:
            session.info.update(read={}, kept=self._kept)
            yield session

    @contextmanager
    def reading_at_once(self) -> Iterator[Session]:
        """A session for a few short reads in the thread of the event loop, on SQLite: it waits for nobody.

        SQLite answers them in less time than it takes to wake a thread, which then has to get the interpreter back
        from the loop after each.

        Raises:
            OperationalError: somebody would have had to be waited for.
        """
        with self._at_once() as session:
            session.info["read"] = {}
            yield session

    def read(self, work: Callable[[Session], T], *, after: int = 0) -> T:
        """Run `work` in a reading session: on the replica when it has replayed up to `after`, else on the primary.

        Where the replica fails half-way, or does not have a thing yet, `work` runs again. `from_replica` tells the
        two apart.
        """
        if self.replica is not None:
            try:
                with self.replica.reading(after) as session:
                    return work(session)
            except (Unfit, NotFound):
                pass
        with self.reading() as session:
            return work(session)

    @contextmanager
    def fresh(self, session: Session) -> Iterator[Session]:
        """The session itself, or one on the primary beside it where it reads from a replica."""
        if not from_replica(session):
            yield session
            return
        with self.reading() as primary:
            yield primary

    def position(self) -> int:
        """A place in the primary's log after all that is committed by now, for `read`; 0 without a replica."""
        if self.replica is None:
            return 0
        with self.reader.connect() as connection:
            return position(connection)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction, committed at the end unless the block raised."""
        with self._turns or nullcontext(), self._write() as session, session.begin():
            yield session
        for told in self.on_commit:
            told()

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction, again when PostgreSQL chose it as a deadlock's victim."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.writing() as session:
                    return work(session)
            except DBAPIError as error:
                if attempt == ATTEMPTS or getattr(error.orig, "sqlstate", None) not in RETRIED:
                    raise
        raise AssertionError("unreachable")

    def ping(self) -> None:
        """Raise when the database does not answer."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    @property
    def engines(self) -> list[Engine]:
        return [*self.readers, self.writer]

    def dispose(self) -> None:
        for engine in self.engines:
            engine.dispose()
        if self._turns is not None:
            self._turns.close()
        if self.replica is not None:
            self.replica.engine.dispose()


def from_replica(session: Session) -> bool:
    """Whether what a session reads may be older than what is committed, so that no page made of it may be kept."""
    return bool(session.info.get("replica"))


def read_once(session: Session, what: Hashable, read: Callable[[], T]) -> T:
    """What several ask for on one page, read by the first of them. A session that may write reads each time."""
    known: dict[Hashable, T] | None = session.info.get("read")
    if known is None:
        return read()
    if what not in known:
        known[what] = read()
    return known[what]


def keep(session: Session, values: Hashable, make: Callable[[], S]) -> S:
    """What `make` makes of many rows, kept for as long as `values`, which the session read, say that they are the same.

    A session that may write makes it each time, for its rows may never be committed; so does one that reads from a
    replica, which may be behind.
    """
    kept: Bounded[S] | None = session.info.get("kept")
    return make() if kept is None else kept.get(values, make)


def _weigh(made: Sized) -> int:
    return 1000 + 200 * len(made)


def _file(url: str) -> str | None:
    """The file of a SQLite database, unless it is one process's own."""
    database = make_url(url).database
    return database if database and database != ":memory:" else None


def _sqlite(url: str, *, readonly: bool, durable: bool, patience: int = 15_000) -> Engine:
    words = "BEGIN" if readonly else "BEGIN IMMEDIATE"
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=2 if readonly else 1,
        max_overflow=2,
        connect_args={"check_same_thread": False, "timeout": patience / 1000},
    )

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {patience}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -4096")
        connection.execute("PRAGMA temp_store = MEMORY")
        if readonly:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # To the driver itself: every page begins so, and the way through SQLAlchemy costs as much as a query.
        try:
            connection.connection.driver_connection.execute(words)
        except sqlite3.Error as error:
            raise DBAPIError.instance(words, (), error, sqlite3.Error, dialect=connection.dialect) from error

    return engine


def _hasty(url: str) -> Engine:
    """One connection, which gives up at once rather than wait."""
    return _sqlite(url, readonly=True, durable=True, patience=0)


def _postgresql(url: str, *, readonly: bool) -> Engine:
    return create_engine(
        url,
        pool_size=8 if readonly else 4,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": None, "connect_timeout": 5},
        execution_options={"postgresql_readonly": True} if readonly else {},
    )
