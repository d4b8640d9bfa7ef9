"""A load generator that costs little: ready requests over a few open connections, in a process of its own.

`python -m tests.bench.loading` reads a job and writes what happened, both pickled. Each
connection asks for the next request as soon as its last reply is whole.
"""

from __future__ import annotations

import heapq
import pickle
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

PATIENCE = 60.0
HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Job:
    """Requests in order, over and over for so many `seconds`, or each once where that is None.

    A connection pauses for `pause` seconds after each reply, and for some of that before its first request, so that
    they do not all ask at once. How long the first took is not counted: those of `warm_up` seconds, or `uncounted`
    ones.
    """

    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float | None = None
    warm_up: float = 0.0
    uncounted: int = 0
    pause: float = 0.0


@dataclass(slots=True)
class Outcome:
    """`answered` holds the place of each request that got a status below 400, where each is sent once.

    What was counted took `seconds`, all of it `lasted` longer, and asking took `cpu` of that from a core.
    """

    seconds: float = 0.0
    lasted: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    answered: list[int] = field(default_factory=list)
    replies: int = 0
    uncounted: int = 0
    broken: int = 0
    size: int = 0

    @property
    def a_second(self) -> float:
        return len(self.waits) / self.seconds if self.seconds else 0.0

    @property
    def load(self) -> float:
        """How much of a core the asking itself took."""
        return self.cpu / self.lasted if self.lasted else 0.0

    @property
    def failed(self) -> int:
        return self.broken + sum(count for status, count in self.statuses.items() if status >= 400)


class Connection:
    """One open connection and the reply that is on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.place, self.began = -1, 0.0
        self.status, self.size = 0, 0
        self._got, self._need = bytearray(), -1

    def ask(self, place: int, request: bytes) -> None:
        self.place, self._need, self._got = place, -1, bytearray()
        self.began = time.perf_counter()
        sent = self.socket.send(request)
        if sent < len(request):
            self.socket.setblocking(True)
            self.socket.sendall(request[sent:])
            self.socket.setblocking(False)

    def read(self) -> bool:
        """Whether the reply is whole by now.

        Raises:
            ConnectionError: it will never be.
        """
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("closed")
        self._got += data
        if self._need < 0 and (end := self._got.find(HEAD)) >= 0:
            head = bytes(self._got[:end]).lower()
            self.status = int(head[9:12])
            at = head.find(LENGTH)
            self.size = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._need = end + len(HEAD) + self.size
        return 0 <= self._need <= len(self._got)


class Turns:
    """The connections of a job, and when each asks next."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._places = _places(job)
        self._poll = selectors.DefaultSelector()
        self._pausing: list[tuple[float, int, Connection]] = []
        self.asking = 0

    def begin(self, moment: float) -> None:
        count = self._job.connections
        for number in range(count if self._job.seconds is not None else min(count, len(self._job.requests))):
            connection = Connection(self._job.port)
            self._poll.register(connection.socket, selectors.EVENT_READ, connection)
            self.asking += 1
            self._pause(connection, moment + self._job.pause * number / count)
        self.go_on(moment)

    def replied(self, connection: Connection, moment: float) -> None:
        if self._job.pause:
            self._pause(connection, moment + self._job.pause)
        else:
            self._ask(connection)

    def go_on(self, moment: float) -> None:
        """Let those ask who have paused long enough."""
        while self._pausing and self._pausing[0][0] <= moment:
            self._ask(heapq.heappop(self._pausing)[2])

    def wait(self) -> list[Connection] | None:
        """Those of whom something was heard; None when nobody says anything any more."""
        pause = max(0.0, self._pausing[0][0] - time.perf_counter()) if self._pausing else PATIENCE
        ready = self._poll.select(pause)
        return [key.data for key, _events in ready] if ready or self._pausing else None

    def leave(self, connection: Connection) -> None:
        self.asking -= 1
        self._poll.unregister(connection.socket)
        connection.socket.close()

    def _pause(self, connection: Connection, until: float) -> None:
        heapq.heappush(self._pausing, (until, id(connection), connection))

    def _ask(self, connection: Connection) -> None:
        place = next(self._places, None)
        if place is None:
            self.leave(connection)
        else:
            connection.ask(place, self._job.requests[place])


def run(job: Job) -> Outcome:
    """Do a job, here and now."""
    outcome, turns = Outcome(), Turns(job)
    began = time.perf_counter()
    counted_from, end = began + job.warm_up, None if job.seconds is None else began + job.warm_up + job.seconds
    turns.begin(began)
    cpu = time.process_time()
    while turns.asking:
        heard = turns.wait()
        if heard is None:
            outcome.broken += turns.asking
            break
        for connection in heard:
            try:
                if not connection.read():
                    continue
            except (ConnectionError, ValueError):
                outcome.broken += 1
                turns.leave(connection)
                continue
            moment = time.perf_counter()
            outcome.replies += 1
            if moment >= counted_from:
                _note(outcome, connection, moment)
                if outcome.uncounted < job.uncounted:
                    outcome.uncounted += 1
                    outcome.waits.clear()
                    counted_from = moment
            if end is not None and moment >= end:
                turns.leave(connection)
            else:
                turns.replied(connection, moment)
        turns.go_on(time.perf_counter())
    ended = time.perf_counter()
    outcome.seconds, outcome.lasted = ended - counted_from, ended - began
    outcome.cpu = time.process_time() - cpu
    return outcome


def _places(job: Job) -> Iterator[int]:
    count = len(job.requests)
    if job.seconds is None:
        yield from range(count)
        return
    place = 0
    while True:
        yield place
        place = (place + 1) % count


def _note(outcome: Outcome, connection: Connection, moment: float) -> None:
    outcome.waits.append(moment - connection.began)
    outcome.statuses[connection.status] += 1
    outcome.size = connection.size
    if connection.status < 400:
        outcome.answered.append(connection.place)


def send(job: Job) -> Outcome:
    """Do a job in a process of its own, which shares no interpreter with whoever waits for it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.loading"], input=pickle.dumps(job), stdout=subprocess.PIPE, check=True
    )
    outcome: Outcome = pickle.loads(done.stdout)
    return outcome
