"""What is known of readers between two requests: who they are, and whether they have a stake in a page.

It is kept among the pages and dropped as they are, as soon as anything moves that it was read from.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session
from starlette.requests import Request

from forum import i18n
from forum.access import Actor
from forum.brand import Brand
from forum.changes import reading_of
from forum.changes.reads import Read, Unwatched, require_watched
from forum.clock import now
from forum.slots import NavEntry
from forum.web.cache import OVERHEAD, PageCache
from forum.web.rendering import brand_for, nav_of
from forum.web.routing import HasStake


class ReaderKey(NamedTuple):
    """A browser that is signed in, by what it shows of that, and the language in which it is told where it can go."""

    token: bytes
    locale: str


class StakeKey(NamedTuple):
    reader: Actor
    path: str


@dataclass(slots=True)
class KnownReader:
    """Who is behind a cookie, until their session `ends`, what their navigation leads to, and whose site it is in."""

    tick: int
    reads: frozenset[Read]
    actor: Actor
    nav: tuple[NavEntry, ...]
    brand: Brand
    ends: datetime
    made: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        return OVERHEAD + 100 * len(self.reads)


@dataclass(slots=True)
class KnownStake:
    """Whether a reader has a stake in what a page shows."""

    tick: int
    reads: frozenset[Read]
    found: bool
    made: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        return 500 + 100 * len(self.reads)


class Readers:
    """Those whom this process knows."""

    def __init__(self, pages: PageCache, load_actor: Callable[[Session, Request], Actor | None]) -> None:
        self._pages = pages
        self._load_actor = load_actor

    def reader(self, request: Request) -> KnownReader | None:
        """Whoever is known to be behind a request's cookie."""
        reader = self._pages.find(_reader_key(request), KnownReader)
        return reader if reader is not None and reader.ends > now() else None

    def stake(self, request: Request, reader: KnownReader) -> KnownStake | None:
        """What is known of their stake in the page that they ask for."""
        return self._pages.find(_stake_key(request, reader.actor), KnownStake)

    def read_reader(self, request: Request, session: Session, tick: int) -> KnownReader | None:
        """Who it is, if it is somebody who may be known; changes were known up to `tick` before."""
        with reading_of() as reads:
            request.state.actor = actor = self._load_actor(session, request)
            if actor is None or actor.roles or actor.session_ends is None:
                return None
            nav, brand = nav_of(request), brand_for(request)
        # How many notifications are unread stands with the account, where it is not noted, and moves with them.
        reads.add(("notifications", actor.id))
        reader = KnownReader(tick, frozenset(reads), actor, nav, brand, actor.session_ends)
        self._keep(_reader_key(request), reader)
        return reader

    def read_stake(self, request: Request, session: Session, tick: int) -> KnownStake:
        has_stake: HasStake = request.scope["porchlight.route"].has_stake
        with reading_of() as reads:
            found = has_stake(request, session)
        stake = KnownStake(tick, frozenset(reads), found)
        self._keep(_stake_key(request, request.state.actor), stake)
        return stake

    def _keep(self, key: Hashable, known: KnownReader | KnownStake) -> None:
        with suppress(Unwatched):
            require_watched(known.reads)
            self._pages.keep(key, known)


def _reader_key(request: Request) -> ReaderKey:
    token: str = request.state.session_token or ""
    return ReaderKey(hashlib.blake2b(token.encode(), digest_size=16).digest(), i18n.current_locale())


def _stake_key(request: Request, actor: Actor) -> StakeKey:
    """With their rights: what those let them see decides it too."""
    return StakeKey(actor.rights(actor.id), request.scope["path"])
