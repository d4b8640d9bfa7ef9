"""Whether the program is alive, and whether it is ready to serve."""

from __future__ import annotations

from datetime import timedelta

from anyio import to_thread
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from forum.clock import now
from forum.jobs import Worker
from forum.web.routing import Access, Route
from forum.web.site import Site

SILENT_AFTER = timedelta(minutes=1)


async def alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def ready(request: Request) -> Response:
    """Each part by name: the database, Redis when one is set, and the worker; 503 when one is missing."""
    site: Site = request.state.site
    parts = await to_thread.run_sync(_parts, site, limiter=site.readers)
    healthy = all(word == "ok" for word in parts.values())
    return JSONResponse(parts, status_code=200 if healthy else 503)


def _parts(site: Site) -> dict[str, str]:
    parts = {"database": "unreachable", "worker": "unknown"}
    try:
        with site.database.reading() as session:
            # One seen in the future died before the clock was set back.
            seen = session.scalar(select(func.max(Worker.seen_at)).where(Worker.seen_at < now() + SILENT_AFTER))
    except Exception:  # whatever the driver raises, the answer is the same
        return parts
    parts["database"] = "ok"
    parts["worker"] = "ok" if seen and seen > now() - SILENT_AFTER else "silent"
    if site.settings.redis_url:
        parts["redis"] = "ok" if site.limits.reachable() else "unreachable"
    return parts


routes = [
    Route("/healthz", alive, name="health.alive", access=Access.EVERYONE),
    Route("/readyz", ready, name="health.ready", access=Access.EVERYONE),
]
