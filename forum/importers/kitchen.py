"""Cooking beside the import, in as many processes as the machine has cores.

Each cook is a fresh interpreter at the other end of a socket. It ends when the socket
does, so an import that was killed, however rudely, leaves none behind; what a cook that
died was at is cooked here instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from socket import socketpair

from forum.importers.dishes import Dish, serve
from forum.markup import Cooked

WORTH_COOKS = 512 * 1024
"""How many bytes of posts there must be: less is sooner cooked here than a process is started."""
AT_ONCE = 25
"""How many texts a cook is given: enough that handing over costs little, few enough that no cook waits long."""
Served = Callable[[], list[Cooked | None]]


class Kitchen:
    """Takes orders of texts; `cooks` is how many processes cook, 0 for this one alone."""

    def __init__(self, cooks: int) -> None:
        self._cooks = [Cook() for _ in range(cooks)]
        self._free: SimpleQueue[Cook] = SimpleQueue()
        for cook in self._cooks:
            self._free.put(cook)
        self._threads = ThreadPoolExecutor(cooks, thread_name_prefix="kitchen") if cooks else None

    def order(self, dishes: Sequence[Dish]) -> Served:
        """Begin to cook; what comes back waits for the cooked texts, in the order of `dishes`."""
        if self._threads is None:
            cooked = serve(dishes)
            return lambda: cooked
        parts = [dishes[start : start + AT_ONCE] for start in range(0, len(dishes), AT_ONCE)]
        plates: list[Future[list[Cooked | None]]] = [self._threads.submit(self._cook, part) for part in parts]
        return lambda: [one for plate in plates for one in plate.result()]

    def close(self) -> None:
        """Send every cook home; orders that nobody waits for any more are dropped."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for cook in self._cooks:
            cook.leave()

    def _cook(self, dishes: Sequence[Dish]) -> list[Cooked | None]:
        cook = self._free.get()
        try:
            return cook.serve(dishes)
        finally:
            self._free.put(cook)


class Cook:
    """One process that cooks, from this side."""

    def __init__(self) -> None:
        ours, theirs = socketpair()
        with theirs:
            command = [sys.executable, "-m", "forum.importers.cook", str(theirs.fileno())]
            # In a group of its own: Ctrl-C is for the import alone, whose end is the cook's.
            self.process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, process_group=0
            )
        self._line: Connection | None = Connection(ours.detach())

    def serve(self, dishes: Sequence[Dish]) -> list[Cooked | None]:
        """The texts cooked there, or here when the cook is gone."""
        if self._line is not None:
            try:
                self._line.send(dishes)
                cooked: list[Cooked | None] | Exception = self._line.recv()
            except (EOFError, OSError):
                self._line = None
            else:
                if isinstance(cooked, Exception):
                    raise cooked
                return cooked
        return serve(dishes)

    def leave(self) -> None:
        if self._line is not None:
            self._line.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def kitchen(cooks: int) -> Iterator[Kitchen]:
    place = Kitchen(cooks)
    try:
        yield place
    finally:
        place.close()


def cooks_for(posts: Path) -> int:
    """A cook for each core that this process may use; none where there is only one, or little to cook."""
    cores = len(os.sched_getaffinity(0))
    return cores if cores > 1 and posts.stat().st_size >= WORTH_COOKS else 0
