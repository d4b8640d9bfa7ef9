"""Shared pages on their way: out of the cache before anything else runs, and into it when they were made."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from anyio import CapacityLimiter, to_thread
from babel import negotiate_locale
from sqlalchemy.orm import Session
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forum import i18n
from forum.changes import reading_of
from forum.changes.reads import Unwatched, require_watched
from forum.changes.watch import Behind
from forum.telemetry import reads
from forum.web.cache import Kept, PageKey, is_had, keepable

if TYPE_CHECKING:
    from forum.access import Actor
    from forum.web.site import Site

SHARED = "porchlight.shared"
PRIVATE_COOKIES = frozenset({"session", "flash"})
PRIVATE_HEADERS = frozenset({b"authorization", b"hx-request"})
THEMES = frozenset({"light", "dark"})
LONGEST = 300
"""Of a path and of a query: longer ones name nothing that many look at, and would be kept with what they name."""
_UNLIMITED = CapacityLimiter(math.inf)

Make = Callable[[Request, Session], Response]


class Asked(NamedTuple):
    """A page that somebody who may be anybody asks for.

    `have` are the ETags that they have, `packed` whether they unpack, `purpose` and `agent` what tells who only
    fetches from who reads.
    """

    key: PageKey
    have: str
    packed: bool
    purpose: str
    agent: str


@dataclass(slots=True)
class Place:
    """Where the page of one request may be kept, and the page once it was made: it goes out as any later one."""

    key: PageKey
    headers: dict[str, str]
    page: Kept | None = None


class SharedPages:
    """Answers from the cache when nobody is signed in, and marks what may be put there."""

    def __init__(self, app: ASGIApp, *, site: Site, headers: dict[str, str]) -> None:
        self.app = app
        self.site = site
        self.hosts = frozenset(site.settings.allowed_hosts)
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._asked(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        page = await fresh(self.site, asked.key)
        if page is not None:
            self.site.pages.hits += 1
            await self._reply(page, asked, scope, send)
            return
        place = scope[SHARED] = Place(asked.key, self.headers)

        async def reply(message: Message) -> None:
            if place.page is None:
                await send(message)
            elif message["type"] == "http.response.start":
                await self._reply(place.page, asked, scope, send)

        await self.app(scope, receive, reply)

    def _asked(self, scope: Scope) -> Asked | None:
        """Which shared page is asked for, and in what form; None when this request may be about somebody."""
        cookies = languages = host = have = encodings = purpose = agent = ""
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies = f"{cookies}; {value.decode('latin-1')}" if cookies else value.decode("latin-1")
            elif name == b"accept-language":
                languages = value.decode("latin-1")
            elif name == b"host":
                host = value.decode("latin-1").lower()
            elif name == b"if-none-match":
                have = value.decode("latin-1")
            elif name == b"accept-encoding":
                encodings = value.decode("latin-1")
            elif name == b"user-agent":
                agent = value.decode("latin-1")
            elif name == b"sec-purpose":
                purpose = value.decode("latin-1")
            elif name in PRIVATE_HEADERS:
                return None
        query = scope["query_string"]
        if host_of(host) not in self.hosts or b"%00" in query or not keepable_under(scope):
            return None
        chosen = cookie_parser(cookies) if cookies else {}
        if not PRIVATE_COOKIES.isdisjoint(chosen):
            return None
        locale = locale_for(chosen.get("locale"), languages)
        key = PageKey(scope["path"], query, locale, chosen_theme(chosen.get("theme", "")))
        return Asked(key, have, unpacks(encodings), purpose, agent)

    async def _reply(self, page: Kept, asked: Asked, scope: Scope, send: Send) -> None:
        if page.seen is not None and reads(scope["method"], asked.purpose, asked.agent):
            self.site.telemetry.mark(*page.seen)
        status, head, body = 200, page.plain_head, page.body
        if asked.have and is_had(asked.have, page.etag):
            status, head, body = 304, page.short_head, b""
        elif asked.packed:
            head, body = page.packed_head, page.packed
        await send({"type": "http.response.start", "status": status, "headers": list(head)})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def keepable_under(scope: Scope) -> bool:
    """Whether an address may be the key of what is kept."""
    path: str = scope["path"]
    return len(path) <= LONGEST and len(scope["query_string"]) <= LONGEST and "\0" not in path


def host_of(header: str) -> str:
    return header if header.endswith("]") else header.rpartition(":")[0] or header


def chosen_theme(cookie: str) -> str:
    return cookie if cookie in THEMES else "auto"


def locale_for(chosen: str | None, accepted: str) -> str:
    """The language of a reply: as chosen on the site, or else what the browser prefers."""
    known = i18n.locales()
    return chosen if chosen in known else _accepted(accepted[:200])


@lru_cache(maxsize=256)
def unpacks(encodings: str) -> bool:
    """Whether Accept-Encoding takes gzip; with a quality of 0 it refuses it."""
    for part in encodings.lower().split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "").rstrip("0").rstrip(".") not in ("q=", "q=0")
    return False


@lru_cache(maxsize=1024)
def _accepted(header: str) -> str:
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in header.split(",")][:10]
    return negotiate_locale([word for word in wanted if word], list(i18n.locales())) or i18n.SOURCE_LOCALE


async def fresh(site: Site, key: PageKey) -> Kept | None:
    """What is kept under a key, if nothing that was committed before this moment has moved it."""
    try:
        await site.watch.caught_up()
    except Behind:
        return None
    return site.pages.find(key, Kept)


async def shared_page(site: Site, request: Request, make: Make) -> Response:
    """Make a page that everybody may get, and keep it; several who wait for the same page share what one made."""
    place: Place = request.scope[SHARED]
    async with site.pages.turn(place.key), site.readers:
        place.page = await fresh(site, place.key)
        if place.page is not None:
            site.pages.hits += 1
            return Response()
        site.pages.misses += 1
        return await _make(site, request, place, make)


async def _make(site: Site, request: Request, place: Place, make: Make) -> Response:
    try:
        tick = await site.watch.caught_up()
    except Behind:
        tick = None
    common = impersonal(request, place.key.theme)

    def run() -> Response:
        with i18n.use_locale(place.key.locale), reading_of() as read, site.database.reading() as session:
            response = make(common, session)
        if response.status_code == 200 and "set-cookie" not in response.headers:
            seen = getattr(common.state, "seen", None)
            place.page = keepable(response, place.headers, tick=tick or 0, reads=read, seen=seen)
        return response

    response = await to_thread.run_sync(run, limiter=_UNLIMITED)
    if place.page is not None and tick is not None:
        with suppress(Unwatched, Behind):
            require_watched(place.page.reads)
            await site.watch.caught_up()
            site.pages.keep(place.key, place.page)
    return response


def impersonal(request: Request, theme: str, actor: Actor | None = None, session: Session | None = None) -> Request:
    """The request without anything that tells its readers apart, so that the page cannot depend on it."""
    site: Site = request.state.site
    host = site.settings.base_url.partition("://")[2].encode("latin-1")
    scope = dict(request.scope)
    scope["headers"] = [(b"host", host), (b"cookie", f"theme={theme}".encode())]
    scope["client"] = None
    scope["state"] = {"site": site, "session_token": None, "address": "", "actor": actor, "session": session}
    return Request(scope)
