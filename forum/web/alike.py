"""Pages that are made once for all signed-in people with the same rights, and filled in for each.

Such a page is made for a reader who is nobody in particular, and kept while nothing that
it shows has moved, exactly as a page for everybody is. Whoever asks for it gets it with
what is theirs put in: the head of the page, and a token for each form. Somebody with a
stake in what it shows (their votes, their flags, their tickets) has a page of their own,
kept in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from forum import i18n
from forum.access import ANYBODY, Actor
from forum.brand import Brand
from forum.changes import reading_of
from forum.changes.reads import Read, Unwatched, require_watched
from forum.changes.watch import Behind
from forum.db import from_replica
from forum.slots import NavEntry
from forum.web.cache import OVERHEAD, RawHeaders, raw_headers
from forum.web.known import KnownReader, KnownStake, Readers
from forum.web.packing import Blanks, Stretch, gzipped, pack, put_together, stretch
from forum.web.rendering import OWN_HEADER, OWN_PLACE, brand_for, nav_of, own_parts
from forum.web.routing import HasStake, Route
from forum.web.shared import PRIVATE_HEADERS, chosen_theme, host_of, impersonal, keepable_under, locale_for, unpacks

if TYPE_CHECKING:
    from forum.web.site import Site

BY_ENCODING = ", Accept-Encoding"
OF_OPTIONS: Read = ("options", None)
"""Read with whoever is signed in, so before anybody listened."""
Make = Callable[[Request, Session], Response]
Reading = Callable[[], AbstractContextManager[Session]]


class AlikeKey(NamedTuple):
    """All that such a page may depend on, beside what it reads; `reader` is one person, or anybody with such rights."""

    path: str
    query: bytes
    locale: str
    theme: str
    reader: Actor


@dataclass(slots=True)
class Alike:
    """A page with blanks: what stands before the head, between it and the last line, and after that."""

    tick: int
    reads: frozenset[Read]
    parts: tuple[Stretch, Stretch, Stretch]
    plain_head: dict[str, str]
    packed_head: dict[str, str]
    seen: tuple[str, int] | None
    made: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts) + OVERHEAD + 100 * len(self.reads)


async def tick_for(site: Site, request: Request) -> int | None:
    """How far changes are known, before anything is read; None where a page has to be the reader's own."""
    if not keepable_under(request.scope) or request.state.session_token is None:
        return None
    if "flash" in request.cookies or "hx-request" in request.headers:
        return None
    try:
        return await site.watch.caught_up()
    except Behind:
        return None


def alike_page(site: Site, request: Request, session: Session, tick: int, make: Make, has_stake: HasStake) -> Response:
    """A page for somebody who is signed in: their own where they have a stake, else the one that all like them get."""
    key = None if from_replica(session) else _key(request, session, has_stake)
    if key is None:
        return make(request, session)
    page = site.pages.find(key, Alike)
    if page is None:
        site.pages.misses += 1
        made = _made(request, session, tick, make, key)
        if not isinstance(made, Alike):
            return made
        page = made
        site.pages.keep(key, page)
    else:
        site.pages.hits += 1
    if page.seen is not None:
        request.state.seen = page.seen
    packed = unpacks(request.headers.get("accept-encoding", ""))
    body = _filled(request, page, nav_of(request), brand_for(request), packed=packed)
    head = dict(page.packed_head if packed else page.plain_head)
    if not packed:  # what packs other replies says of this one that it could have been
        head["vary"] = head["vary"].removesuffix(BY_ENCODING)
    return Response(body, headers=head)


def _key(request: Request, session: Session, has_stake: HasStake) -> AlikeKey | None:
    """Under what the page of the person behind a request is kept, if it may be."""
    actor: Actor | None = request.state.actor
    return _key_for(request, actor, has_stake(request, session)) if actor is not None and not actor.roles else None


def _key_for(request: Request, actor: Actor, stake: bool) -> AlikeKey:
    return AlikeKey(
        request.scope["path"],
        request.scope["query_string"],
        i18n.current_locale(),
        chosen_theme(request.cookies.get("theme", "")),
        actor.rights(actor.id if stake else ANYBODY),
    )


def _made(request: Request, session: Session, tick: int, make: Make, key: AlikeKey) -> Alike | Response:
    """The page, or what is not one: an address that leads elsewhere."""
    common = impersonal(request, key.theme, key.reader, session)
    with reading_of() as reads:
        response = make(common, session)
    html = bytes(response.body).decode()
    before, header, rest = html.partition(OWN_HEADER)
    between, place, after = rest.partition(OWN_PLACE)
    if response.status_code != 200 or not header or not place:
        return make(request, session)
    reads.add(OF_OPTIONS)
    try:
        require_watched(reads)
    except Unwatched:
        return make(request, session)
    plain = {name: value for name, value in response.headers.items() if name != "content-length"}
    plain["vary"] += BY_ENCODING
    return Alike(
        tick=tick,
        reads=frozenset(reads),
        parts=(stretch(before), stretch(between), stretch(after)),
        plain_head=plain,
        packed_head={**plain, "content-encoding": "gzip"},
        seen=getattr(common.state, "seen", None),
    )


def _filled(request: Request, page: Alike, nav: tuple[NavEntry, ...], brand: Brand, *, packed: bool) -> bytes:
    header, place = own_parts(request, nav, brand)
    before, between, after = page.parts
    blanks = Blanks(before.blanks + between.blanks + after.blanks)
    pieces = [*before.filled(blanks), pack(header), *between.filled(blanks), pack(place), *after.filled(blanks)]
    return gzipped(pieces) if packed else put_together(pieces)


class AlikePages:
    """Answers with a kept page on a shorter way than all requests go; whoever there is none for goes that way.

    `headers` are those that every reply has.
    """

    def __init__(self, app: ASGIApp, *, site: Site, headers: dict[str, str]) -> None:
        self.app = app
        self.site = site
        self.headers = raw_headers(headers)
        self.hosts = frozenset(site.settings.allowed_hosts)
        self.readers = Readers(site.pages, site.load_actor)
        self.routes = [route for route in site.routes if route.has_stake is not None and route.rate is None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._asked(scope)
        if request is not None and (answer := await self._answer(request)) is not None:
            head, body = answer
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": body})
        else:
            await self.app(scope, receive, send)

    def _asked(self, scope: Scope) -> Request | None:
        """The request, where it is somebody's for a page of which one may be kept."""
        if scope["type"] != "http" or scope["method"] != "GET" or self.site.database.replica is not None:
            return None
        said = {name: value.decode("latin-1") for name, value in scope["headers"]}
        cookies = "; ".join([value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"])
        if "session=" not in cookies or "flash=" in cookies or not PRIVATE_HEADERS.isdisjoint(said):
            return None
        found = next((child for route in self.routes if (child := _match(route, scope)) is not None), None)
        if found is None or host_of(said.get(b"host", "").lower()) not in self.hosts or not keepable_under(scope):
            return None
        chosen = cookie_parser(cookies)
        state = {"site": self.site, "session_token": chosen.get("session"), "address": "", "actor": None}
        state["locale"] = locale_for(chosen.get("locale"), said.get(b"accept-language", ""))
        return Request({**scope, **found, "state": state})

    async def _answer(self, request: Request) -> tuple[RawHeaders, bytes] | None:
        try:
            tick = await self.site.watch.caught_up()
        except Behind:
            return None
        database = self.site.database
        with i18n.use_locale(request.state.locale):
            if (found := self._known(request)) is not None:
                return found
            if database.dialect == "sqlite":
                return self._find(request, tick, database.reading_at_once)
            return await to_thread.run_sync(self._find, request, tick, database.reading, limiter=self.site.readers)

    def _known(self, request: Request) -> tuple[RawHeaders, bytes] | None:
        """The page, when all that decides which it is was read before and has not moved."""
        reader = self.readers.reader(request)
        stake = self.readers.stake(request, reader) if reader is not None else None
        return None if reader is None or stake is None else self._put_together(request, reader, stake)

    def _find(self, request: Request, tick: int, reading: Reading) -> tuple[RawHeaders, bytes] | None:
        """The page, after reading what is not known."""
        try:
            with reading() as session:
                request.state.session = session
                reader = self.readers.reader(request) or self.readers.read_reader(request, session, tick)
                if reader is None:
                    return None
                request.state.actor = reader.actor
                stake = self.readers.stake(request, reader) or self.readers.read_stake(request, session, tick)
        except SQLAlchemyError:  # the way of all requests says what is wrong
            return None
        return self._put_together(request, reader, stake)

    def _put_together(
        self, request: Request, reader: KnownReader, stake: KnownStake
    ) -> tuple[RawHeaders, bytes] | None:
        request.state.actor = reader.actor
        page = self.site.pages.find(_key_for(request, reader.actor, stake.found), Alike)
        if page is None:
            return None
        packed = unpacks(request.headers.get("accept-encoding", ""))
        body = _filled(request, page, reader.nav, reader.brand, packed=packed)
        self.site.pages.hits += 1
        if page.seen is not None:
            self.site.telemetry.note(*page.seen, request)
        head = raw_headers(page.packed_head if packed else page.plain_head)
        return [*head, *self.headers, (b"content-length", str(len(body)).encode())], body


def _match(route: Route, scope: Scope) -> Scope | None:
    match, child = route.matches(scope)
    return child if match is Match.FULL else None
