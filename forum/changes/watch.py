"""One process's knowledge of what moved, and how it keeps up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

import structlog

from forum.changes.models import EVERYTHING
from forum.changes.postgresql import PostgresFeed
from forum.changes.reads import Read
from forum.changes.sqlite import SqliteFeed
from forum.db import Database

Moved = frozenset[Read]
"""What moved at once: (table, key) pairs; ("*", None) stands for anything at all."""
Listener = Callable[[Moved], None]

log = structlog.get_logger()
MOST = 50_000
RETRY = 1.0


class Behind(Exception):
    """It is not known what moved lately: nothing that was kept may be used."""


class Feed(Protocol):
    """Where news of changes come from.

    `every` is how often, in seconds, to look without being told. `barrier` returns once all that was
    committed before it was called has been handed on. Any exception from it means that news were lost.
    """

    every: float

    async def open(self, tell: Callable[[Iterable[Read]], None], wake: Callable[[], None]) -> None: ...
    async def barrier(self) -> None: ...
    def close(self) -> None: ...


class Watch:
    """Keeps, for each table and row, when it last moved; it hears of that in the thread of one event loop.

    `tick` counts what was heard of. Somebody who notes `await caught_up()` before reading, and keeps
    what was made of it, can ask `moved_since` later, from any thread, whether it still stands.
    """

    def __init__(self, feed: Feed) -> None:
        self.tick = 0
        self._feed = feed
        self._last: dict[Read, int] = {}
        self._floor = 0
        self._listeners: list[Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._open = False

    async def caught_up(self) -> int:
        """The count of changes, once all that was committed before this call is among them.

        Raises:
            Behind: nobody can tell, for the watch does not run here or its feed broke.
        """
        if not self._open or asyncio.get_running_loop() is not self._loop:
            raise Behind
        try:
            await self._feed.barrier()
        except Exception as error:
            self._lose(error)
            raise Behind from error
        return self.tick

    def moved_since(self, tick: int, reads: Iterable[Read]) -> bool:
        """Whether any of what was read moved after the count stood at `tick`."""
        return self._floor > tick or any(self._last.get(read, 0) > tick for read in reads)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call back in the loop's thread with what moved; the result ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wake(self) -> None:
        """Look for news now rather than at the next turn; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Keep up until cancelled, opening the feed again whenever it breaks."""
        self._loop, self._woken = asyncio.get_running_loop(), asyncio.Event()
        try:
            while True:
                pause = RETRY
                with suppress(Exception):  # told of where it happened, and tried again
                    await self._keep_up()
                    pause = self._feed.every
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # wait_for would now and then swallow a cancellation
                        await self._woken.wait()
                self._woken.clear()
        finally:
            self._open, self._loop = False, None
            self._feed.close()

    async def _keep_up(self) -> None:
        if self._open:
            await self.caught_up()
            return
        await self._feed.open(self._hear, self._woken.set)
        self._open = True
        self._hear([(EVERYTHING, None)])

    def _lose(self, error: Exception) -> None:
        if self._open:
            log.warning("lost sight of changes; trying again", error=repr(error))
        self._open = False
        self._feed.close()

    def _hear(self, news: Iterable[Read]) -> None:
        moved = frozenset(news)
        if not moved:
            return
        tick = self.tick + 1
        if (EVERYTHING, None) in moved or len(self._last) > MOST:
            self._floor = tick
            self._last.clear()
        for noun, key in moved:
            self._last[noun, None] = tick
            self._last[noun, key] = tick
        self.tick = tick  # last, for who asks meanwhile from another thread: what is said to be known is
        for listener in tuple(self._listeners):
            listener(moved)


def build_watch(database: Database, listen_url: str | None = None) -> Watch:
    """The watch of one process; `listen_url` leads to PostgreSQL itself where a pooler stands before it."""
    if database.dialect == "sqlite":
        return Watch(SqliteFeed(database.url))
    return Watch(PostgresFeed(listen_url or database.url))
