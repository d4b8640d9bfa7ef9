"""Whether a set-up works, in plain words: what is wrong, and what to do about it."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from forum import schema
from forum.clock import now
from forum.jobs import Job, Worker
from forum.web import Site

TIMEOUT = 5
SILENT_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do when it is not well."""

    what: str
    well: bool
    words: str
    remedy: str = ""


def check(site: Site) -> Iterator[Finding]:
    """Look at everything a site stands on, most fundamental first; what stands on a missing part is not looked at."""
    try:
        site.database.ping()
    except Exception as error:  # whatever the driver raises, it says what is wrong
        remedy = "Is the server running, and is PORCHLIGHT_DATABASE_URL right?"
        yield Finding("database", False, str(error).splitlines()[0], remedy)
        return
    yield Finding("database", True, f"{site.database.dialect} answers")
    current = schema.is_current(site.database.writer)
    words = "is at the newest revision" if current else "is behind this program"
    yield Finding("schema", current, words, "Run: porchlight migrate")
    if current:
        yield _worker(site)
        yield from _dead_letters(site)
    yield from _replica(site)
    yield from _optional(site)


def _worker(site: Site) -> Finding:
    with site.database.reading() as session:
        seen = session.scalar(select(func.max(Worker.seen_at)).where(Worker.seen_at < now() + SILENT_AFTER))
    well = seen is not None and seen > now() - SILENT_AFTER
    words = "is working" if well else "has not been heard of in the last minute"
    return Finding(
        "worker", well, words, "Start one: porchlight serve starts its own, porchlight worker runs one alone"
    )


def _dead_letters(site: Site) -> Iterator[Finding]:
    with site.database.reading() as session:
        dead = session.scalar(select(func.count()).select_from(Job).where(Job.dead_at.is_not(None))) or 0
    if dead:
        yield Finding(
            "jobs", False, f"{dead} have failed for good", "Their reasons are in the table jobs, column error"
        )


def _replica(site: Site) -> Iterator[Finding]:
    if site.database.replica is None:
        return
    remedy = "Pages come from the primary. Is it a hot standby, and is PORCHLIGHT_READ_DATABASE_URL right?"
    try:
        behind = site.database.replica.lag()
    except DBAPIError as error:
        yield Finding("replica", False, str(error.orig).splitlines()[0], remedy)
        return
    words = "is no replica: it takes writes" if behind is None else f"answers, {behind} bytes of log behind"
    yield Finding("replica", behind is not None, words, remedy)


def _optional(site: Site) -> Iterator[Finding]:
    settings = site.settings
    if settings.redis_url:
        yield _try("Redis", site.limits.reachable, "Is it running, and is PORCHLIGHT_REDIS_URL right?")
    else:
        yield Finding("Redis", True, "is not set: rates are counted in each process by itself")
    if settings.smtp_url:
        yield _try("mail", lambda: _smtp(settings.smtp_url or ""), "Is PORCHLIGHT_SMTP_URL right?")
    else:
        yield Finding("mail", True, f"goes into files in {settings.var / 'mail'}: set PORCHLIGHT_SMTP_URL to send it")
    writable = os.access(settings.var, os.W_OK)
    yield Finding("files", writable, f"{settings.var} can be written to" if writable else "cannot be written to")
    local = urlsplit(settings.base_url).hostname in {"127.0.0.1", "localhost"}
    words = "links in mail lead to this machine only" if local else f"links in mail lead to {settings.base_url}"
    yield Finding("address", True, words + (": set PORCHLIGHT_BASE_URL to the public address" if local else ""))


def _try(what: str, works: Callable[[], bool], remedy: str) -> Finding:
    try:
        well = works()
        return Finding(what, well, "answers" if well else "does not answer", remedy)
    except OSError as error:
        return Finding(what, False, f"does not answer: {error}", remedy)


def _smtp(url: str) -> bool:
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "", parts.port or 0, timeout=TIMEOUT) as server:
        return server.noop()[0] == 250
