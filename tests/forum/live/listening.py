"""The application in a loop of its own, and browsers that listen to it: streams as they arrive, event by event."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette

from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.db import Database

PATIENCE = 10.0


def sign_in(database: Database, account: Account) -> str:
    """The cookie of a session that was just begun."""
    token, expires = secrets.token_urlsafe(32), now() + timedelta(days=1)
    with database.writing() as session:
        session.add(AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=expires))
    return token


class Listener:
    """One open stream. `facts` is what its page would know by now, `text` all that was ever sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.events: list[tuple[float, dict[str, Any]]] = []
        self.facts: dict[str, Any] = {}
        self.ended = threading.Event()
        self.task: Future[None] | None = None
        self._moved = threading.Condition()

    def until(self, holds: Callable[[dict[str, Any]], Any], patience: float = PATIENCE) -> dict[str, Any]:
        """What is known once something holds of it."""
        with self._moved:
            assert self._moved.wait_for(lambda: holds(self.facts), patience), f"It only heard {self.facts}."
            return dict(self.facts)

    def heard(self, name: str) -> Any:
        """The first that is told of a subject."""
        return self.until(lambda facts: name in facts)[name]

    def hears_nothing(self, seconds: float = 1.5) -> bool:
        before = len(self.events)
        time.sleep(seconds)
        return len(self.events) == before

    def ends(self, patience: float = PATIENCE) -> bool:
        return self.ended.wait(patience)

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            with self._moved:
                self.status = message["status"]
                self._moved.notify_all()
            return
        piece = message.get("body", b"").decode()
        self.text += piece
        for line in piece.splitlines():
            if line.startswith("data:"):
                self._hear(json.loads(line.removeprefix("data:")))

    def _hear(self, event: dict[str, Any]) -> None:
        with self._moved:
            self.events.append((time.monotonic(), event))
            self.facts.update(event["facts"])
            self._moved.notify_all()

    def answered(self) -> int:
        """The status, once there is one."""
        with self._moved:
            assert self._moved.wait_for(lambda: self.status, PATIENCE)
            return self.status


class Air:
    """Where listeners listen: the application, alive."""

    def __init__(self, app: Starlette, loop: asyncio.AbstractEventLoop) -> None:
        self.app, self.loop = app, loop
        self._streams: list[Listener] = []

    def listen(self, query: str, token: str | None = None, *, address: str = "192.0.2.1") -> Listener:
        """Open a stream; its first answer is not waited for."""
        listener = Listener()
        listener.task = asyncio.run_coroutine_threadsafe(self._stream(listener, query, token, address), self.loop)
        self._streams.append(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Go away, as a closed browser does."""
        assert listener.task is not None
        self.loop.call_soon_threadsafe(listener.gone.set)  # type: ignore[attr-defined]
        assert listener.ends()

    async def _stream(self, listener: Listener, query: str, token: str | None, address: str) -> None:
        listener.gone = gone = asyncio.Event()  # type: ignore[attr-defined]
        asked = False
        headers = [(b"host", b"testserver"), (b"accept", b"text/event-stream")]
        if token is not None:
            headers.append((b"cookie", f"session={token}".encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/live",
            "raw_path": b"/live",
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "client": (address, 50000),
            "server": ("testserver", 80),
            "state": {},
        }

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            listener.take(message)

        try:
            await self.app(scope, receive, send)  # type: ignore[arg-type]
        finally:
            listener.ended.set()

    def hush(self) -> None:
        for listener in self._streams:
            if not listener.ended.is_set():
                self.leave(listener)


@contextmanager
def on_air(app: Starlette) -> Iterator[Air]:
    """The application, started as a server starts it, until the block ends."""
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    assert ready.wait(PATIENCE)
    air = Air(app, loop)
    try:
        yield air
        air.hush()
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()
