"""Pages that many people see alike, kept and given out while nothing on them has moved."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

from anyio import Lock
from starlette.responses import Response

from forum.changes import Watch
from forum.changes.reads import Read

LIFETIME = 60.0
"""Seconds after which a page is made anew even when nothing was written: a lock lapses, a week begins."""
OVERHEAD = 2_000
LEVEL = 6

RawHeaders = list[tuple[bytes, bytes]]


class PageKey(NamedTuple):
    """All that a shared page may depend on, beside what it reads from the database."""

    path: str
    query: bytes
    locale: str
    theme: str


@dataclass(slots=True)
class Kept:
    """One page as it is sent: plain, packed, and as the short reply to who has it already.

    `tick` is how far changes were known before it was read, `reads` what it read. `seen` is what its
    readers are counted under, if they are.
    """

    tick: int
    reads: frozenset[Read]
    body: bytes
    packed: bytes
    etag: bytes
    plain_head: RawHeaders
    packed_head: RawHeaders
    short_head: RawHeaders
    seen: tuple[str, int] | None
    made: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed) + OVERHEAD + 100 * len(self.reads)


def keepable(
    response: Response,
    headers: Mapping[str, str],
    *,
    tick: int,
    reads: Iterable[Read],
    seen: tuple[str, int] | None,
) -> Kept:
    """Make a page ready to be given out many times; `headers` are those that every reply has."""
    body = bytes(response.body)
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    response.headers["ETag"] = etag
    common = {**headers, **response.headers}
    common.pop("content-length", None)
    common["vary"] = _with_encoding(common.get("vary", ""))
    head = raw_headers(common)
    packed = gzip.compress(body, LEVEL, mtime=0)
    return Kept(
        tick=tick,
        reads=frozenset(reads),
        body=body,
        packed=packed,
        etag=etag.encode(),
        plain_head=[*head, (b"content-length", str(len(body)).encode())],
        packed_head=[*head, (b"content-encoding", b"gzip"), (b"content-length", str(len(packed)).encode())],
        short_head=[one for one in head if one[0] != b"content-type"],
        seen=seen,
    )


def raw_headers(headers: Mapping[str, str]) -> RawHeaders:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _with_encoding(vary: str) -> str:
    return f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"


class Page(Protocol):
    """What can be kept: `tick` is how far changes were known before it was read, `reads` what it read."""

    tick: int

    @property
    def reads(self) -> frozenset[Read]: ...
    @property
    def made(self) -> float: ...
    @property
    def size(self) -> int: ...


P = TypeVar("P", bound=Page)


class PageCache:
    """At most so many bytes of pages, the longest unused dropped first.

    A key is all that a page may depend on, beside what it reads, and of a type of its own for each kind of page.
    Whoever asks from another thread than the event loop's had the watch caught up there first.
    """

    def __init__(self, watch: Watch, most_bytes: int) -> None:
        self.hits = self.misses = self.evictions = self.stale = self.bytes = 0
        self._watch = watch
        self._most = most_bytes
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[PageKey, tuple[Lock, int]] = {}

    def __len__(self) -> int:
        return len(self._pages)

    @asynccontextmanager
    async def turn(self, key: PageKey) -> AsyncIterator[None]:
        """Held by one at a time for each page: the others wait, and look again whether it is there now."""
        lock, waiting = self._turns.get(key) or (Lock(), 0)
        self._turns[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns.pop(key)
            if waiting > 1:
                self._turns[key] = lock, waiting - 1

    def find(self, key: Hashable, kind: type[P]) -> P | None:
        """The page, unless something it shows moved as far as is known: catch up with the changes first."""
        with self._lock:
            page = self._pages.get(key)
            if not isinstance(page, kind):
                return None
            known = self._watch.tick
            if page.tick != known:
                if self._watch.moved_since(page.tick, page.reads):
                    self._drop(key)
                    return None
                page.tick = known
            if time.monotonic() - page.made > LIFETIME:
                self._drop(key)
                return None
            self._pages.move_to_end(key)
            return page

    def keep(self, key: Hashable, page: Page) -> None:
        """Keep a page, unless what it shows moved while it was made or it alone would fill an eighth of the room."""
        if page.size > self._most // 8 or self._watch.moved_since(page.tick, page.reads):
            return
        with self._lock:
            if (old := self._pages.pop(key, None)) is not None:
                self.bytes -= old.size
            self._pages[key] = page
            self.bytes += page.size
            while self.bytes > self._most:
                _key, dropped = self._pages.popitem(last=False)
                self.bytes -= dropped.size
                self.evictions += 1

    def _drop(self, key: Hashable) -> None:
        self.bytes -= self._pages.pop(key).size
        self.stale += 1


def is_had(have: str, etag: bytes) -> bool:
    """Whether the reader has this very page already, by the value of If-None-Match (RFC 9110, 13.1.2)."""
    return have.strip() == "*" or etag.decode().removeprefix("W/") in {
        one.strip().removeprefix("W/") for one in have.split(",")
    }
