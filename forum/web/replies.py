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
        leave_note(request, response, FLASH_COOKIE, {"level": "success", "text": flash, "undo": undo})
    return response


def moved_for_now(request: Request, name: str, /, *, query: dict[str, Any] | None = None, **params: Any) -> Response:
    """Send readers of an address on to where its page is now; asked again each time, since that may be undone."""
    address = path_for(request.state.site.routes, name, query=query, **params)
    return RedirectResponse(address, status_code=302, headers={"Cache-Control": "no-cache"})


def leave_note(request: Request, response: Response, name: str, note: dict[str, Any], *, path: str = "/") -> None:
    """Leave something with the browser for the next page under `path`, for a minute; sealed, not encrypted."""
    settings = request.state.site.settings
    response.set_cookie(
        name,
        _seal(settings.secret, name, note),
        max_age=60,
        path=path,
        httponly=True,
        samesite="lax",
        secure=settings.https,
    )


def read_note(request: Request, name: str) -> dict[str, Any] | None:
    """What the last reply left under a name, unless it was forged; whoever shows it deletes the cookie."""
    sealed = request.cookies.get(name)
    return _unseal(request.state.site.settings.secret, name, sealed) if sealed else None


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
    """The words that the last reply left for this one."""
    note = read_note(request, FLASH_COOKIE)
    return [note] if note else []


def _seal(secret: str, name: str, note: dict[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(note).encode()).decode()
    return f"{body}.{_mac(secret, name, body)}"


def _unseal(secret: str, name: str, sealed: str) -> dict[str, Any] | None:
    body, _, mac = sealed.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(secret, name, body).encode()):
        return None
    note: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return note


def _mac(secret: str, name: str, body: str) -> str:
    return hmac.new(secret.encode(), f"{name}:{body}".encode(), hashlib.sha256).hexdigest()
