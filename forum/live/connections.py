"""Open connections, what each of them shows, and which of them a change concerns."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from starlette.requests import Request

from forum.changes import Moved
from forum.changes.models import EVERYTHING
from forum.live.subjects import Subject


class Connection:
    """One browser's stream.

    `told` holds how each subject stood when it was last told of, `waiting` what is yet to be sent, only the
    latest of each: whoever reads slowly misses steps, not their outcome. `pending` are subjects that may have moved.
    """

    __slots__ = ("account_id", "ended", "pending", "request", "subjects", "told", "topics", "waiting", "wake", "who")

    def __init__(self, request: Request, subjects: tuple[Subject, ...], who: str, account_id: int | None) -> None:
        self.request = request
        self.subjects = subjects
        self.who = who
        self.account_id = account_id
        self.pending = set(subjects)
        self.told: dict[Subject, str] = {}
        self.waiting: dict[Subject, str] = {}
        self.topics: dict[Subject, Moved] = {}
        self.wake = asyncio.Event()
        self.ended = False

    @property
    def token(self) -> str:
        """What they are known by, if they are signed in."""
        token: str | None = self.request.state.session_token
        return token or ""

    def tell(self, subject: Subject, text: str) -> None:
        """Send how a subject stands, as JSON, unless that is what they know."""
        if self.told.get(subject) != text:
            self.told[subject] = self.waiting[subject] = text
            self.wake.set()

    def end(self) -> None:
        self.ended = True
        self.waiting.clear()
        self.wake.set()

    async def next_message(self, patience: float) -> str | None:
        """What to send next, as JSON, with the server's clock, by which to read moments in it; None for nothing."""
        if not self.wake.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self.wake.wait()
        self.wake.clear()
        if not self.waiting:
            return None
        facts = ",".join(f"{json.dumps(subject.name)}:{text}" for subject, text in self.waiting.items())
        self.waiting.clear()
        return f'{{"at":{int(time.time())},"facts":{{{facts}}}}}'


class Connections(set[Connection]):
    """All that are open, found by what they show."""

    def __init__(self) -> None:
        super().__init__()
        self._by_topic: dict[tuple[str, int | None], set[tuple[Connection, Subject]]] = defaultdict(set)

    def shows(self, connection: Connection, subject: Subject, topics: Moved) -> bool:
        """Say what moves a subject of a connection; whether that is news."""
        if connection.topics.get(subject) == topics:
            return False
        self._unlist(connection, subject)
        connection.topics[subject] = topics
        for topic in topics:
            self._by_topic[topic].add((connection, subject))
        return True

    def touched(self, moved: Moved) -> Iterable[tuple[Connection, Subject]]:
        """Whom a change concerns, and what of theirs; perhaps more than once."""
        if (EVERYTHING, None) in moved:
            return [(connection, subject) for connection in self for subject in connection.subjects]
        topics = moved | {(noun, None) for noun, _key in moved}
        return [pair for topic in topics for pair in self._by_topic.get(topic, ())]

    def forget(self, connection: Connection) -> None:
        self.discard(connection)
        for subject in connection.subjects:
            self._unlist(connection, subject)

    def _unlist(self, connection: Connection, subject: Subject) -> None:
        for topic in connection.topics.pop(subject, ()):
            pairs = self._by_topic[topic]
            pairs.discard((connection, subject))
            if not pairs:
                del self._by_topic[topic]
