"""What reading leaves behind: counts kept in memory and written every ten seconds, so that a GET writes nothing.

A crash loses what the buffer holds, and nothing else.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

import structlog
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.db import Database

log = structlog.get_logger()
EVERY = 10.0
MOST = 10_000
ROBOT = re.compile(r"bot|crawl|spider|slurp|preview|fetch|monitor|curl|wget|python|headless", re.IGNORECASE)

Writer = Callable[[Session, Mapping[int, int]], None]


def reads(method: str, purpose: str, agent: str) -> bool:
    """Whether somebody reads what they ask for, by the method and the headers Sec-Purpose and User-Agent."""
    return method == "GET" and not purpose.startswith("prefetch") and not _is_robot(agent)


@lru_cache(maxsize=1024)
def _is_robot(agent: str) -> bool:
    return ROBOT.search(agent) is not None


class Telemetry:
    """A bounded buffer of counts by kind and id, written by whoever knows the kind."""

    def __init__(self) -> None:
        self._writers: dict[str, Writer] = {}
        self._counts: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def writes(self, kind: str, writer: Writer) -> None:
        self._writers[kind] = writer

    def note(self, kind: str, key: int, request: Request) -> None:
        """Count one, unless a robot or a prefetch asked; what no longer fits is not counted."""
        asked = request.headers
        if reads(request.method, asked.get("sec-purpose", ""), asked.get("user-agent", "")):
            self.mark(kind, key)

    def mark(self, kind: str, key: int) -> None:
        """Count one, whoever asked."""
        with self._lock:
            if len(self._counts) < MOST or (kind, key) in self._counts:
                self._counts[kind, key] += 1

    def flush(self, database: Database) -> None:
        """Write what was counted so far; what could not be written is lost."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        for kind, writer in self._writers.items():
            counts = {key: count for (of, key), count in sorted(taken.items()) if of == kind}
            if counts:
                database.write(lambda session, writer=writer, counts=counts: writer(session, counts))  # type: ignore[misc]

    def start(self, database: Database) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(database,), name="telemetry", daemon=True)
        self._thread.start()

    def stop(self, database: Database) -> None:
        """Stop, with a last write."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        self._safely_flush(database)

    def _run(self, database: Database) -> None:
        while not self._stop.wait(EVERY):
            self._safely_flush(database)

    def _safely_flush(self, database: Database) -> None:
        try:
            self.flush(database)
        except Exception as error:  # whatever the driver raises, counting views must not end
            log.warning("view counts were lost", error=str(error))
