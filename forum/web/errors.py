"""Errors as pages that say what happened, what was kept and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from forum.errors import Invalid, PorchlightError, TooMany, Unavailable
from forum.i18n import gettext as _
from forum.outages import ERRORS, outage_of
from forum.web.brands import current_brand
from forum.web.middleware import security_headers
from forum.web.rendering import partial, render
from forum.web.replies import wants_fragment
from forum.web.routing import MAX_BODY

log = structlog.get_logger()
PAGES = {403, 404, 405, 409, 413, 422, 429, 500, 503, 507}


async def on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, PorchlightError)
    if not isinstance(error, Unavailable):
        await _know_brand(request)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany | Unavailable) else {}
    fields = error.fields if isinstance(error, Invalid) else {}
    return error_page(request, error.status, error.message, headers=headers, fields=fields)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    await _know_brand(request)
    words = {
        404: _("There is nothing at this address."),
        405: _("This address does not take that kind of request."),
        413: _too_large(request),
    }
    return error_page(request, error.status_code, words.get(error.status_code, error.detail), headers=error.headers)


def _too_large(request: Request) -> str:
    route = request.scope.get("porchlight.route")
    if route is None or route.max_body <= MAX_BODY:
        return _("That is more than one request may hold.")
    words = _("That is more than {most} megabytes, the most that can be sent at once.")
    return words.format(most=route.max_body // (1024 * 1024))


async def on_outage(request: Request, error: Exception) -> Response:
    """Say plainly that the database is away, busy or full; what is none of these is a crash."""
    outage = outage_of(error)
    if outage is None:
        raise error
    log.warning("unavailable", status=outage.status, error=str(error).splitlines()[0])
    return await on_refusal(request, outage)


async def on_crash(request: Request, error: Exception) -> Response:
    """Starlette answers a crash outside all middleware, so this reply brings the headers of every other itself."""
    log.error("request failed", request_id=request.state.request_id, exc_info=error)
    headers = security_headers(https=request.state.site.settings.https)
    headers["X-Request-ID"] = request.state.request_id
    return error_page(request, 500, _("Something went wrong on our side."), headers=headers)


async def _know_brand(request: Request) -> None:
    """Whose site it is, for a page that asks nothing of the database; when that is away, the last that was known."""
    request.state.brand = await current_brand(request.state.site)


def error_page(
    request: Request,
    status: int,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    """The page of a refusal, or its notice alone for a script; what was typed is shown to be copied."""
    # The handler's transaction is over: nothing on this page may ask the database.
    request.state.session = None
    request.state.actor = getattr(request.state, "actor", None)
    show: Callable[..., Response] = partial if wants_fragment(request) else render
    template = "errors/_notice.html" if wants_fragment(request) else _template(status)
    response = show(
        request,
        template,
        status=status,
        message=message,
        fields=fields or {},
        typed=_typed(request),
        request_id=getattr(request.state, "request_id", ""),
    )
    response.headers.update(headers or {})
    return response


def _template(status: int) -> str:
    return f"errors/{status if status in PAGES else 500 if status >= 500 else 404}.html"


def _typed(request: Request) -> list[tuple[str, str]]:
    """What somebody wrote into the fields of the form, each under the words it stood under."""
    posted = getattr(request.state, "posted", None) or {}
    labels: Mapping[str, str] = getattr(request.state, "labels", {})
    return [(labels[name], text) for name, text in posted.items() if name in labels and isinstance(text, str) and text]


handlers: dict[Any, ExceptionHandler | Callable[[Request, Exception], Awaitable[Response]]] = {
    PorchlightError: on_refusal,
    HTTPException: on_http_error,
    **dict.fromkeys(ERRORS, on_outage),
    Exception: on_crash,
}
