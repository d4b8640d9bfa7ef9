"""What is asked for, as ready bytes: pages read by many people, and what many people write."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.tags.models import Tag
from forum.threads.models import Answer, Thread
from tests.bench.seed.people import WRITERS, cookie

READERS = 16
AT_ONCE = 50
PAUSE = 1.0
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, slots=True)
class Known:
    """What a scene may name in a seeded community."""

    thread: str
    tag: str
    rare_tag: str
    profile: str
    staff: tuple[int, ...]
    writers: tuple[int, ...]
    authors: dict[int, int]
    answers: tuple[tuple[int, int], ...]
    titles: tuple[str, ...]
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One row of the table. `connections` ask at once; a writing scene sends each of its requests once.

    Who writes pauses for `pause` seconds after each reply, as a person does at the least; in a flood nobody does.
    `token` marks what a scene writes; votes, which hold no text, are those after the first `skipped`.
    """

    name: str
    requests: Callable[[Known, int], Sequence[bytes]]
    connections: int = READERS
    writes: int = 0
    pause: float = 0.0
    token: str = ""
    skipped: int = 0

    @property
    def flood(self) -> bool:
        return bool(self.writes and not self.pause)


@dataclass(slots=True)
class _Request:
    path: str
    method: str = "GET"
    account: int | None = None
    client: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def bytes_for(self, port: int) -> bytes:
        """As a browser behind the proxy of this machine sends it."""
        hops = f"10.{self.client >> 16 & 255}.{self.client >> 8 & 255}.{self.client & 255}"
        named = {
            "Host": f"127.0.0.1:{port}",
            "User-Agent": AGENT,
            "Accept": "text/html",
            "Accept-Language": "en-GB,en;q=0.7",
            "Accept-Encoding": "gzip, deflate",
            "X-Forwarded-For": hops,
            **({"Cookie": f"session={cookie(self.account)}"} if self.account is not None else {}),
            **self.headers,
        }
        if self.method == "POST":
            named |= {
                "Sec-Fetch-Site": "same-origin",
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(self.body)),
            }
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def know(session: Session) -> Known:
    """Look around in a community that the seeder made."""
    thread = session.execute(select(Thread.id, Thread.title).order_by(Thread.id.desc()).limit(1)).one()
    newest = session.get_one(Thread, thread.id)
    used = session.scalars(select(Tag.name).where(Tag.thread_count >= 8).order_by(Tag.thread_count.desc())).all()
    best = select(Account.handle).order_by(Account.reputation.desc()).limit(1)
    writers = select(Account.id).where(Account.staff.is_(False)).order_by(Account.id).offset(6).limit(WRITERS)
    answers = select(Answer.id, Answer.thread_id).order_by(Answer.id).limit(4000)
    authors = select(Answer.id, Answer.author_id).order_by(Answer.id).limit(4000)
    titles = tuple(session.scalars(select(Thread.title).order_by(Thread.id.desc()).limit(400)))
    return Known(
        thread=f"/threads/{newest.id}/{newest.slug}",
        tag=used[0],
        rare_tag=used[-1],
        profile=session.scalars(best).one(),
        staff=tuple(session.scalars(select(Account.id).where(Account.staff.is_(True)).order_by(Account.id))),
        writers=tuple(session.scalars(writers)),
        authors={answer: author for answer, author in session.execute(authors)},  # noqa: C416
        answers=tuple((answer, thread_id) for answer, thread_id in session.execute(answers)),
        titles=titles,
        queries=tuple(_queries(titles)),
    )


def _queries(titles: Sequence[str]) -> Iterator[str]:
    """What people search for: a word or two of a title, sometimes a very common one, sometimes three."""
    chance = random.Random(3)
    for title in titles:
        words = title.rstrip(".").lower().split()
        yield " ".join(chance.sample(words, min(len(words), chance.choice((1, 1, 2, 2, 3)))))
    yield from ("the", "the folder", "sync", "not on", "in the", "is") * 8


def _read(path: Callable[[Known], str], *, signed_in: bool, **headers: str) -> Callable[[Known, int], list[bytes]]:
    def requests(known: Known, port: int) -> list[bytes]:
        accounts: Sequence[int | None] = known.writers[:100] if signed_in else [None]
        people = itertools.cycle(accounts)
        return [
            _Request(path(known), account=next(people), client=client, headers=headers).bytes_for(port)
            for client in range(100)
        ]

    return requests


def _filters(known: Known, port: int) -> list[bytes]:
    """Every filter of the list in turn, with and without a tag and a product, and a page far down."""
    queries = ["filter=active", "filter=unanswered", "filter=solved", "filter=discussions", "product=desktop"]
    queries += [f"tag={quote_plus(known.rare_tag)}", f"tag={quote_plus(known.tag)}&filter=unanswered"]
    queries += ["product=mobile&filter=solved", f"tag={quote_plus(known.tag)}&product=web&filter=active"]
    queries.append("after=1700000000000000-1")
    return [
        _Request(f"/threads?{query}", account=account, client=account).bytes_for(port)
        for account in known.writers[:20]
        for query in queries
    ]


def _search(known: Known, port: int) -> list[bytes]:
    return [
        _Request(f"/search?q={quote_plus(query)}", account=known.writers[place % WRITERS], client=place).bytes_for(port)
        for place, query in enumerate(_spread(known.queries))
    ]


def _similar(known: Known, port: int) -> list[bytes]:
    return [
        _Request(
            f"/ask/similar?title={quote_plus(title)}",
            account=known.writers[place % WRITERS],
            client=place,
            headers={"HX-Request": "true"},
        ).bytes_for(port)
        for place, title in enumerate(_spread(known.titles))
    ]


def _spread(words: Sequence[str]) -> list[str]:
    """Shuffled, the same in each run: the newest titles are not asked for in a row."""
    shuffled = list(words)
    random.Random(5).shuffle(shuffled)
    return shuffled


def _desk(path: str) -> Callable[[Known, int], list[bytes]]:
    def requests(known: Known, port: int) -> list[bytes]:
        return [_Request(path, account=one, client=one).bytes_for(port) for one in known.staff]

    return requests


BY_SCRIPT = {"HX-Request": "true"}


def votes(known: Known, count: int, skipped: int) -> list[tuple[int, int]]:
    """Who votes on which answer: each pair once, nobody on their own."""
    chosen, place = [], 0
    for number in itertools.count():
        writer = known.writers[number % len(known.writers)]
        answer, _thread = known.answers[(number * 7 + place) % len(known.answers)]
        place += number % len(known.writers) == 0
        if known.authors[answer] != writer:
            chosen.append((writer, answer))
        if len(chosen) == skipped + count:
            return chosen[skipped:]
    raise AssertionError("unreachable")


def _vote(count: int, skipped: int) -> Callable[[Known, int], list[bytes]]:
    def requests(known: Known, port: int) -> list[bytes]:
        return [
            _write(f"/answers/{answer}/vote", writer, {"value": 1}, BY_SCRIPT).bytes_for(port)
            for writer, answer in votes(known, count, skipped)
        ]

    return requests


def _answer(count: int, headers: dict[str, str], token: str) -> Callable[[Known, int], list[bytes]]:
    def requests(known: Known, port: int) -> list[bytes]:
        threads = sorted({thread for _answer, thread in known.answers})
        return [
            _write(
                f"/threads/{threads[number % len(threads)]}/answers",
                known.writers[number % len(known.writers)],
                {
                    "body": f"{known.titles[number % 400]} **Restart it**, then wait. {token}{number}",
                    "once": f"{token}{number}",
                },
                headers,
            ).bytes_for(port)
            for number in range(count)
        ]

    return requests


def _ask(count: int, token: str) -> Callable[[Known, int], list[bytes]]:
    def requests(known: Known, port: int) -> list[bytes]:
        return [
            _write(
                "/ask",
                known.writers[number % len(known.writers)],
                {
                    "title": f"{known.titles[number % 400][:100]} again {number}",
                    "body": f"{known.titles[(number + 7) % 400]}\n\n1. One\n2. Two\n\n{token}{number}",
                    "tags": f"{known.tag} {known.rare_tag}",
                    "kind": "question",
                    "space": "",
                    "environment": "",
                    "once": f"{token}{number}",
                },
                {},
            ).bytes_for(port)
            for number in range(count)
        ]

    return requests


def _write(path: str, account: int, fields: dict[str, object], headers: dict[str, str]) -> _Request:
    return _Request(path, "POST", account, account, headers, urlencode(fields).encode())


def scenes(writes: int) -> dict[str, Scene]:
    """All there are, by name; `writes` is how many requests a flood sends, twice as many as people send."""
    people = writes // 2
    there = [
        Scene("thread", _read(lambda known: known.thread, signed_in=False)),
        Scene("thread-in", _read(lambda known: known.thread, signed_in=True)),
        Scene("home", _read(lambda _known: "/", signed_in=True)),
        Scene("list", _read(lambda _known: "/threads", signed_in=True)),
        Scene("filters", _filters),
        Scene("tag", _read(lambda known: f"/tags/{quote_plus(known.tag)}", signed_in=True)),
        Scene("profile", _read(lambda known: f"/people/{known.profile}", signed_in=True)),
        Scene("search", _search, connections=1),
        Scene("similar", _similar, connections=1),
        Scene("desk", _desk("/desk")),
        Scene("tickets", _desk("/desk/tickets?state=all")),
        Scene("vote", _vote(people, 0), AT_ONCE, people, PAUSE),
        Scene("answer", _answer(people, {}, "answer-no-"), AT_ONCE, people, PAUSE, "answer-no-"),
        Scene("answer-by-script", _answer(people, BY_SCRIPT, "script-no-"), AT_ONCE, people, PAUSE, "script-no-"),
        Scene("ask", _ask(people, "ask-no-"), AT_ONCE, people, PAUSE, "ask-no-"),
        Scene("vote-flood", _vote(writes, people), AT_ONCE, writes, skipped=people),
        Scene("answer-flood", _answer(writes, {}, "answer-flood-"), AT_ONCE, writes, token="answer-flood-"),
        Scene("ask-flood", _ask(writes, "ask-flood-"), AT_ONCE, writes, token="ask-flood-"),
    ]
    return {scene.name: scene for scene in there}
