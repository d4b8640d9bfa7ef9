"""The database: how tables are named and typed, and the two ways in.

A reading session cannot write (SQLite `query_only`, PostgreSQL read-only); a writing
session is one transaction. They have separate engines, because one shared pool let two
waiting writers stop every read.
"""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import QueuePool

T = TypeVar("T")

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
    without it being passed through every call.
    """

    def __init__(self, url: str, *, read_url: str | None = None, durable: bool = True) -> None:
        self.url = url
        self.info: dict[str, Any] = {}
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        if self.dialect == "sqlite":
            self.reader = _sqlite(url, readonly=True, durable=durable)
            self.writer = _sqlite(url, readonly=False, durable=durable)
        else:
            self.reader = _postgresql(read_url or url, readonly=True)
            self.writer = _postgresql(url, readonly=False)
        self._read = sessionmaker(self.reader, expire_on_commit=False, info=self.info)
        self._write = sessionmaker(self.writer, expire_on_commit=False, info=self.info)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session in which a write is an error."""
        with self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction, committed at the end unless the block raised."""
        with self._write() as session, session.begin():
            yield session

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

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def _sqlite(url: str, *, readonly: bool, durable: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=2 if readonly else 1,
        max_overflow=2,
        connect_args={"check_same_thread": False, "timeout": 15},
    )

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 15000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -8192")
        connection.execute("PRAGMA temp_store = MEMORY")
        if readonly:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, *, readonly: bool) -> Engine:
    return create_engine(
        url,
        pool_size=8 if readonly else 4,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": None, "connect_timeout": 5},
        execution_options={"postgresql_readonly": True} if readonly else {},
    )
