"""What one running site is made of; the composition root builds it, every request carries it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, fail_after, to_thread
from jinja2 import Environment
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, Bearer
from forum.brand import Brand
from forum.changes import Watch
from forum.db import Database
from forum.doors import Doorway
from forum.events import Bus
from forum.merging import Merging
from forum.offboarding import Duties
from forum.outages import busy
from forum.personal import Personal
from forum.settings import Settings
from forum.slots import Slots
from forum.storage import Storage
from forum.telemetry import Telemetry
from forum.web.cache import PageCache
from forum.web.closing import Closing
from forum.web.limits import RateLimiter

if TYPE_CHECKING:
    from fastapi import APIRouter

    from forum.changes.redis import RedisWakes
    from forum.jobs import Jobs
    from forum.live import Live
    from forum.retention.rules import Rules
    from forum.web.api.subjects import Subjects
    from forum.web.metrics import Meters
    from forum.web.routing import Routes

T = TypeVar("T")
PATIENCE = 15.0
"""Seconds that a write waits for its turn before whoever sent it is told to try again."""

LoadActor = Callable[[Session, Request], Actor | None]
LoadBearer = Callable[[Session, str], Bearer | None]
Park = Callable[[Session, Request, str], Response]


@dataclass(frozen=True)
class Site:
    """One site: its settings, database, bus, slots, jobs, templates, routes, counts, what moves and who is told,
    what is kept of people, for how long, and what those are at who may leave.

    `load_actor` reads who is behind a request, in the handler's own session, `load_bearer`
    who is behind a token; `park`
    keeps what a person has posted who has to pass a page first, which is named to it, and leads there and
    from there to what was kept. `closing` is told when the process is to end. `answered` counts
    replies by the class of their status, and `meters` tells monitoring of them while the site is served.
    `brand` is what was last read of it; pages show what they read themselves.
    """

    settings: Settings
    database: Database
    bus: Bus
    slots: Slots
    jobs: Jobs
    templates: Environment
    limits: RateLimiter
    routes: Routes
    api: tuple[APIRouter, ...]
    subjects: Subjects
    telemetry: Telemetry
    storage: Storage
    watch: Watch
    wakes: RedisWakes | None
    live: Live
    personal: Personal
    retention: Rules
    duties: Duties
    merging: Merging
    load_actor: LoadActor
    load_bearer: LoadBearer
    park: Park
    answered: Counter[str] = field(default_factory=Counter)
    meters: Meters | None = field(default=None, init=False)
    brand: Brand | None = field(default=None, init=False)
    doors: Doorway = field(init=False)
    pages: PageCache = field(init=False)
    closing: Closing = field(default_factory=Closing)
    readers: CapacityLimiter = field(init=False)
    slow_readers: CapacityLimiter = field(init=False)
    writers: CapacityLimiter = field(init=False)
    preparers: CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        embedded = self.settings.embedded
        object.__setattr__(self, "doors", Doorway(demo=self.settings.demo))
        object.__setattr__(self, "pages", PageCache(self.watch, self.settings.page_cache_mb * 1024 * 1024))
        # Making a page is Python at work: on SQLite a second thread only takes the interpreter from the first
        # at each row, which made a page cost 13 ms rather than 9. What may take long waits in a line of its own.
        object.__setattr__(self, "readers", CapacityLimiter(1 if embedded else 8))
        object.__setattr__(self, "slow_readers", CapacityLimiter(1) if embedded else self.readers)
        # Of two writers on SQLite one writes, and the other is there when it has: the way through the loop to wake
        # the next takes a quarter as long as writing.
        object.__setattr__(self, "writers", CapacityLimiter(2 if embedded else 4))
        object.__setattr__(self, "preparers", CapacityLimiter(1))

    async def write(self, work: Callable[[], T]) -> T:
        """Do what writes in a thread, when it is its turn.

        Raises:
            Unavailable: others are still at it.
        """
        try:
            with fail_after(PATIENCE):  # what has begun is waited for
                return await to_thread.run_sync(work, limiter=self.writers)
        except TimeoutError:
            raise busy() from None
