"""News of changes from PostgreSQL: told by NOTIFY, and asked for whenever it must be certain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from forum.changes.models import EVERYTHING
from forum.changes.reads import Read

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

MANY = 5000
TIMEOUT = 2.0
NAME = b"news"
NEWS = b"SELECT snapshot, noun, key FROM changes_since($1, 5001)"


class Lost(Exception):
    """The connection broke, or did not answer in time."""


class PostgresFeed:
    """NOTIFY alone comes a moment after the commit it tells of; a question that is put after the commit
    is answered with it. Those who wait for the same moment share one question.
    """

    every = 5.0

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: Connection | None = None
        self._tell: Callable[[Iterable[Read]], None] = lambda _news: None
        self._wake: Callable[[], None] = lambda: None
        self._snapshot = b""
        self._asked: list[asyncio.Future[None]] = []
        self._next: list[asyncio.Future[None]] = []
        """Who waits for the answer to the question that is under way, and for that to the one after it."""
        self._late: asyncio.TimerHandle | None = None

    async def open(self, tell: Callable[[Iterable[Read]], None], wake: Callable[[], None]) -> None:
        self.close()
        self._tell, self._wake = tell, wake
        connection, self._snapshot = await asyncio.to_thread(self._connect)
        self._connection, pgconn = connection, connection.pgconn
        pgconn.nonblocking = 1
        asyncio.get_running_loop().add_reader(pgconn.socket, self._readable)

    def _connect(self) -> tuple[Connection, bytes]:
        from psycopg import connect  # noqa: PLC0415 - an optional dependency

        connection = connect(self._url, autocommit=True, connect_timeout=5, prepare_threshold=None)
        connection.execute("LISTEN changes")
        connection.pgconn.prepare(NAME, NEWS)
        row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        assert row is not None
        return connection, row[0].encode()

    async def barrier(self) -> None:
        if self._connection is None:
            raise Lost("There is no connection.")
        waiting = asyncio.get_running_loop().create_future()
        # A question that is under way may have been answered already, from before this moment.
        self._next.append(waiting)
        if not self._asked and len(self._next) == 1:
            # When those who came in the same turn of the loop are here too: one question for all of them.
            asyncio.get_running_loop().call_soon(self._ask)
        await waiting

    def _ask(self) -> None:
        if self._connection is None or self._asked or not self._next:
            return
        self._asked, self._next = self._next, []
        self._connection.pgconn.send_query_prepared(NAME, [self._snapshot])
        self._connection.pgconn.flush()
        self._late = asyncio.get_running_loop().call_later(TIMEOUT, self._break, Lost("No answer came in time."))

    def _break(self, error: Exception) -> None:
        asked, self._asked = self._asked, []
        _fail(asked, error)
        self.close()
        self._wake()

    def _readable(self) -> None:
        try:
            self._read()
        except Exception as error:  # whatever the library raises, the connection is of no use any more
            self._break(Lost(str(error)))

    def _read(self) -> None:
        assert self._connection is not None
        pgconn = self._connection.pgconn
        pgconn.consume_input()
        while pgconn.notifies() is not None:
            self._wake()
        while self._asked and not pgconn.is_busy():
            result = pgconn.get_result()
            if result is not None:
                self._take(result)
                continue
            asked, self._asked = self._asked, []
            self._no_longer_late()
            for waiting in asked:
                if not waiting.done():
                    waiting.set_result(None)
            if self._next:
                self._ask()

    def _take(self, result: PGresult) -> None:
        snapshot = result.get_value(0, 0) if result.ntuples else None
        if snapshot is None:
            raise Lost(result.error_message.decode(errors="replace") or "No answer.")
        self._snapshot = snapshot
        found: list[Read] = []
        for row in range(result.ntuples):
            noun, key = result.get_value(row, 1), result.get_value(row, 2)
            if noun is not None:
                found.append((noun.decode(), None if key is None else int(key)))
        self._tell([(EVERYTHING, None)] if len(found) > MANY else found)

    def close(self) -> None:
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        asyncio.get_running_loop().remove_reader(connection.pgconn.socket)
        connection.close()
        self._no_longer_late()
        _fail([*self._asked, *self._next], Lost("The connection was closed."))
        self._asked, self._next = [], []

    def _no_longer_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _fail(waiting: Iterable[asyncio.Future[None]], error: Exception) -> None:
    for one in waiting:
        if not one.done():
            one.set_exception(error)
            one.exception()  # so that nobody is told of one that nobody waited for
