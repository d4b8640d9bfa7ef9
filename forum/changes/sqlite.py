"""News of changes from SQLite: a look at the file's version, and at new rows when it moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from sqlalchemy import make_url

from forum.changes.models import EVERYTHING
from forum.changes.reads import Read

MANY = 5000
"""More rows than this at once count as everything: to read them would hold the loop up for longer than pages take."""


class SqliteFeed:
    """`PRAGMA data_version` costs some microseconds and moves with each commit of another connection, in
    whatever process; this connection never writes."""

    every = 0.25

    def __init__(self, url: str) -> None:
        self._path = make_url(url).database or ""
        self._connection: sqlite3.Connection | None = None
        self._tell: Callable[[Iterable[Read]], None] = lambda _news: None
        self._version = self._seen = 0

    async def open(self, tell: Callable[[Iterable[Read]], None], wake: Callable[[], None]) -> None:
        self.close()
        self._tell = tell
        self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=1)
        self._connection.execute("PRAGMA query_only = ON")
        self._version = self._ask("PRAGMA data_version")
        self._seen = self._newest()

    async def barrier(self) -> None:
        # The version first: a commit between the two reads is then looked at again, never missed.
        version = self._ask("PRAGMA data_version")
        if version == self._version:
            return
        assert self._connection is not None
        rows = self._connection.execute(
            "SELECT id, noun, key FROM changes WHERE id > ? ORDER BY id LIMIT ?", (self._seen, MANY + 1)
        ).fetchall()
        self._version = version
        if len(rows) > MANY:
            self._seen = self._newest()
            self._tell([(EVERYTHING, None)])
        elif rows:
            self._seen = rows[-1][0]
            self._tell((noun, key) for _id, noun, key in rows)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _newest(self) -> int:
        return self._ask("SELECT coalesce(max(id), 0) FROM changes")

    def _ask(self, question: str) -> int:
        if self._connection is None:
            raise sqlite3.ProgrammingError("The feed is closed.")
        answer: int = self._connection.execute(question).fetchone()[0]
        return answer
