"""Clients that never try twice: whatever goes wrong with one request is kept and fails the test."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

WRITERS = 4
THINK = 0.1  # so that the processes which start have something of the machine too


@dataclass
class Load:
    """What a crowd did; `acknowledged` are the texts of comments that the server said it has."""

    port: int
    host: str = "127.0.0.1"
    think: float = THINK
    requests: int = 0
    acknowledged: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: str, *, keep: bool, cookie: str = "") -> None:
        """Ask for a page again and again, over one connection or each time over a new one."""
        for client in self._connections(keep):
            self._ask(client, "GET", path, 200, {"Cookie": cookie} if cookie else {})

    def write(self, path: str, cookies: Sequence[str], name: str, *, keep: bool) -> None:
        """Comment again and again, each time with other words and as the next of these people."""
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        for number, client in enumerate(self._connections(keep)):
            words = f"I can say that too, as {name} for the time {number}."
            own = {"Cookie": cookies[number % len(cookies)]}
            if self._ask(client, "POST", path, 303, headers | own, urlencode({"body": words})):
                self.acknowledged.append(words)

    def _connections(self, keep: bool) -> Iterator[http.client.HTTPConnection]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self._stop.is_set():
            yield client
            if not keep:
                client.close()
            time.sleep(self.think)
        client.close()

    def _ask(
        self,
        client: http.client.HTTPConnection,
        method: str,
        path: str,
        expected: int,
        headers: dict[str, str],
        body: str | None = None,
    ) -> bool:
        try:
            client.request(method, path, body, {"Host": self.host} | headers)
            reply = client.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException) as error:
            client.close()
            return self._count(f"{method} {path}: {error!r}")
        well = reply.status == expected
        return self._count(None if well else f"{method} {path}: {reply.status} {content[:200]!r}")

    def _count(self, failure: str | None) -> bool:
        with self._lock:
            self.requests += 1
            if failure:
                self.failures.append(failure)
        return failure is None

    @contextmanager
    def running(self, *clients: threading.Thread) -> Iterator[Load]:
        for client in clients:
            client.start()
        try:
            yield self
        finally:
            self._stop.set()
            for client in clients:
                client.join(timeout=60)


def crowd(load: Load, page: str, comments: str, cookies: Sequence[str]) -> list[threading.Thread]:
    """Readers signed out and in, and writers, half of each over connections that stay open.

    The more people there are behind them, the longer they can go on: nobody may comment more than 120 times an hour.
    """
    clients = [threading.Thread(target=load.read, args=(page,), kwargs={"keep": keep}) for keep in (True, False)]
    for number in range(min(WRITERS, len(cookies))):
        keep, own = number % 2 == 0, cookies[number::WRITERS]
        clients.append(threading.Thread(target=load.read, args=(page,), kwargs={"keep": keep, "cookie": own[0]}))
        clients.append(
            threading.Thread(target=load.write, args=(comments, own, f"writer {number}"), kwargs={"keep": keep})
        )
    return clients
