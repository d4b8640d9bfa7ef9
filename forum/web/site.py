"""What one running site is made of; the composition root builds it, every request carries it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from jinja2 import Environment
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor
from forum.db import Database
from forum.events import Bus
from forum.settings import Settings
from forum.slots import Slots
from forum.telemetry import Telemetry
from forum.web.limits import RateLimiter

if TYPE_CHECKING:
    from forum.jobs import Jobs
    from forum.web.routing import Routes

LoadActor = Callable[[Session, Request], Actor | None]
Park = Callable[[Session, Request], Response]


@dataclass(frozen=True)
class Site:
    """One site: its settings, database, bus, slots, jobs, templates and counts of reading.

    `load_actor` reads who is behind a request, in the handler's own session; `park`
    keeps what a person without a session has posted, and answers with the address of
    the sign-in page that restores it.
    """

    settings: Settings
    database: Database
    bus: Bus
    slots: Slots
    jobs: Jobs
    templates: Environment
    limits: RateLimiter
    routes: Routes
    telemetry: Telemetry
    load_actor: LoadActor
    park: Park
    readers: CapacityLimiter = field(init=False)
    writers: CapacityLimiter = field(init=False)
    preparers: CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        embedded = self.settings.embedded
        object.__setattr__(self, "readers", CapacityLimiter(2 if embedded else 8))
        object.__setattr__(self, "writers", CapacityLimiter(1 if embedded else 4))
        object.__setattr__(self, "preparers", CapacityLimiter(1))
