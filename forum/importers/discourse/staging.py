"""Topics and posts put aside while the folder is read, so that each can be asked for the others of its topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import NamedTuple

from forum.importers.discourse.folder import Json, dicts, text, whole
from forum.importers.dump import Row

TABLES = """
CREATE TABLE d_topics (id INTEGER PRIMARY KEY, row TEXT, author TEXT);
CREATE TABLE d_posts (id INTEGER PRIMARY KEY, topic INTEGER, number INTEGER, username TEXT, row TEXT, size INTEGER);
CREATE UNIQUE INDEX d_posts_place ON d_posts (topic, number);
CREATE TABLE d_people (id INTEGER PRIMARY KEY, row TEXT, earned INTEGER DEFAULT 0);
CREATE TABLE d_names (username TEXT PRIMARY KEY, id INTEGER, handle TEXT);
"""
LIKED = 2
"""The number of a like among Discourse's kinds of acts on posts."""
FOR_A_LIKE, FOR_A_SOLUTION = 10, 15
"""What one has earned by a like, or by what solved a topic: as much as a vote and an accepted answer are worth here."""


class Named(NamedTuple):
    """Somebody by the name they had there: `handle` is None where no account here is known by it (any more)."""

    known: bool
    handle: str | None


class Topics:
    """What was read of a folder, in the file of an import's staging."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        connection.executescript(TABLES)

    def keep_topic(self, topic: int, row: Row) -> None:
        self.connection.execute("INSERT OR REPLACE INTO d_topics (id, row) VALUES (?, ?)", (topic, json.dumps(row)))

    def keep_post(self, topic: int, post: Json, row: Row) -> bool:
        """Whether it was not there yet: pages may overlap."""
        values = (whole(post.get("id")), topic, whole(post.get("post_number")), text(post.get("username")).lower())
        said = json.dumps(row)
        cursor = self.connection.execute(
            "INSERT OR IGNORE INTO d_posts VALUES (?, ?, ?, ?, ?, ?)", (*values, said, len(said))
        )
        return cursor.rowcount == 1

    def keep_person(self, person: int, row: Row, *, told: bool) -> None:
        """`told` by a profile, which says more than the posts do."""
        query = "INSERT INTO d_people (id, row) VALUES (?, ?) ON CONFLICT (id) DO "
        query += "UPDATE SET row = excluded.row" if told else "NOTHING"
        self.connection.execute(query, (person, json.dumps(row)))
        name = (row.get("Username", ""), person)
        self.connection.execute("INSERT OR REPLACE INTO d_names (username, id) VALUES (?, ?)", name)

    def earn(self, person: int, points: int) -> None:
        self.connection.execute("UPDATE d_people SET earned = earned + ? WHERE id = ?", (points, person))

    def people(self) -> Iterator[Row]:
        for said, earned in self._each("SELECT id, row, earned FROM d_people WHERE id > ? ORDER BY id LIMIT 500"):
            yield json.loads(said) | {"Reputation": str(1 + int(earned))}

    def name(self, handles: Callable[[list[str]], dict[str, str]]) -> None:
        """Note which account each name leads to here."""
        last = ""
        while True:
            query = "SELECT username FROM d_names WHERE username > ? ORDER BY username LIMIT 500"
            names = [row[0] for row in self.connection.execute(query, (last,))]
            if not names:
                return
            found = handles(names)
            self.connection.executemany(
                "UPDATE d_names SET handle = ? WHERE username = ?", [(handle, name) for name, handle in found.items()]
            )
            last = names[-1]

    def named(self, username: str) -> Named:
        query = "SELECT handle FROM d_names WHERE username = ?"
        row = self.connection.execute(query, (username.lower(),)).fetchone()
        return Named(False, None) if row is None else Named(True, row[0])

    def questions(self) -> Iterator[Row]:
        """Each topic with its first post; topics whose first post is not there are left out, and counted."""
        query = (
            "SELECT d_topics.id, d_topics.row, (SELECT d_posts.row FROM d_posts WHERE d_posts.topic = d_topics.id"
            " AND d_posts.number = 1) FROM d_topics WHERE d_topics.id > ? ORDER BY d_topics.id LIMIT 100"
        )
        for topic, opening in self._each(query):
            if opening is not None:
                post: Row = json.loads(opening)
                about: Row = json.loads(topic)
                shown = {"Visibility": post["Visibility"] or about["Visibility"], "Alias": f"opening:{post['Id']}"}
                yield post | about | shown

    def without_opening(self) -> int:
        opening = "SELECT 1 FROM d_posts WHERE topic = d_topics.id AND number = 1"
        query = f"SELECT count(*) FROM d_topics WHERE NOT EXISTS ({opening})"  # noqa: S608 - words of ours
        return int(self.connection.execute(query).fetchone()[0])

    def answers(self) -> Iterator[Row]:
        """The other posts, in the order in which they were written."""
        query = "SELECT id, row FROM d_posts WHERE number > 1 AND id > ? ORDER BY id LIMIT 100"
        for (said,) in self._each(query):
            yield json.loads(said)

    def post(self, topic: int, number: int) -> Row | None:
        query = "SELECT row FROM d_posts WHERE topic = ? AND number = ?"
        found = self.connection.execute(query, (topic, number)).fetchone()
        return json.loads(found[0]) if found else None

    def size(self) -> tuple[int, int]:
        """How many bytes the first posts take, and the others."""
        query = "SELECT coalesce(sum(size * (number = 1)), 0), coalesce(sum(size * (number > 1)), 0) FROM d_posts"
        first, others = self.connection.execute(query).fetchone()
        return int(first), int(others)

    def count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - a name of ours

    def _each(self, query: str) -> Iterator[tuple[str, ...]]:
        last = -(2**62)
        while rows := self.connection.execute(query, (last,)).fetchall():
            for row in rows:
                yield tuple(row[1:])
            last = rows[-1][0]


def likes(post: Json) -> int:
    return sum(max(0, whole(act.get("count"))) for act in dicts(post.get("actions_summary")) if act.get("id") == LIKED)


def moment(value: object) -> str:
    """A time of the API's in UTC; "" for what is none."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return ""
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.isoformat()


def tags(names: Iterable[object]) -> str:
    """Tags in the notation of a dump; newer Discourse names them by objects."""
    plain = [text(one.get("name")) if isinstance(one, dict) else text(one) for one in names]
    clean = ["".join(char if char.isalnum() or char in "-_.+#" else "-" for char in name).strip("-") for name in plain]
    return "".join(f"<{name}>" for name in clean if name)
