"""What every request passes: an id and a log line, headers, the cross-site rule, and its own facts."""

from __future__ import annotations

import itertools
import secrets
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forum import i18n
from forum.logs import current_request, request_line
from forum.web.proxies import TrustedProxies
from forum.web.shared import locale_for
from forum.web.site import Site

SESSION_COOKIE = "session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


_process = secrets.token_hex(3)
_numbers = itertools.count(secrets.randbelow(1 << 16))


def _new_id() -> str:
    """Unlike that of any other request, and cheaper than asking the system for randomness each time."""
    return f"{_process}{next(_numbers) & 0xFFFFFF:06x}"


def security_headers(*, https: bool) -> dict[str, str]:
    """What every reply says to the browser that reads it."""
    return HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})


class RequestLog:
    """Gives each request an id, in the log and in the reply, and writes one line when it is done."""

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self.app = app
        self.answered = site.answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started, status = _new_id(), time.perf_counter(), 500
        scope.setdefault("state", {})["request_id"] = request_id

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        token = current_request.set(request_id)
        try:
            await self.app(scope, receive, reply)
        finally:
            current_request.reset(token)
            self.answered[f"{status // 100}xx"] += 1
            took = (time.perf_counter() - started) * 1000
            request_line(request_id, scope["method"], scope["path"], status, took)


class SecurityHeaders:
    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = [
            (name.lower().encode(), value.encode()) for name, value in security_headers(https=https).items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _value in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self.headers if one[0] not in said)]
            await send(message)

        await self.app(scope, receive, reply)


class SameSite:
    """Refuses a write that another site made a browser send.

    A browser says `Sec-Fetch-Site: same-origin`; where it does not (plain http on a
    LAN), the Origin's host must be the Host, which has been validated by now. With
    neither header the request is refused. Form tokens would break a shared page cache.

    `exempt` are beginnings of addresses that act by no cookie, only by a token, which no
    other site can make a browser send.
    """

    def __init__(self, app: ASGIApp, *, exempt: tuple[str, ...] = ()) -> None:
        self.app = app
        self.exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writes = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        if writes and not scope["path"].startswith(self.exempt) and not _same_site(Headers(scope=scope)):
            refusal = PlainTextResponse("This request did not come from this site, so nothing was changed.", 403)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _same_site(headers: Headers) -> bool:
    if (fetched_from := headers.get("sec-fetch-site")) is not None:
        return fetched_from == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


class RequestFacts:
    """Puts the site, the session cookie, the client's address and the language where handlers find them."""

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self.app = app
        self.site = site
        self.proxies = TrustedProxies(site.settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = _without_nul(scope)
        headers = Headers(scope=scope)
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        state = scope.setdefault("state", {})
        state["site"] = self.site
        state["session_token"] = cookies.get(SESSION_COOKIE)
        state["address"] = self.proxies.client((scope.get("client") or ("",))[0], headers.getlist("x-forwarded-for"))
        state["actor"] = None
        with i18n.use_locale(locale_for(cookies.get("locale"), headers.get("accept-language", ""))):
            await self.app(scope, receive, send)


def _without_nul(scope: Scope) -> Scope:
    """PostgreSQL keeps no NUL in a text, so nothing can be found by one: an address that holds it names nothing."""
    path, query = scope["path"], scope["query_string"]
    if "\0" not in path and b"%00" not in query and b"\0" not in query:
        return scope
    query = query.replace(b"\0", b"%00").replace(b"%00", b"%EF%BF%BD")
    return {**scope, "path": path.replace("\0", "\ufffd"), "query_string": query}
