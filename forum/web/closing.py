"""Whether this process has been told to end: what a stream that would go on for ever waits for."""

from __future__ import annotations

import asyncio
import threading


class Closing:
    """Set once, from any thread, when the process is told to end; awaited by streams in any event loop.

    An open stream keeps a process alive, so every one has to await `wait()` beside
    whatever else it waits for, and end when it returns.
    """

    def __init__(self) -> None:
        self._told = False
        self._lock = threading.Lock()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def told(self) -> bool:
        return self._told

    async def wait(self) -> None:
        """Return as soon as the process is told to end."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._told:
                return
            self._waiting.add(told)
        try:
            await told
        finally:
            with self._lock:
                self._waiting.discard(told)

    def tell(self) -> None:
        """Let every stream end, now and from now on."""
        with self._lock:
            self._told = True
            waiting = list(self._waiting)
        for one in waiting:
            loop = one.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_end, one)


def _end(one: asyncio.Future[None]) -> None:
    if not one.done():
        one.set_result(None)
