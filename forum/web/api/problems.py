"""Errors as problem details (RFC 9457): one shape for refusals, wrong input, wrong addresses and crashes."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Scope
from forum.errors import Conflict, Forbidden, Invalid, PorchlightError, SignInRequired, TooMany, Unavailable
from forum.i18n import gettext as _
from forum.outages import ERRORS, outage_of

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="Porchlight"'
Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]


class TokenRequired(SignInRequired):
    """No token came with the request, or one that opens nothing; `sent` tells the two apart."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__(
            _("This token does not exist, has ended or was revoked.")
            if sent
            else _("Send a token: Authorization: Bearer …")
        )
        self.sent = sent


class ScopeRequired(Forbidden):
    """The token is good, but was not made for this."""

    def __init__(self, missing: Sequence[Scope]) -> None:
        words = _("This takes a token with the scope {scopes}.")
        super().__init__(words.format(scopes=", ".join(missing)))
        self.missing = missing


class Outdated(Conflict):
    """Somebody was quicker; `now` is the thing as it stands, which the reply carries under `name`."""

    def __init__(self, message: str, name: str, now: Any) -> None:
        super().__init__(message)
        self.name, self.now = name, now


class DoneBefore(Conflict):
    """A write that was sent again, and whose reply is not told any more; `location` is where what it made stands."""

    def __init__(self, location: str | None) -> None:
        super().__init__(_("This was done before. What was answered then is not shown any more: ask for it anew."))
        self.location = location


class Unreadable(PorchlightError):
    """A body of a kind that nothing here reads."""

    status = 415


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A reply that says what went wrong; `errors` has one entry a field."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
        "request_id": getattr(request.state, "request_id", ""),
    }
    if errors:
        content["errors"] = list(errors)
    body = json.dumps(content | more, ensure_ascii=False).encode()
    return Response(body, status, headers={"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE)


def field_error(field: str, words: str) -> dict[str, str]:
    """What is wrong with one field, "" being the whole; `pointer` finds it in the body."""
    pointer = "#" + "".join(f"/{part}" for part in field.split(".") if part)
    return {"field": field, "detail": str(words), "pointer": pointer}


async def on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, PorchlightError)
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, TokenRequired):
        headers["WWW-Authenticate"] = CHALLENGE + (', error="invalid_token"' if error.sent else "")
    if isinstance(error, ScopeRequired):
        scopes = " ".join(error.missing)
        headers["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope", scope="{scopes}"'
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, DoneBefore) and error.location is not None:
        headers["Location"] = error.location
    if isinstance(error, Outdated):
        more[error.name] = error.now
    errors = [field_error(*pair) for pair in error.fields.items()] if isinstance(error, Invalid) else []
    return problem(request, error.status, error.message, errors=errors, headers=headers, **more)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {
        400: _("The body could not be read."),
        404: _("There is nothing at this address."),
        405: _("This address does not take that kind of request."),
        413: _("That is more than one request may hold."),
    }
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request)) or headers.get("Allow", "")
    return problem(request, error.status_code, words.get(error.status_code, error.detail), headers=headers)


async def on_invalid(request: Request, error: Exception) -> Response:
    """What the shape of the input refuses, before any act sees it; an address that holds no id names nothing."""
    assert isinstance(error, RequestValidationError)
    found: list[Any] = list(error.errors())
    if any(one["loc"][:1] == ("path",) for one in found):
        return problem(request, 404, _("There is nothing at this address."))
    if any(one["type"] == "json_invalid" for one in found):
        return problem(request, 400, _("The body is not JSON."))
    errors = [field_error(".".join(str(part) for part in one["loc"][1:]), one["msg"]) for one in found]
    return problem(request, 422, _("Some of it cannot be taken as it is."), errors=errors)


async def on_outage(request: Request, error: Exception) -> Response:
    """Say plainly that the database is away, busy or full; what is none of these is a crash."""
    outage = outage_of(error)
    if outage is None:
        return await on_crash(request, error)
    log.warning("unavailable", status=outage.status, error=str(error).splitlines()[0])
    return await on_refusal(request, outage)


async def on_crash(request: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return problem(request, 500, _("Something went wrong on our side."))


def _allowed(request: Request) -> list[str]:
    """Every method that this address takes: a path with several routes has several."""
    found: set[str] = set()
    for route in request.state.api_routes:
        if route.path_regex.match(request.scope["path"].removeprefix(request.scope.get("root_path", ""))):
            found |= route.methods
    return sorted(found)


handlers: dict[int | type[Exception], Handler] = {
    PorchlightError: on_refusal,
    HTTPException: on_http_error,
    RequestValidationError: on_invalid,
    **dict.fromkeys(ERRORS, on_outage),
    Exception: on_crash,
}
