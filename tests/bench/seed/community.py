"""Puts a community into an empty, migrated database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from forum.clock import now
from forum.posts import PostKind, PostRef
from forum.search.index import document_id
from tests.bench.seed.bulk import Bulk, Row, bulk
from tests.bench.seed.desk import Desk
from tests.bench.seed.people import People
from tests.bench.seed.posts import Posts
from tests.bench.seed.votes import Ledger
from tests.bench.seed.words import POOL, Text, Writer

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Size:
    """How large a community is; what is not said follows from the number of threads."""

    threads: int
    pool: int = POOL

    @property
    def people(self) -> int:
        return self.threads // 5

    @property
    def tickets(self) -> int:
        return max(300, self.threads // 20)


def seed(url: str, size: Size, *, moment: datetime | None = None) -> None:
    """Fill a database; the same size makes the same community, told from the moment on backwards."""
    writer, moment = Writer(7, pool=size.pool), moment or now()
    people = People(size.people, writer, moment)
    posts = Posts(size.threads, people, writer)
    ledger = Ledger(people, posts)
    desk = Desk(size.tickets, people, posts, writer)
    with bulk(url) as into:
        _people(into, people, posts, ledger)
        _posts(into, posts)
        into.write("votes", ledger.vote_rows())
        _desk(into, desk)


def _people(into: Bulk, people: People, posts: Posts, ledger: Ledger) -> None:
    """The ledger before the accounts, whose points are its sums."""
    into.write("organisations", people.organisations())
    into.write("ledger_entries", ledger.entry_rows())
    into.write("accounts", people.rows(ledger.reputation, posts.asked, posts.answered))
    into.write("account_sessions", people.sessions())


def _posts(into: Bulk, posts: Posts) -> None:
    into.write("tags", posts.tag_rows())
    into.write("spaces", posts.space_rows())
    into.write("follows", posts.follows())
    into.write("thread_tags", posts.thread_tags())
    for table, batch in _batches(posts.written()):
        into.write(table, (row for row, _text in batch))
        into.write("search_index", _documents(posts, table, batch))
    into.write("comments", posts.comment_rows())


def _batches(written: Iterable[tuple[str, Row, Text]]) -> Iterator[tuple[str, list[tuple[Row, Text]]]]:
    numbered = groupby(enumerate(written), key=lambda one: (one[1][0], one[0] // BATCH))
    for (table, _number), group in numbered:
        yield table, [(row, text) for _place, (_table, row, text) in group]


def _documents(posts: Posts, table: str, batch: list[tuple[Row, Text]]) -> Iterator[Row]:
    kind = PostKind.THREAD if table == "threads" else PostKind.ANSWER
    for row, text in batch:
        asked = kind is PostKind.THREAD
        names = " ".join(posts.tags[tag - 1] for tag in posts.questions[row["id"] - 1].tags) if asked else ""
        yield {
            "rowid": document_id(PostRef(kind, row["id"])),
            "title": row["title"] if asked else "",
            "body": text.text,
            "tags": names,
        }


def _desk(into: Bulk, desk: Desk) -> None:
    into.write("tickets", desk.tickets)
    into.write("ticket_counter", [{"id": 1, "last": desk.count}])
    into.write("ticket_messages", desk.messages())
    into.write("ticket_events", desk.events())
    into.write("ticket_followers", desk.followers())
