"""How large a body may be. Starlette's own limit answers in plain text, whatever was to be said."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forum.numbers import whole_number


def bounded(scope: Scope, receive: Receive, most: int) -> Receive:
    """The same body, which whoever reads it finds too large once it is."""
    announced = Headers(scope=scope).get("content-length", "")
    seen = whole_number(announced) or 0

    async def read() -> Message:
        nonlocal seen
        if seen > most:
            raise HTTPException(413)
        message = await receive()
        if not announced:
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413)
        return message

    return read


class Bounded:
    """An endpoint that reads no more than so many bytes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, bounded(scope, receive, self.most), send)
