"""A file on its way out: what nobody's browser runs, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.storage import Missing, Storage
from forum.uploads.models import FileKind
from forum.uploads.names import THUMBNAIL
from forum.uploads.queries import FileRow
from forum.web.cache import is_had
from forum.web.errors import on_refusal

AT_THE_STORAGE = CapacityLimiter(8)
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""A file that a browser is led to open all the same can load nothing, run nothing and stand in no page."""


def file_response(request: Request, file: FileRow, *, thumbnail: bool = False) -> Response:
    """The bytes, or that the browser has them still; asked for anew each time, since who may see a file can change.

    Raises:
        NotFound: it has no thumbnail.
    """
    if thumbnail and file.thumbnail_key is None:
        raise NotFound(_("There is no such file."))
    etag = f'"{file.digest[:32]}{"-" + THUMBNAIL if thumbnail else ""}"'
    headers = {
        "Cache-Control": "public, no-cache" if file.public else "private, no-store",
        "ETag": etag,
        "Vary": "Cookie",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if is_had(request.headers.get("if-none-match", ""), etag.encode()):
        return Response(status_code=304, headers=headers)
    inline = file.kind is FileKind.IMAGE
    headers["Content-Type"] = "image/webp" if thumbnail else file.media_type
    headers["Content-Disposition"] = (
        f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    if not thumbnail:
        headers["Content-Length"] = str(file.size)
    return Stored(
        request.state.site.storage, file.thumbnail_key if thumbnail and file.thumbnail_key else file.key, headers
    )


class Stored(Response):
    """What the storage gives out piece by piece, after the database was let go of and without the loop waiting."""

    def __init__(self, storage: Storage, key: str, headers: dict[str, str]) -> None:
        self.storage, self.key, self.background, self.status_code = storage, key, None, 200
        self.raw_headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces = self.storage.read(self.key)
        try:
            piece = await _next(pieces)
        except Missing:
            gone = await on_refusal(Request(scope, receive), NotFound(_("There is no such file.")))
            await gone(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while piece is not None and scope["method"] != "HEAD":
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await _next(pieces)
        await send({"type": "http.response.body", "body": b""})


async def _next(pieces: Iterator[bytes]) -> bytes | None:
    return await to_thread.run_sync(next, pieces, None, limiter=AT_THE_STORAGE)
