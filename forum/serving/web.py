"""One process that answers requests, from its first to its last.

It answers on a socket that it was given. Told to end, it first accepts nothing more and
tells clients so (`Connection: close` on what it still answers), and only when they have
been quiet for a moment does it close their connections: closed at once, a connection that
a client is just about to use again would cost it a request.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from typing import Any, NoReturn, cast

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forum.serving.listener import BACKLOG, stop_listening
from forum.web.closing import Closing

STOPPED, REPLACED = signal.SIGTERM, signal.SIGHUP
QUIET = {STOPPED: 0.25, REPLACED: 2.0}
"""Seconds without a request after which no client is about to send another on a connection that it has.

A server that stops is waited for; a process that was replaced has time.
"""
LONGEST = {STOPPED: 3.0, REPLACED: 10.0}
"""Seconds after which clients have had time enough to hear of it."""


def serve(app: ASGIApp, closing: Closing, *, listener: int, lifeline: int, ready: int) -> None:
    """Answer on an inherited socket until told to end, or until the other end of `lifeline` is gone.

    `ready` is a pipe: a byte is written to it once requests can be answered.
    """
    asyncio.run(_serve(app, closing, socket.socket(fileno=listener), lifeline, ready))


def leave(status: int = 0) -> NoReturn:
    """End this process, in which nothing is left to do.

    The interpreter is not taken down: a thread of Granian's that still lets go of its last
    request would be caught in that, and abort; and everything that was ever imported would be
    let go of piece by piece, which takes longer than all the rest of stopping.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


async def _serve(app: ASGIApp, closing: Closing, listener: socket.socket, lifeline: int, ready: int) -> None:
    traffic = Traffic(app, closing, ready)
    server = _Server(traffic, listener)
    farewell = _Farewell(server, traffic)

    def end(why: signal.Signals) -> None:
        if not closing.told:
            stop_listening(listener)
            closing.tell()
        farewell.hurry(why)

    def orphaned() -> None:
        loop.remove_reader(lifeline)
        end(STOPPED)

    loop = asyncio.get_running_loop()
    for number in (STOPPED, REPLACED):
        loop.add_signal_handler(number, end, number)
    loop.add_signal_handler(signal.SIGINT, end, STOPPED)
    loop.add_reader(lifeline, orphaned)
    await server.serve()


class _Farewell:
    """The time between the word to end and the end; a second word can only shorten it."""

    def __init__(self, server: _Server, traffic: Traffic) -> None:
        self.server = server
        self.traffic = traffic
        self.why = REPLACED
        self.task: asyncio.Task[None] | None = None

    def hurry(self, why: signal.Signals) -> None:
        if why == STOPPED:
            self.why = STOPPED
        if self.task is None:
            self.traffic.note()
            self.task = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        began = time.monotonic()
        while self.traffic.quiet_for() < QUIET[self.why] and time.monotonic() - began < LONGEST[self.why]:
            await asyncio.sleep(0.05)
        self.server.end()


class Traffic:
    """Notes when requests come, says once when the application is ready, and tells clients when it ends."""

    def __init__(self, app: ASGIApp, closing: Closing, ready: int) -> None:
        self.app = app
        self.closing = closing
        self.ready = ready
        self._last = 0.0

    def note(self) -> None:
        self._last = time.monotonic()

    def quiet_for(self) -> float:
        """Seconds since a request came or was answered."""
        return time.monotonic() - self._last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, self._announcing(send))
            return
        self.note()
        last = self.closing.told and scope["type"] == "http" and scope["http_version"] in {"1.0", "1.1", "1"}
        try:
            await self.app(scope, receive, _saying_farewell(send) if last else send)
        finally:
            self.note()

    def _announcing(self, send: Send) -> Send:
        async def announcing(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                os.write(self.ready, b"1")
                os.close(self.ready)

        return announcing


def _saying_farewell(send: Send) -> Send:
    async def saying(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await send(message)

    return saying


class _Server(Server):
    """Granian in this process's own loop, on a socket that it neither makes nor shares out."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        super().__init__(app, interface=Interfaces.ASGI, backlog=BACKLOG, log_level=LogLevels.error)
        self.listener = listener

    def end(self) -> None:
        self.interrupt_signal = True
        self.main_loop_interrupt.set()

    def _init_shared_socket(self) -> None:
        holder = cast(Any, SocketHolder)  # Granian's stub leaves out what it is made of
        self._ssp = None
        self._shd = holder(self.listener.fileno(), self.listener.family == socket.AF_UNIX, BACKLOG)
