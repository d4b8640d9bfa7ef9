"""The reply that /live gives: events until the browser goes away or the process does."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from forum.live.connections import Connection
from forum.live.hub import Live

HEARTBEAT = 20.0
"""Seconds after which something is said in any case, or proxies take the connection for dead."""
SEND_TIMEOUT = 30.0
SILENT = b":\n\n"
MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Stream(Response):
    """One browser's events. However it ends, the connection is left."""

    media_type = MEDIA_TYPE

    def __init__(self, live: Live, connection: Connection) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["Content-Length"]
        self._live, self._connection = live, connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._notice(receive))
        try:
            await _send(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            with suppress(OSError, TimeoutError):  # they left, or no longer read
                await self._tell(send)
        finally:
            watching.cancel()
            self._live.leave(self._connection)

    async def _notice(self, receive: Receive) -> None:
        """Be there when the browser goes away."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._connection.end()

    async def _tell(self, send: Send) -> None:
        piece = SILENT  # at once, so that it is known to stand
        while not self._connection.ended:
            await _send(send, {"type": "http.response.body", "body": piece, "more_body": True})
            message = await self._connection.next_message(HEARTBEAT)
            piece = SILENT if message is None else b"event: moved\ndata: %b\n\n" % message.encode()
        await _send(send, {"type": "http.response.body", "body": b"", "more_body": False})


async def _send(send: Send, message: Message) -> None:
    async with asyncio.timeout(SEND_TIMEOUT):
        await send(message)
