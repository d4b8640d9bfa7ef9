"""The settings of the environment: what each does, what it is without, and what it is now, for whoever runs the site.

This is the one place that describes them. The overview shows it, and `tests/forum/admin/test_environment.py` holds it
against `forum.settings` and the table in docs/operate.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.settings import MAIL_FROM, PREFIX, Settings

HIDDEN = "***"
USERINFO = re.compile(r"^([a-z0-9+.-]+://)([^:@/]*)(:.*)?@", re.IGNORECASE | re.DOTALL)
QUERY_VALUE = re.compile(r"(?<=[?&])([^=&]+)=([^&]*)")
HARMLESS = frozenset({"sslmode", "host", "port", "endpoint", "region", "application_name", "connect_timeout"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A setting without its prefix. `now` gives its value, "" for none; what `secret` is never leaves the process."""

    name: str
    words: str
    default: str
    now: Callable[[Settings], str]
    secret: bool = False


@dataclass(frozen=True, slots=True)
class InForce:
    """A setting as the overview shows it; `given` is whether it stands in the environment."""

    name: str
    words: str
    default: str
    now: str
    given: bool


def without_password(url: str | None) -> str:
    """An address as it may be shown: no password, and nothing of a query but what is known to be no secret."""
    shown = USERINFO.sub(lambda found: found[1] + found[2] + (f":{HIDDEN}" if found[3] else "") + "@", url or "")
    return QUERY_VALUE.sub(lambda found: found[0] if found[1] in HARMLESS else f"{found[1]}={HIDDEN}", shown)


VARIABLES = (
    Variable(
        "DATABASE_URL",
        lazy("Where the data lives: sqlite:///… or postgresql://…, PostgreSQL 15 or newer."),
        lazy("a SQLite file in VAR"),
        lambda settings: without_password(settings.database_url),
    ),
    Variable(
        "READ_DATABASE_URL",
        lazy("A PostgreSQL replica that pages are read from."),
        lazy("none"),
        lambda settings: without_password(settings.read_database_url),
    ),
    Variable(
        "LISTEN_DATABASE_URL",
        lazy("PostgreSQL itself, where DATABASE_URL names a pooler: news is waited for there."),
        lazy("as DATABASE_URL"),
        lambda settings: "" if settings.embedded else without_password(settings.listen_database_url),
    ),
    Variable(
        "REDIS_URL",
        lazy("Counts rates, and passes live updates on, across processes and hosts."),
        lazy("none: each process counts by itself"),
        lambda settings: without_password(settings.redis_url),
    ),
    Variable(
        "VAR",
        lazy("The folder for what is made while running."),
        "var/",
        lambda settings: str(settings.var),
    ),
    Variable(
        "SECRET",
        lazy("Signs cookies that carry a message, and encrypts the secrets of code apps."),
        lazy("made and kept in VAR with SQLite, required with PostgreSQL"),
        lambda settings: settings.secret,
        secret=True,
    ),
    Variable(
        "BASE_URL",
        lazy("The address people see. Links in mail start with it; https here makes cookies secure."),
        "http://127.0.0.1:8000",
        lambda settings: without_password(settings.base_url),
    ),
    Variable(
        "ALLOWED_HOSTS",
        lazy("Further host names the site answers to."),
        lazy("that of BASE_URL, and this machine"),
        lambda settings: ", ".join(settings.allowed_hosts),
    ),
    Variable(
        "TRUSTED_PROXIES",
        lazy("Addresses or networks whose X-Forwarded-For is believed; unix is whoever comes through a unix socket."),
        lazy("none"),
        lambda settings: ", ".join(settings.trusted_proxies),
    ),
    Variable(
        "SMTP_URL",
        lazy("The server that mail goes out by: smtp://, smtp+starttls:// or smtps://."),
        lazy("none: mail becomes files in VAR/mail"),
        lambda settings: without_password(settings.smtp_url),
    ),
    Variable("MAIL_FROM", lazy("Who mail comes from."), MAIL_FROM, lambda settings: settings.mail_from),
    Variable(
        "SITE_NAME",
        lazy("The name of the site, until an admin chooses one."),
        "Porchlight",
        lambda settings: settings.site_name,
    ),
    Variable("LOG_FORMAT", lazy("console or json."), "console", lambda settings: settings.log_format),
    Variable(
        "PAGE_CACHE_MB",
        lazy("Megabytes of memory in which each web process keeps shared pages; 0 keeps none."),
        "32",
        lambda settings: str(settings.page_cache_mb),
    ),
    Variable(
        "METRICS_TOKEN",
        lazy("Opens /metrics for the program that gathers them."),
        lazy("none: /metrics is for signed-in admins"),
        lambda settings: settings.metrics_token or "",
        secret=True,
    ),
    Variable(
        "STORAGE_URL",
        lazy("Where files lie: a folder by its whole path, or s3://bucket/prefix."),
        lazy("the folder files in VAR"),
        lambda settings: without_password(settings.files_at),
    ),
    Variable(
        "OIDC_ISSUER",
        lazy("A provider that people can sign in with, by the name that it gives itself."),
        lazy("none"),
        lambda settings: without_password(settings.oidc_issuer),
    ),
    Variable(
        "OIDC_CLIENT_ID",
        lazy("What the provider calls this site."),
        lazy("none"),
        lambda settings: settings.oidc_client_id,
    ),
    Variable(
        "OIDC_CLIENT_SECRET",
        lazy("What this site proves itself with to the provider."),
        lazy("none"),
        lambda settings: settings.oidc_client_secret,
        secret=True,
    ),
    Variable(
        "OIDC_NAME",
        lazy("What the provider is called on the button."),
        lazy("its host"),
        lambda settings: settings.oidc_name,
    ),
    Variable(
        "OIDC_DOMAINS",
        lazy("Of what domains an address must be, for its person to come in by the provider."),
        lazy("all"),
        lambda settings: ", ".join(settings.oidc_domains),
    ),
    Variable(
        "OIDC_TRUST_EMAIL",
        lazy("When an address that the provider names counts as confirmed: where it says so, always or never."),
        "verified",
        lambda settings: settings.oidc_trust_email,
    ),
    Variable(
        "INBOUND_DOMAIN",
        lazy("The domain whose mail comes in."),
        lazy("none: letters carry no address to reply to"),
        lambda settings: settings.inbound_domain or "",
    ),
    Variable(
        "INBOUND_HOST",
        lazy("The address at which mail is taken."),
        "127.0.0.1",
        lambda settings: settings.inbound_host,
    ),
    Variable(
        "INBOUND_PORT",
        lazy("The port at which mail is taken."),
        "2525",
        lambda settings: str(settings.inbound_port),
    ),
    Variable(
        "INBOUND_MAX_MB",
        lazy("The largest mail that is taken, in megabytes."),
        "25",
        lambda settings: str(settings.inbound_max_mb),
    ),
    Variable(
        "INBOUND_AUTH_HOST",
        lazy("The mail server that is believed about whom a mail is from."),
        lazy("none"),
        lambda settings: settings.inbound_auth_host or "",
    ),
    Variable(
        "DEMO",
        lazy("Serves demonstration content with sign-in by button, to this machine only."),
        lazy("off"),
        lambda settings: _("on") if settings.demo else _("off"),
    ),
)


def environment(settings: Settings, environ: Mapping[str, str]) -> list[InForce]:
    """All settings of the environment as they are in force in this process."""
    return [
        InForce(
            PREFIX + one.name,
            str(one.words),
            str(one.default),
            _shown(one, settings),
            bool(environ.get(PREFIX + one.name, "").strip()),
        )
        for one in VARIABLES
    ]


def _shown(variable: Variable, settings: Settings) -> str:
    value = variable.now(settings)
    if variable.secret:
        return _("set") if value else _("not set")
    return value or _("none")
