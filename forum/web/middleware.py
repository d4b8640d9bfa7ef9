"""What every request passes: an id and a log line, headers, the cross-site rule, and its own facts."""

from __future__ import annotations

import ipaddress
import time
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog
from babel import negotiate_locale
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forum import i18n
from forum.web.site import Site

log = structlog.get_logger()
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


def security_headers(*, https: bool) -> dict[str, str]:
    """What every reply says to the browser that reads it."""
    return HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})


class RequestLog:
    """Gives each request an id, in the log and in the reply, and writes one line when it is done."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started, status = uuid.uuid4().hex[:12], time.perf_counter(), 500
        scope.setdefault("state", {})["request_id"] = request_id

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, reply)
            finally:
                took = round((time.perf_counter() - started) * 1000, 1)
                log.info("request", method=scope["method"], path=scope["path"], status=status, ms=took)


class SecurityHeaders:
    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = security_headers(https=https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, reply)


class SameSite:
    """Refuses a write that another site made a browser send.

    A browser says `Sec-Fetch-Site: same-origin`; where it does not (plain http on a
    LAN), the Origin's host must be the Host, which has been validated by now. With
    neither header the request is refused. Form tokens would break a shared page cache.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not _same_site(Headers(scope=scope)):
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
        self.proxies = [ipaddress.ip_network(proxy) for proxy in site.settings.trusted_proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = _without_nul(scope)
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", ""))
        state = scope.setdefault("state", {})
        state["site"] = self.site
        state["session_token"] = cookies.get(SESSION_COOKIE)
        state["address"] = self._address(scope, headers)
        state["actor"] = None
        with i18n.use_locale(cookies.get("locale") or _accepted(headers.get("accept-language", ""))):
            await self.app(scope, receive, send)

    def _address(self, scope: Scope, headers: Headers) -> str:
        """The client's own address: the last hop that is not a trusted proxy."""
        address = (scope.get("client") or ("", 0))[0]
        # Some proxies add a line of their own below the one that a client made up.
        hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",") if hop.strip()]
        while hops and self._trusted(address):
            address = hops.pop()
        return address

    def _trusted(self, address: str) -> bool:
        try:
            return any(ipaddress.ip_address(address) in network for network in self.proxies)
        except ValueError:
            return False


def _without_nul(scope: Scope) -> Scope:
    """PostgreSQL keeps no NUL in a text, so nothing can be found by one: an address that holds it names nothing."""
    path, query = scope["path"], scope["query_string"]
    if "\0" not in path and b"%00" not in query and b"\0" not in query:
        return scope
    query = query.replace(b"\0", b"%00").replace(b"%00", b"%EF%BF%BD")
    return {**scope, "path": path.replace("\0", "\ufffd"), "query_string": query}


def _accepted(header: str) -> str | None:
    wanted: Sequence[str] = [part.split(";")[0].strip().replace("-", "_") for part in header.split(",")][:10]
    return negotiate_locale([word for word in wanted if word], list(i18n.locales()))
