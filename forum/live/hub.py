"""Tells open pages what moved: whom a change concerns, and what each of them may know of it now."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor
from forum.changes import Moved, Watch
from forum.db import Database
from forum.live.connections import Connection, Connections
from forum.live.doors import Doors, Full
from forum.live.subjects import Kinds, Subject
from forum.web.closing import Closing

log = structlog.get_logger()
GATHER = 0.05
PAUSE = 0.5
RETRY = 2.0
SLICE = 200
"""How many people one turn in a reading thread serves: pages take theirs in between."""

T = TypeVar("T")
Greet = Callable[[Session, Request], Actor | None]
LoadActors = Callable[[Session, Iterable[str]], Mapping[str, Actor]]
Told = Mapping[Subject, tuple[str | None, Moved]]
"""How subjects stand, as JSON or not at all, and what moves them."""


class Live:
    """The live connections of one process; all but the reading happens in the thread of its loop.

    Changes gather for a moment and are answered in rounds, half a second apart, however many they are. Whatever a
    round sends was read in it, by whom the reader is now: a session that ended, a role that was taken away, a
    post that was hidden meanwhile sends nothing.
    """

    def __init__(self, database: Database, watch: Watch, load_actors: LoadActors, kinds: Kinds) -> None:
        self.kinds = kinds
        self.doors = Doors()
        self.connections = Connections()
        self._database = database
        self._watch = watch
        self._load_actors = load_actors
        self._pending: set[Connection] = set()
        self._stirred = asyncio.Event()
        self._closed = True

    async def open(
        self, request: Request, subjects: tuple[Subject, ...], greet: Greet, readers: CapacityLimiter
    ) -> Connection:
        """Let a reader in, who is told at once how each subject stands; `leave` must follow.

        Raises:
            Full: there are as many as may be, or the process is about to end.
            TooMany: `greet` found that they come too often.
        """
        if self._closed:
            raise Full(503, 2)
        who, address, claims = self.doors.enter(), request.state.address, bool(request.state.session_token)
        try:
            if not claims:  # who brings no session is refused without a look into the database
                who = self.doors.become(who, address, None)
            actor = await to_thread.run_sync(self._greet, greet, request, limiter=readers)
            if claims:
                who = self.doors.become(who, address, actor.id if actor else None)
            if self._closed:
                raise Full(503, 2)
        except BaseException:
            self.doors.leave(who)
            raise
        connection = Connection(request, subjects, who, actor.id if actor else None)
        self.connections.add(connection)
        self._stir(connection)
        return connection

    def leave(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.forget(connection)
            self._pending.discard(connection)
            self.doors.leave(connection.who)

    def close(self) -> None:
        """End every stream and let nobody in any more."""
        self._closed = True
        for connection in self.connections:
            connection.end()

    async def run(self, readers: CapacityLimiter, closing: Closing) -> None:
        """Serve until cancelled; every stream ends once the process is told to."""
        self._stirred, self._closed = asyncio.Event(), False
        silence = self._watch.listen(self._hear)
        farewell = asyncio.create_task(closing.wait())
        farewell.add_done_callback(lambda _task: self.close())
        try:
            while True:
                await self._stirred.wait()
                await asyncio.sleep(GATHER)
                self._stirred.clear()
                await asyncio.sleep(PAUSE if await self._round(readers) else RETRY)
        finally:
            silence()
            farewell.cancel()
            self.close()

    def _hear(self, moved: Moved) -> None:
        for connection, subject in self.connections.touched(moved):
            connection.pending.add(subject)
            self._stir(connection)

    def _stir(self, connection: Connection) -> None:
        self._pending.add(connection)
        self._stirred.set()

    async def _round(self, readers: CapacityLimiter) -> bool:
        """Answer what is pending; what could not be read stays pending."""
        work = {connection: tuple(connection.pending) for connection in self._pending}
        self._pending = set()
        for connection in work:
            connection.pending = set()
        try:
            await self._answer(work, readers)
        except Exception as error:  # whatever the driver raises: pages wait, and reloading still works
            log.warning("live updates wait for the database", error=repr(error))
            for connection, subjects in work.items():
                if connection in self.connections:
                    connection.pending.update(subjects)
                    self._stir(connection)
            return False
        return True

    async def _answer(self, work: dict[Connection, tuple[Subject, ...]], readers: CapacityLimiter) -> None:
        tick = self._watch.tick
        visitors = {one: subjects for one, subjects in work.items() if one.account_id is None}
        people = [(one, subjects) for one, subjects in work.items() if one.account_id is not None]
        common = {subject for subjects in visitors.values() for subject in subjects}
        common.update(subject for _one, subjects in people for subject in subjects if self.kinds[subject.kind].public)
        public = await to_thread.run_sync(self._read_public, common, limiter=readers) if common else {}
        for connection, subjects in visitors.items():
            self._tell(connection, {subject: public[subject] for subject in subjects}, tick)
        for start in range(0, len(people), SLICE):
            some = people[start : start + SLICE]
            answers = await to_thread.run_sync(self._read_for, some, public, limiter=readers)
            for (connection, _subjects), told in zip(some, answers, strict=True):
                self._tell(connection, told, tick)

    def _tell(self, connection: Connection, told: Told | None, tick: int) -> None:
        if connection not in self.connections:
            return
        if told is None:
            connection.end()
            return
        for subject, (text, topics) in told.items():
            news = self.connections.shows(connection, subject, topics)
            if text is not None:
                connection.tell(subject, text)
            if news and self._watch.moved_since(tick, topics):  # while it was read, when nobody listened for it yet
                connection.pending.add(subject)
                self._stir(connection)

    def _greet(self, greet: Greet, request: Request) -> Actor | None:
        with self._database.reading() as session:
            return greet(session, request)

    def _read_public(self, subjects: Iterable[Subject]) -> Told:
        with self._database.reading() as session:
            return self._read(session, None, subjects)

    def _read_for(self, people: Sequence[tuple[Connection, tuple[Subject, ...]]], public: Told) -> list[Told | None]:
        """For each of some signed-in people what they may know; None for whom is no longer signed in."""
        with self._database.reading() as session:
            actors = self._load_actors(session, {one.token for one, _subjects in people})
            return [self._read_as(session, actors.get(one.token), one, subjects, public) for one, subjects in people]

    def _read_as(
        self,
        session: Session,
        actor: Actor | None,
        connection: Connection,
        subjects: Iterable[Subject],
        public: Told,
    ) -> Told | None:
        if actor is None or actor.id != connection.account_id:
            return None
        shared = {one: public[one] for one in subjects if one in public and public[one][0] is not None}
        shared = {one: told for one, told in shared.items() if self.kinds[one.kind].public}
        return {**shared, **self._read(session, actor, [one for one in subjects if one not in shared])}

    def _read(self, session: Session, actor: Actor | None, subjects: Iterable[Subject]) -> Told:
        keys: dict[str, list[str]] = defaultdict(list)
        for subject in subjects:
            keys[subject.kind].append(subject.key)
        told: dict[Subject, tuple[str | None, Moved]] = {}
        for kind, wanted in keys.items():
            for start in range(0, len(wanted), SLICE):
                for key, shown in self.kinds[kind].read(session, actor, wanted[start : start + SLICE]).items():
                    facts = None if shown.facts is None else json.dumps(shown.facts, separators=(",", ":"))
                    told[Subject(kind, key)] = (facts, shown.topics)
        return told
