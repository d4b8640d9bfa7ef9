"""Replies that are not a page: where to go next, and a word about what was done."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.web.routing import path_for

FLASH_COOKIE = "flash"


def wants_fragment(request: Request) -> bool:
    """Whether a script asked for a part of the page, rather than a person for the whole."""
    return request.headers.get("hx-request") == "true"


def see_other(
    request: Request,
    name: str,
    /,
    *,
    flash: str | None = None,
    undo: str | None = None,
    anchor: str | None = None,
    query: dict[str, Any] | None = None,
    **params: Any,
) -> Response:
    """Send the person to a named route; `flash` is shown there once, `undo` is the path its undo button posts to."""
    site = request.state.site
    response = leave_for(request, path_for(site.routes, name, query=query, anchor=anchor, **params))
    if flash:
        note = {"level": "success", "text": flash, "undo": undo}
        response.set_cookie(
            FLASH_COOKIE,
            _seal(site.settings.secret, note),
            max_age=60,
            httponly=True,
            samesite="lax",
            secure=site.settings.https,
        )
    return response


def leave_for(request: Request, address: str) -> Response:
    """A redirect after which a reload repeats nothing, for scripts and people alike."""
    if wants_fragment(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def local_path(address: str | None, default: str = "/") -> str:
    """An address to go back to, if it lies on this site; a link that would leave it becomes the default."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return default
    return default if any(ord(char) < 32 for char in address) else address


def read_flash(request: Request) -> list[dict[str, Any]]:
    """The notes that the last reply left for this one; a forged cookie holds none."""
    sealed = request.cookies.get(FLASH_COOKIE)
    note = _unseal(request.state.site.settings.secret, sealed) if sealed else None
    return [note] if note else []


def _seal(secret: str, note: dict[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(note).encode()).decode()
    return f"{body}.{_mac(secret, body)}"


def _unseal(secret: str, sealed: str) -> dict[str, Any] | None:
    body, _, mac = sealed.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(secret, body).encode()):
        return None
    note: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return note


def _mac(secret: str, body: str) -> str:
    return hmac.new(secret.encode(), b"flash:" + body.encode(), hashlib.sha256).hexdigest()
