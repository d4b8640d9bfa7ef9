"""One writer at a time, of all processes that write to one SQLite file."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from pathlib import Path
from threading import Lock, get_ident
from types import TracebackType

from sqlalchemy.exc import TimeoutError as Late

PATIENCE = 15.0
"""Seconds that a writer waits for the turn."""
LOOK = 0.0005
"""Seconds after which the one who is next looks again."""


class Turns:
    """Held by whoever writes; the next in line gets it as soon as it is free.

    SQLite lets a writer look again every few milliseconds, and then ever more seldom: of two busy processes
    one got in nearly every time, and some writes of the other waited for more than a second. Here there is one who
    is next, of all processes, and whoever had the turn gets behind them. What a process held that dies is free.
    Without a `database`, a file that others may write to, the turns are those of this process.
    """

    def __init__(self, database: str | None) -> None:
        self._database = database
        self._lock = Lock()
        self._turn = self._next = -1
        self._holder = 0

    def __enter__(self) -> None:
        """
        Raises:
            RuntimeError: this thread has the turn already, and would wait for itself.
            Late: others kept it for too long.
        """
        if self._holder == get_ident():
            raise RuntimeError("A write was begun within another.")
        end = time.monotonic() + PATIENCE
        if not self._lock.acquire(timeout=PATIENCE):
            raise _late()
        try:
            if self._database is not None:
                self._wait(self._database, end)
        except BaseException:
            self._lock.release()
            raise
        self._holder = get_ident()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder = 0
        try:
            if self._turn >= 0:
                fcntl.flock(self._turn, fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def _wait(self, database: str, end: float) -> None:
        if self._turn < 0:
            self._next, self._turn = _opened(f"{database}-next", database), _opened(f"{database}-turn", database)
        _hold(self._next, end)
        try:
            _hold(self._turn, end)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def close(self) -> None:
        for descriptor in (self._turn, self._next):
            if descriptor >= 0:
                os.close(descriptor)
        self._turn = self._next = -1


def _hold(descriptor: int, end: float) -> None:
    # Not by waiting in the system: nothing would end that while somebody who has it stands still.
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise _late() from None
            time.sleep(LOOK)
        else:
            return


def _late() -> Late:
    return Late("The turn to write did not come.")


def _opened(file: str, database: str) -> int:
    """A file beside the database. Made new, it gets its owner and mode: what root ran must not shut the server out."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise
        return descriptor
    if Path(database).exists():
        like = Path(database).stat()
        os.fchmod(descriptor, like.st_mode & 0o666)
        if os.geteuid() == 0:
            os.fchown(descriptor, like.st_uid, like.st_gid)
    return descriptor
