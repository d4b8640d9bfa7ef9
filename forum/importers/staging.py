"""What must be looked up by post while the posts stream by, kept in a file so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from forum.importers.dump import Row, number

TABLES = """
CREATE TABLE history (post TEXT, made TEXT, id INTEGER, kind INTEGER, guid TEXT, person TEXT, name TEXT, text TEXT,
                      note TEXT);
CREATE TABLE votes (post TEXT PRIMARY KEY, up INTEGER, down INTEGER, accepted TEXT);
CREATE TABLE accepted (question TEXT PRIMARY KEY, answer TEXT);
CREATE TABLE excerpts (post TEXT PRIMARY KEY, body TEXT);
CREATE TABLE tag_uses (name TEXT PRIMARY KEY, uses INTEGER);
"""
UP, DOWN, ACCEPTED = 2, 3, 1
CLOSED, REOPENED, LOCKED, UNLOCKED = 10, 11, 14, 15
BODIES, TITLES, TAGS = (2, 5, 8), (1, 4, 7), (3, 6, 9)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a post's history; lines of one revision share their `guid`."""

    kind: int
    guid: str
    person: str | None
    name: str | None
    made: str
    text: str
    note: str


class Staging:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        connection.executescript(TABLES)

    def keep_history(self, rows: Iterable[Row]) -> int:
        found = (
            (
                row.get("PostId"),
                row.get("CreationDate", ""),
                number(row, "Id"),
                number(row, "PostHistoryTypeId"),
                row.get("RevisionGUID", row.get("Id")),
                row.get("UserId"),
                row.get("UserDisplayName"),
                row.get("Text", ""),
                row.get("Comment", ""),
            )
            for row in rows
        )
        cursor = self.connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", found)
        self.connection.execute("CREATE INDEX history_post ON history (post, made, id)")
        return cursor.rowcount

    def history(self, post: str) -> list[Change]:
        """What happened to one post, oldest first."""
        lines = self.connection.execute(
            "SELECT kind, guid, person, name, made, text, note FROM history WHERE post = ? ORDER BY made, id", (post,)
        )
        return [Change(*line) for line in lines]

    def keep_votes(self, rows: Iterable[Row]) -> None:
        found = (
            (row.get("PostId"), kind == UP, kind == DOWN, row.get("CreationDate") if kind == ACCEPTED else None)
            for row in rows
            if (kind := number(row, "VoteTypeId")) in (UP, DOWN, ACCEPTED)
        )
        self.connection.executemany(
            "INSERT INTO votes VALUES (?, ?, ?, ?) ON CONFLICT (post) DO UPDATE SET up = up + excluded.up,"
            " down = down + excluded.down, accepted = coalesce(excluded.accepted, accepted)",
            found,
        )

    def votes(self, post: str) -> tuple[int, int, str | None]:
        found = self.connection.execute("SELECT up, down, accepted FROM votes WHERE post = ?", (post,)).fetchone()
        return found or (0, 0, None)

    def keep_accepted(self, question: str, answer: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO accepted VALUES (?, ?)", (question, answer))

    def accepted(self) -> Iterator[tuple[str, str]]:
        yield from self.connection.execute("SELECT question, answer FROM accepted ORDER BY rowid")

    def keep_excerpt(self, post: str, body: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO excerpts VALUES (?, ?)", (post, body))

    def excerpt(self, post: str | None) -> str:
        found = self.connection.execute("SELECT body FROM excerpts WHERE post = ?", (post,)).fetchone()
        return found[0] if found else ""

    def count_tags(self, names: Iterable[str]) -> None:
        self.connection.executemany(
            "INSERT INTO tag_uses VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET uses = uses + 1",
            ((name,) for name in names),
        )

    def tag_uses(self, name: str) -> int:
        found = self.connection.execute("SELECT uses FROM tag_uses WHERE name = ?", (name,)).fetchone()
        return found[0] if found else 0


@contextmanager
def staging(var: Path) -> Iterator[Staging]:
    """A staging file that is gone afterwards."""
    with TemporaryDirectory(prefix="import-", dir=var) as folder:
        connection = sqlite3.connect(Path(folder) / "staging.sqlite3", isolation_level=None)
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
        try:
            yield Staging(connection)
        finally:
            connection.close()
