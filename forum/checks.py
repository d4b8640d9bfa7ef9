"""Whether a set-up works, in plain words: what is wrong, and what to do about it.

Looking changes nothing: no folder, no file and no database is made by it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from forum import schema
from forum.accounts.models import Account
from forum.accounts.oidc.provider import CALLBACK, Provider, ProviderError
from forum.clock import now
from forum.doors import awaits_admin, is_open
from forum.errors import Unavailable
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.jobs import Job, Worker
from forum.mail import knock
from forum.mail_errors import ERRORS, answer_in, in_words
from forum.mailin.queries import count_held
from forum.options import option
from forum.settings import LOCAL_HOSTS, MAIL_FROM, Settings
from forum.storage import Missing, try_out
from forum.web import Site

TIMEOUT = 5
SILENT_AFTER = timedelta(minutes=1)
APART = timedelta(seconds=5)
ROOM = 256 * 1024 * 1024
OLDEST_POSTGRESQL = 15
DEMO = "demo.accounts"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do when it is not well."""

    what: str
    well: bool
    words: str
    remedy: str = ""


def check(site: Site) -> Iterator[Finding]:
    """Look at everything a site stands on, most fundamental first; what stands on a missing part is not looked at."""
    yield from _folder(site.settings)
    yield from _database(site)
    yield from _replica(site)
    yield _redis(site)
    if site.settings.var.exists():
        yield _files(site)
    yield _mail(site.settings)
    yield from _provider(site.settings)
    yield _inbound(site.settings)
    yield from _addresses(site.settings)


def _folder(settings: Settings) -> Iterator[Finding]:
    var, there = settings.var, _nearest(settings.var)
    if not os.access(there, os.W_OK):
        words = _("{folder} cannot be written to").format(folder=there)
        yield Finding(_("folder"), False, words, _("Give the folder to the user that runs the server: chown"))
    elif there != var:
        yield Finding(_("folder"), True, _("{folder} is not there yet: the first start makes it").format(folder=var))
    else:
        yield Finding(_("folder"), True, _("{folder} can be written to").format(folder=var))
    free = shutil.disk_usage(there).free
    words = _("{free} MB are free").format(free=free // (1024 * 1024))
    yield Finding(_("disk"), free >= ROOM, words, _("Make room: a full disk stops every write"))
    yield _secret(settings)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _secret(settings: Settings) -> Finding:
    file = settings.var / "secret"
    if not settings.secret:
        return Finding(_("secret"), True, _("is not there yet: the first start makes it"))
    if file.exists() and file.read_text().strip() == settings.secret and stat.S_IMODE(file.stat().st_mode) & 0o077:
        words = _("{file} can be read by others on this machine").format(file=file)
        return Finding(_("secret"), False, words, f"chmod 600 {file}")
    return Finding(_("secret"), True, _("is set"))


def _database(site: Site) -> Iterator[Finding]:
    file = make_url(site.settings.database_url).database if site.settings.embedded else None
    if file and file != ":memory:" and not Path(file).exists():
        words = _("there is none yet at {file}").format(file=file)
        yield Finding(_("database"), False, words, _("Run: porchlight serve, or porchlight migrate"))
        return
    try:
        with site.database.reading() as session:
            version = str(session.scalar(text(_VERSION[site.database.dialect])))
            theirs = session.scalar(text(_CLOCK[site.database.dialect]))
    except Exception as error:  # whatever the driver raises, it says what is wrong
        remedy = _("Is the server running, and is PORCHLIGHT_DATABASE_URL right?")
        yield Finding(_("database"), False, str(error).splitlines()[0], remedy)
        return
    yield Finding(
        _("database"), True, _("{engine} {version} answers").format(engine=site.database.dialect, version=version)
    )
    if site.database.dialect == "postgresql":
        yield from _server(version, theirs)
    current = schema.is_current(site.database.writer)
    words = _("is at the newest revision") if current else _("is behind this program")
    yield Finding(_("schema"), current, words, _("Run: porchlight migrate"))
    if current:
        with site.database.reading() as session:
            yield from _inside(session, site.settings)


_VERSION = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}
_CLOCK = {"sqlite": "SELECT NULL", "postgresql": "SELECT clock_timestamp()"}


def _server(version: str, theirs: datetime | None) -> Iterator[Finding]:
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < OLDEST_POSTGRESQL:
        words = _("PostgreSQL {version} is older than this program knows").format(version=version)
        yield Finding(
            _("version"), False, words, _("Use PostgreSQL {oldest} or newer").format(oldest=OLDEST_POSTGRESQL)
        )
    if theirs is not None:
        apart = abs(datetime.now(UTC) - theirs)
        words = _("{seconds} s apart from that of the database").format(seconds=f"{apart.total_seconds():.1f}")
        yield Finding(_("clock"), apart < APART, words, _("Let both machines set their clocks by NTP"))


def _inside(session: Session, settings: Settings) -> Iterator[Finding]:
    yield _worker(session)
    dead = session.scalar(select(func.count()).select_from(Job).where(Job.dead_at.is_not(None))) or 0
    if dead:
        words = ngettext("{count} has failed for good", "{count} have failed for good", dead).format(count=dead)
        yield Finding(_("jobs"), False, words, _("Their reasons are in the table jobs, column error"))
    yield from _held(session)
    if option(session, DEMO, default=[]) and not settings.demo:
        remedy = _("Begin with an empty database: its people and their words are made up")
        yield Finding(_("content"), False, _("this database holds the demonstration"), remedy)
    yield _admin(session)
    if not settings.demo and not is_open(session):
        remedy = _("When it is set up, an admin presses “Open the doors” at /setup")
        yield Finding(doors(), False, _("the site is not open yet: only people with a role get in"), remedy)
    else:
        yield Finding(doors(), True, _("are open"))


def doors() -> str:
    return _("doors")


def _worker(session: Session) -> Finding:
    seen = session.scalar(select(func.max(Worker.seen_at)).where(Worker.seen_at < now() + SILENT_AFTER))
    well = seen is not None and seen > now() - SILENT_AFTER
    words = _("is working") if well else _("has not been heard of in the last minute")
    remedy = _("Start one: porchlight serve starts its own, porchlight worker runs one alone")
    return Finding(_("worker"), well, words, remedy)


def _admin(session: Session) -> Finding:
    here = (Account.admin.is_(True), Account.anonymised_at.is_(None), Account.offboarded_at.is_(None))
    count = session.scalar(select(func.count()).select_from(Account).where(*here)) or 0
    remedy = _("Run: porchlight create-account HANDLE --email ADDRESS --role admin")
    if awaits_admin(session):
        remedy = _("Open /setup with the code that the server printed when it started")
    words = ngettext("{count} person runs the site", "{count} people run the site", count).format(count=count)
    return Finding(_("admin"), count > 0, words if count else _("nobody runs the site yet"), remedy)


def _replica(site: Site) -> Iterator[Finding]:
    if site.database.replica is None:
        return
    remedy = _("Pages come from the primary. Is it a hot standby, and is PORCHLIGHT_READ_DATABASE_URL right?")
    try:
        behind = site.database.replica.lag()
    except DBAPIError as error:
        yield Finding(_("replica"), False, str(error.orig).splitlines()[0], remedy)
        return
    words = _("is no replica: it takes writes")
    if behind is not None:
        words = _("answers, {count} bytes of log behind").format(count=behind)
    yield Finding(_("replica"), behind is not None, words, remedy)


def _files(site: Site) -> Finding:
    where = site.storage.where
    try:
        try_out(site.storage)
    except (Unavailable, Missing) as error:
        why = str(error.__cause__ or error).splitlines()[0]
        words = _("cannot be written, read and deleted in {where}: {why}").format(where=where, why=why)
        remedy = _("Can this user write there, and are PORCHLIGHT_STORAGE_URL and the AWS_… variables right?")
        return Finding(_("files"), False, words, remedy)
    return Finding(_("files"), True, _("can be written, read and deleted in {where}").format(where=where))


def _redis(site: Site) -> Finding:
    if not site.settings.redis_url:
        return Finding(_("Redis"), True, _("is not set: rates are counted in each process by itself"))
    well = False
    with suppress(OSError):
        well = site.limits.reachable()
    words = _("answers") if well else _("does not answer")
    return Finding(_("Redis"), well, words, _("Is it running, and is PORCHLIGHT_REDIS_URL right?"))


def _mail(settings: Settings) -> Finding:
    """Whether the mail server lets us in; nothing is sent."""
    if settings.smtp_url is None:
        words = _("goes into files in {folder}: set PORCHLIGHT_SMTP_URL to send it").format(
            folder=settings.var / "mail"
        )
        remedy = _("Without it nobody can confirm an address or set a new password")
        return Finding(_("mail"), _is_local(settings), words, remedy)
    if settings.mail_from == MAIL_FROM:
        words = _("comes from {sender}, which most servers refuse").format(sender=MAIL_FROM)
        return Finding(_("mail"), False, words, _("Set PORCHLIGHT_MAIL_FROM to an address of your own domain"))
    try:
        asyncio.run(knock(settings.smtp_url, TIMEOUT))
    except ERRORS as error:
        words = _("does not go out: {answer}").format(answer=answer_in(error))
        return Finding(_("mail"), False, words, in_words(error))
    return Finding(_("mail"), True, _("the server answers, and lets us in"))


def _provider(settings: Settings) -> Iterator[Finding]:
    """Whether the sign-in provider answers as one, asked anew each time."""
    if settings.oidc_issuer is None:
        return
    try:
        asyncio.run(Provider(settings).look())
    except ProviderError as error:
        words = _("{name} does not answer as it should: {why}").format(
            name=settings.oidc_name,
            why=str(error.__cause__ or error).strip().partition("\n")[0] or repr(error.__cause__),
        )
        remedy = _("Is PORCHLIGHT_OIDC_ISSUER right, to the last letter, and can this machine reach it?")
        yield Finding(_("sign-in provider"), False, words, remedy)
        return
    words = _("{name} answers; the address to give it for the way back is {address}")
    words = words.format(name=settings.oidc_name, address=settings.base_url + CALLBACK)
    yield Finding(_("sign-in provider"), True, words)


def _inbound(settings: Settings) -> Finding:
    """Whether the listener greets, where this machine runs it."""
    if settings.inbound_domain is None:
        words = _("does not come in: with PORCHLIGHT_INBOUND_DOMAIN, people can reply to letters")
        return Finding(_("mail in"), True, words)
    where = f"{settings.inbound_host}:{settings.inbound_port}"
    try:
        with socket.create_connection((settings.inbound_host, settings.inbound_port), TIMEOUT) as line:
            line.settimeout(TIMEOUT)
            greets = line.recv(200).startswith(b"220")
            line.sendall(b"QUIT\r\n")
    except OSError:
        greets = False
    if not greets:
        words = _("nobody takes mail for {domain} at {where}").format(domain=settings.inbound_domain, where=where)
        remedy = _("Run: porchlight mail-in. Where it runs elsewhere, name it in PORCHLIGHT_INBOUND_HOST and …_PORT")
        return Finding(_("mail in"), False, words, remedy)
    words = _("is taken for {domain} at {where}").format(domain=settings.inbound_domain, where=where)
    return Finding(_("mail in"), True, words)


def _held(session: Session) -> Iterator[Finding]:
    count = count_held(session)
    if count:
        words = ngettext("{count} mail is held", "{count} mails are held", count).format(count=count)
        yield Finding(_("held mail"), True, words, _("Decide about it at /admin/mail-in"))


def _addresses(settings: Settings) -> Iterator[Finding]:
    address = settings.base_url
    if _is_local(settings):
        words = _("links in mail lead to this machine only: set PORCHLIGHT_BASE_URL to the public address")
        yield Finding(_("address"), True, words)
        return
    words = _("links in mail lead to {address}").format(address=address)
    remedy = _(
        "Without https everybody on the way reads passwords: set PORCHLIGHT_BASE_URL to https://… behind a proxy"
    )
    yield Finding(_("address"), settings.https, words, remedy)
    if settings.https and not settings.trusted_proxies:
        words = _("no proxy is trusted, though something must end https before this program")
        remedy = _("Name its address in PORCHLIGHT_TRUSTED_PROXIES, or all visitors share one rate")
        yield Finding(_("proxy"), False, words, remedy)


def _is_local(settings: Settings) -> bool:
    return urlsplit(settings.base_url).hostname in LOCAL_HOSTS
