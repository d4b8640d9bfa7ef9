"""A PostgreSQL replica to read from, where and as long as it knows what its reader must see.

Positions are places in PostgreSQL's log, as numbers that only grow. After a write, the
writer's next requests name the position that holds it (`Database.position`), and a session
on the replica is given out only when the replica has replayed that far. Nobody, whoever
wrote, reads what is older than `OLDEST`: every second the primary is asked where it is,
and the replica must have come to where the primary was that long ago.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

log = structlog.get_logger()
OLDEST = 10.0
SAMPLED_EVERY = 1.0
ANSWERS_WITHIN = 3.0
RETRIED_AFTER = 5.0
SIZE = 8
REPLAYED = text("SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint")
FLUSHED = text("SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint")
# What is inserted and not flushed may be nobody's commit, and reach the replica only seconds later.
WRITTEN = text(
    "SELECT (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()"
    " ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint"
)
CONFLICTS = {"40001", "40P01"}  # what was to be read has been cleaned away on the primary


class Unfit(Exception):
    """The replica is away, too far behind, or no replica at all: read from the primary."""


class Replica:
    def __init__(self, url: str, primary: Engine, info: dict[str, Any]) -> None:
        self.engine = _engine(url)
        self._primary = primary
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info=info)
        self._lock = threading.Lock()
        self._samples: deque[tuple[float, int]] = deque()
        self._away_until = 0.0

    @contextmanager
    def reading(self, after: int) -> Iterator[Session]:
        """A session, marked `session.info["replica"]`, in which a write is an error.

        Raises:
            Unfit: before or within the block; nothing that was read in it may be used then.
        """
        if not self._may_be_tried():
            raise Unfit
        floor = self._floor()
        with self._sessions() as session:
            session.info.update(replica=True, read={})
            try:
                self._require(session.scalar(REPLAYED), max(after, floor))
                yield session
            except DBAPIError as error:
                if not self._is_to_blame(error):
                    raise
                raise Unfit from error

    def lag(self) -> int | None:
        """How many bytes of log the replica has still to replay; None when it is no replica.

        Raises:
            DBAPIError: one of the two does not answer.
        """
        with self._primary.connect() as primary, self.engine.connect() as replica:
            flushed, replayed = primary.scalar(FLUSHED), replica.scalar(REPLAYED)
        return None if replayed is None else max(0, (flushed or 0) - replayed)

    def _may_be_tried(self) -> bool:
        """Whether it is there; while it is away, one request now and then finds out whether it is back."""
        moment = time.monotonic()
        with self._lock:
            if moment < self._away_until:
                return False
            if self._away_until:
                self._away_until = moment + RETRIED_AFTER
            return True

    def _floor(self) -> int:
        """Where the primary was `OLDEST` seconds ago, or at the first moment since then of which that is known."""
        moment = time.monotonic()
        with self._lock:
            while self._samples and self._samples[0][0] < moment - OLDEST:
                self._samples.popleft()
            known = bool(self._samples) and self._samples[-1][0] > moment - SAMPLED_EVERY
        if not known:
            with self._primary.connect() as connection:
                flushed = connection.scalar(FLUSHED) or 0
            with self._lock:
                self._samples.append((moment, flushed))
        with self._lock:
            return self._samples[0][1]

    def _require(self, replayed: int | None, wanted: int) -> None:
        if replayed is None:
            self._went_away("it is no replica: READ_DATABASE_URL names a server that takes writes")
            raise Unfit
        with self._lock:
            back, self._away_until = self._away_until > 0, 0.0
        if back:
            log.info("the replica is back")
        if replayed < wanted:
            raise Unfit

    def _is_to_blame(self, error: DBAPIError) -> bool:
        state = getattr(error.orig, "sqlstate", None)
        if state in CONFLICTS:
            return True
        if error.connection_invalidated or state is None or state.startswith(("08", "57P")):
            self._went_away(str(error.orig).strip())
            return True
        return False

    def _went_away(self, why: str) -> None:
        with self._lock:
            known, self._away_until = self._away_until > 0, time.monotonic() + RETRIED_AFTER
        if not known:
            log.warning("the replica is away; pages come from the primary", why=why)


def position(connection: Connection) -> int:
    """A place in the log of the primary after all that is committed by now."""
    return int(connection.scalar(WRITTEN) or 0)


def _engine(url: str) -> Engine:
    """No ping before use, as the first question is whether it has replayed enough; and no long wait for an answer."""
    engine = create_engine(
        url,
        pool_size=SIZE,
        max_overflow=0,
        connect_args={"prepare_threshold": None, "connect_timeout": 2},
        execution_options={"postgresql_readonly": True},
    )
    connect = _impatiently()

    @event.listens_for(engine, "do_connect")
    def _do_connect(_dialect: object, _record: object, words: list[Any], options: dict[str, Any]) -> Any:
        return connect(*words, **options)

    return engine


def _impatiently() -> Callable[..., Any]:
    """Connections that give up on a server which has stopped answering without going away."""
    from psycopg import Connection, OperationalError  # noqa: PLC0415 - an optional dependency
    from psycopg.pq import TransactionStatus  # noqa: PLC0415

    class Impatient(Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, ANSWERS_WITHIN if timeout is None else timeout)
            except OperationalError:
                if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # else the rollback would wait as long
                    self.pgconn.finish()
                raise

    return Impatient.connect
