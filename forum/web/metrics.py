"""What monitoring reads: `/metrics`, in Prometheus' text form, summed over the processes of one `serve`."""

from __future__ import annotations

import asyncio
import hmac
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.jobs import Job
from forum.web.routing import Access, Route

if TYPE_CHECKING:
    from forum.web.site import Site

EVERY = 1.0
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
COUNTERS = {
    "page_cache_hits": "Shared pages given out of the cache",
    "page_cache_misses": "Shared pages made because the cache did not hold them",
    "page_cache_evictions": "Shared pages dropped because the cache was full",
    "page_cache_stale": "Shared pages dropped because what they show had moved, or they were a minute old",
}
GAUGES = {
    "page_cache_bytes": "Bytes that shared pages take up",
    "page_cache_pages": "Shared pages in the cache",
    "live_streams": "Browsers that listen for live updates",
}
_JOBS = {"jobs_waiting": "Jobs that are due and not done", "jobs_dead": "Jobs that failed for good"}


class Meters:
    """Counts of one process. The hot paths count in plain integers, which are carried over here each second."""

    def __init__(self, site: Site) -> None:
        # Only now: the library decides at its import whether counts go to files that other processes read.
        import prometheus_client as prometheus  # noqa: PLC0415 - an optional dependency
        from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        self._prometheus: Any = prometheus
        self._family: Any = GaugeMetricFamily
        self._collector: Any = MultiProcessCollector
        self._site = site
        self._registry = prometheus.CollectorRegistry()
        self._requests = prometheus.Counter(
            "porchlight_requests", "Requests answered", ["status"], registry=self._registry
        )
        self._counters = {
            name: prometheus.Counter(f"porchlight_{name}", words, registry=self._registry)
            for name, words in COUNTERS.items()
        }
        self._gauges = {
            name: prometheus.Gauge(f"porchlight_{name}", words, registry=self._registry, multiprocess_mode="livesum")
            for name, words in GAUGES.items()
        }
        self._counted: dict[str, int] = {}

    async def run(self) -> None:
        """Carry over until cancelled."""
        while True:
            self.carry_over()
            await asyncio.sleep(EVERY)

    def carry_over(self) -> None:
        pages = self._site.pages
        for name, counter in self._counters.items():
            counter.inc(self._new(name, getattr(pages, name.removeprefix("page_cache_"))))
        for status, count in tuple(self._site.answered.items()):
            self._requests.labels(status=status).inc(self._new(status, count))
        self._gauges["page_cache_bytes"].set(pages.bytes)
        self._gauges["page_cache_pages"].set(len(pages))
        self._gauges["live_streams"].set(self._site.live.doors.inside)

    def _new(self, name: str, count: int) -> int:
        before, self._counted[name] = self._counted.get(name, 0), count
        return count - before

    def text(self, jobs: Mapping[str, int]) -> bytes:
        """All that is counted, of all processes that share a folder."""
        self.carry_over()
        shared, registry = os.environ.get(SHARED_FOLDER), self._registry
        if shared:
            registry = self._prometheus.CollectorRegistry()
            self._collector(registry)
        waiting = self._prometheus.CollectorRegistry()
        for name, words in _JOBS.items():
            # A plain value, made for this reply alone: it is the same whichever process is asked.
            waiting.register(_Asked(self._family(f"porchlight_{name}", words, value=jobs[name])))
        generate = self._prometheus.generate_latest
        return bytes(generate(registry)) + bytes(generate(waiting))


class _Asked:
    def __init__(self, family: Any) -> None:
        self._family = family

    def collect(self) -> list[Any]:
        return [self._family]


def share_between_processes(folder: Path) -> None:
    """Let the processes started from here count in a folder of their own, and take out those of earlier ones."""
    for other in folder.glob("*"):
        if not _lives(other.name):
            shutil.rmtree(other, ignore_errors=True)
    own = folder / str(os.getpid())
    own.mkdir(parents=True, exist_ok=True)
    os.environ[SHARED_FOLDER] = str(own)


def forget_the_dead() -> None:
    """Take out what processes that were killed said of their present state."""
    folder = os.environ.get(SHARED_FOLDER)
    for file in Path(folder).glob("gauge_live*.db") if folder else ():
        if not _lives(file.stem.rpartition("_")[2]):
            file.unlink(missing_ok=True)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


async def show(request: Request) -> Response:
    """For who brings the token of the settings, or an admin; for others there is nothing here."""
    site: Site = request.state.site
    jobs = await to_thread.run_sync(_ask, site, request, limiter=site.readers)
    if site.meters is None:
        raise NotFound(_("There is nothing at this address."))
    forget_the_dead()
    return Response(site.meters.text(jobs), media_type="text/plain; version=0.0.4; charset=utf-8")


def _ask(site: Site, request: Request) -> dict[str, int]:
    with site.database.reading() as session:
        if not _may(site, request, session):
            raise NotFound(_("There is nothing at this address."))
        open_ = select(func.count()).select_from(Job).where(Job.done_at.is_(None))
        return {
            "jobs_waiting": session.scalar(open_.where(Job.dead_at.is_(None), Job.run_at <= now())) or 0,
            "jobs_dead": session.scalar(open_.where(Job.dead_at.is_not(None))) or 0,
        }


def _may(site: Site, request: Request, session: Session) -> bool:
    token, given = site.settings.metrics_token, request.headers.get("authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    actor = site.load_actor(session, request)
    return actor is not None and actor.can(Privilege.ADMINISTER)


routes = [Route("/metrics", show, name="metrics", access=Access.EVERYONE, methods=["GET"])]
