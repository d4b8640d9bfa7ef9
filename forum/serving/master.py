"""The process that listens, keeps the others running, and replaces them one by one on SIGHUP.

It holds the sockets from first to last and answers nothing itself. A process that dies is
replaced at once, and meanwhile new clients come to the others; what they had sent is not touched
by that, and what waits to be accepted is answered by the successor. Whatever new processes run is
read anew from disk, so SIGHUP brings a new release in; when the new one does not start, the old
ones stay.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Generator, Iterator, Sequence

import structlog

from forum.serving.children import Child, Lifeline, Web
from forum.serving.listener import steer, words
from forum.serving.web import REPLACED, STOPPED

log = structlog.get_logger()
START_WITHIN = 60.0
STOP_WITHIN = 10.0
RETIRE_WITHIN = 30.0  # a slow upload to the old release may still end
FAILED_STARTS = 5
HEALTHY_AFTER = 5.0
TICK = 0.5


class Master:
    """One web process for each of `listeners`; `worker` says whether a job worker is kept running beside them."""

    def __init__(self, listeners: Sequence[socket.socket], *, worker: bool) -> None:
        self.listeners = listeners
        self.lifeline = Lifeline()
        self.slots: list[Web | None] = [None] * len(listeners)
        self.answering: list[int] = []
        self.jobs: Child | None = None
        self.worker = worker
        self.leaving: list[Child] = []
        self.coming: Child | None = None
        self.renewal: Iterator[bool] | None = None
        self.renew_again = False
        self.failed_starts = 0
        self.jobs_at = 0.0
        self.status: int | None = None
        self.on_terminal = os.isatty(0)

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        with _Signals() as signals:
            self._fill()
            log.info("listening", at=words(self.listeners[0]), processes=len(self.slots), pid=os.getpid())
            while self.status is None:
                for number in signals.within(0.05 if self.renewal else TICK):
                    self._hear(number)
                self._look_after()
            self._stop(signals)
        return self.status

    def _hear(self, number: int) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self.status = 0
        elif number == signal.SIGHUP:
            if self.on_terminal and not os.isatty(0):
                self.status = 0  # the window was closed, and nobody could press Ctrl-C any more
            elif self.renewal:
                self.renew_again = True
            else:
                self.renewal = self._renew()

    def _look_after(self) -> None:
        """Replace what died, kill what was told to end and did not, go on with a renewal."""
        self._bury()
        for slot, web in enumerate(self.slots):
            if web is not None and web.status is not None:
                self._mourn(web)
                self.slots[slot] = None
            elif web is not None and web.became_ready():
                self.failed_starts = 0
        if self.failed_starts >= FAILED_STARTS:
            log.error("no web process starts; giving up")
            self.status = 1
        elif self.status is None:
            self._fill()
            self._go_on()
            self._steer()

    def _steer(self) -> None:
        """Let nobody new wait at a socket whose process is gone or not there yet."""
        answering = [place for place, web in enumerate(self.slots) if web and web.listening and web.status is None]
        if answering and answering != self.answering and len(set(self.listeners)) > 1:
            steer(self.listeners, answering)
        self.answering = answering

    def _mourn(self, web: Web) -> None:
        log.error("a web process ended unasked", process=web.name, pid=web.pid, status=web.status)
        self.failed_starts += not web.listening
        web.forget()

    def _fill(self) -> None:
        for slot, web in enumerate(self.slots):
            if web is None:
                self.slots[slot] = Web(slot, self.listeners[slot], self.lifeline)
        if not self.worker:
            return
        if self.jobs is not None and self.jobs.status is not None:
            if self.jobs.kill_at is None:
                log.error("the job worker ended unasked", pid=self.jobs.pid, status=self.jobs.status)
                self.jobs_at = time.monotonic() + (0 if self.jobs.age > HEALTHY_AFTER else HEALTHY_AFTER)
            self.jobs = None
        if self.jobs is None and time.monotonic() >= self.jobs_at:
            end = self.lifeline.child_end
            self.jobs = Child("job worker", ["worker", "--lifeline", str(end)], (end,))

    def _bury(self) -> None:
        for child in [*self.leaving, *([self.jobs] if self.jobs else [])]:
            if child.status is None and child.kill_at is not None and time.monotonic() > child.kill_at:
                log.warning("killed: it did not end in time", process=child.name, pid=child.pid)
                child.kill()
        ended = [child for child in self.leaving if child.status is not None]
        self.leaving = [child for child in self.leaving if child not in ended]
        for child in ended:
            if isinstance(child, Web):
                child.forget()

    def _go_on(self) -> None:
        if self.renewal is not None and not next(self.renewal, False):
            self.renewal = self._renew() if self.renew_again else None
            self.renew_again = False

    def _renew(self) -> Iterator[bool]:
        """Migrate, replace each web process once its successor answers, then the job worker; yields while it waits."""
        log.info("replacing every process")
        if not (yield from self._migrate()):
            log.error("the database was not migrated; the running release stays")
            return
        for slot in range(len(self.slots)):
            if not (yield from self._replace(slot)):
                log.error("the new web process did not start; the running release stays")
                return
        if self.jobs is not None:
            self.jobs.tell(STOPPED, patience=RETIRE_WITHIN)
        log.info("every process is new")

    def _migrate(self) -> Generator[bool, None, bool]:
        self.coming = child = Child("migration", ["migrate", "--quiet"])
        while child.status is None:
            yield True
        self.coming = None
        return child.status == 0

    def _replace(self, slot: int) -> Generator[bool, None, bool]:
        self.coming = successor = Web(slot, self.listeners[slot], self.lifeline)
        while not successor.became_ready():
            if successor.status is not None or successor.age > START_WITHIN:
                successor.kill()
                self.leaving.append(successor)
                self.coming = None
                return False
            yield True
        self.coming = None
        if (old := self.slots[slot]) is not None:
            old.tell(REPLACED, patience=RETIRE_WITHIN)
            self.leaving.append(old)
        self.slots[slot] = successor
        return True

    def _stop(self, signals: _Signals) -> None:
        """Let requests that are under way end, and refuse new ones from now on; a second signal ends the patience."""
        for listener in self.listeners:
            listener.close()
        if self.jobs is not None:
            self.jobs.tell(STOPPED, patience=RETIRE_WITHIN)
        for child in (*self.leaving, *self.slots, self.coming):
            if child is not None:
                child.tell(STOPPED, patience=STOP_WITHIN)
        self.leaving += [child for child in (*self.slots, self.coming, self.jobs) if child is not None]
        self.jobs = None
        while self.leaving:
            if {signal.SIGTERM, signal.SIGINT} & set(signals.within(0.1)):
                for child in self.leaving:
                    child.kill()
            self._bury()
        log.info("stopped")


class _Signals:
    """Signals as something to wait for, rather than something that interrupts."""

    HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

    def __enter__(self) -> _Signals:
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        signal.set_wakeup_fd(self._there.fileno(), warn_on_full_buffer=False)
        for number in self.HEARD:
            signal.signal(number, lambda *_: None)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._here, selectors.EVENT_READ)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._here.close()
        self._there.close()

    def within(self, seconds: float) -> bytes:
        """The numbers of what came, waiting as long as nothing does."""
        return self._here.recv(4096) if self._selector.select(seconds) else b""
