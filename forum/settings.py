"""The environment, read once into one frozen object."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PREFIX = "PORCHLIGHT_"
KNOWN = {
    "DATABASE_URL",
    "READ_DATABASE_URL",
    "LISTEN_DATABASE_URL",
    "REDIS_URL",
    "VAR",
    "SECRET",
    "BASE_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "SMTP_URL",
    "MAIL_FROM",
    "DEMO",
    "SITE_NAME",
    "LOG_FORMAT",
    "PAGE_CACHE_MB",
    "METRICS_TOKEN",
    "STORAGE_URL",
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_NAME",
    "OIDC_DOMAINS",
    "OIDC_TRUST_EMAIL",
    "INBOUND_DOMAIN",
    "INBOUND_HOST",
    "INBOUND_PORT",
    "INBOUND_MAX_MB",
    "INBOUND_AUTH_HOST",
}
MAIL_FROM = "Porchlight <porchlight@localhost>"
UNIX = "unix"
"""Among trusted proxies: whoever comes through a unix socket."""
DOMAIN = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
LONGEST_PROVIDER_NAME = 30
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


class SettingsError(Exception):
    """A setting that stops the start; its text is one line that names the variable and the remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    var: Path
    secret: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    read_database_url: str | None = None
    listen_database_url: str | None = None
    redis_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = MAIL_FROM
    site_name: str = "Porchlight"
    demo: bool = False
    log_format: str = "console"
    page_cache_mb: int = 32
    metrics_token: str | None = field(default=None, repr=False)
    storage_url: str = ""
    """Where files lie; "" is a folder in `var`."""
    oidc_issuer: str | None = None
    """The provider that people sign in with, named `oidc_name` on its button; the rest of `oidc_` goes with it."""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    oidc_domains: tuple[str, ...] = ()
    """Of what domains an address must be, for its person to come in by the provider; none for all."""
    oidc_trust_email: str = "verified"
    inbound_domain: str | None = None
    """The domain whose mail comes in, None where none does."""
    inbound_host: str = "127.0.0.1"
    inbound_port: int = 2525
    inbound_max_mb: int = 25
    inbound_auth_host: str | None = None
    """The mail server that is believed when it says from whom a mail is."""

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def files_at(self) -> str:
        return self.storage_url or str(self.var / "files")

    @property
    def files_folder(self) -> Path | None:
        """None where files lie in a bucket."""
        return None if self.storage_url.startswith("s3://") else Path(self.files_at)

    @property
    def embedded(self) -> bool:
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, *, make: bool = True) -> Settings:
        """Read `PORCHLIGHT_…`, make the `VAR` folder, and make and keep a secret on the embedded default.

        Without `make` nothing is made: the folder may not be there, and a secret that is not there yet is empty.

        Raises:
            SettingsError: a setting is unknown, malformed or missing.
        """
        env = _ours(os.environ if environ is None else environ)
        var = _folder(env.get("VAR", "var")) if make else Path(env.get("VAR", "var")).absolute()
        database_url = env.get("DATABASE_URL") or f"sqlite:///{var / 'porchlight.sqlite3'}"
        database_url = _database_url("DATABASE_URL", database_url)
        replica = _second_url("READ_DATABASE_URL", env, database_url)
        base_url = _base_url(env.get("BASE_URL", "http://127.0.0.1:8000"))
        demo = env.get("DEMO", "").lower() in {"1", "true", "yes", "on"}
        if demo:
            _require_this_machine(env, base_url)
        return cls(
            database_url=database_url,
            read_database_url=replica,
            listen_database_url=_second_url("LISTEN_DATABASE_URL", env, database_url) or database_url,
            redis_url=env.get("REDIS_URL") or None,
            var=var,
            secret=_secret(env, var, embedded=database_url.startswith("sqlite"), make=make),
            base_url=base_url,
            allowed_hosts=_hosts(env.get("ALLOWED_HOSTS", ""), base_url),
            trusted_proxies=_proxies(env.get("TRUSTED_PROXIES", "")),
            smtp_url=_smtp_url(env.get("SMTP_URL")),
            mail_from=_sender(env.get("MAIL_FROM") or MAIL_FROM),
            site_name=env.get("SITE_NAME") or ("Lantern Community" if demo else "Porchlight"),
            demo=demo,
            page_cache_mb=_megabytes("PAGE_CACHE_MB", env.get("PAGE_CACHE_MB", "32")),
            metrics_token=_token("METRICS_TOKEN", env.get("METRICS_TOKEN")),
            storage_url=_storage_url(env.get("STORAGE_URL")),
            inbound_domain=_domain("INBOUND_DOMAIN", env.get("INBOUND_DOMAIN")),
            inbound_host=env.get("INBOUND_HOST") or "127.0.0.1",
            inbound_port=_between("INBOUND_PORT", env.get("INBOUND_PORT", "2525"), 1, 65535),
            inbound_max_mb=_between("INBOUND_MAX_MB", env.get("INBOUND_MAX_MB", "25"), 1, 100),
            inbound_auth_host=env.get("INBOUND_AUTH_HOST") or None,
            log_format=_one_of("LOG_FORMAT", env.get("LOG_FORMAT", "console"), ("console", "json")),
            **_provider(env),
        )


def _require_this_machine(env: Mapping[str, str], base_url: str) -> None:
    """A site on which anybody can be anybody, the admin among them, must not be within reach of others."""
    known = {
        "BASE_URL": urlsplit(base_url).hostname in LOCAL_HOSTS,
        "ALLOWED_HOSTS": LOCAL_HOSTS.issuperset(_words(env.get("ALLOWED_HOSTS", "").lower())),
        "TRUSTED_PROXIES": not env.get("TRUSTED_PROXIES"),
    }
    for name, local in known.items():
        if not local:
            raise SettingsError(f"{PREFIX}{name}: demo mode serves this machine only; unset {PREFIX}DEMO to go public.")


def _ours(environ: Mapping[str, str]) -> dict[str, str]:
    env = {key.removeprefix(PREFIX): value.strip() for key, value in environ.items() if key.startswith(PREFIX)}
    unknown = sorted(key for key in env if key not in KNOWN and not key.startswith("TEST_"))
    if unknown:
        raise SettingsError(f"{PREFIX}{unknown[0]} is not a setting; see docs/operate.md for those that are.")
    return env


def _folder(text: str) -> Path:
    var = Path(text).absolute()
    try:
        var.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{PREFIX}VAR: cannot make the folder {var}: {error.strerror}.") from error
    if not os.access(var, os.W_OK):
        raise SettingsError(f"{PREFIX}VAR: the folder {var} cannot be written to.")
    return var


def _database_url(name: str, url: str) -> str:
    scheme = url.split(":", 1)[0]
    if scheme in {"postgres", "postgresql"}:
        return "postgresql+psycopg:" + url.split(":", 1)[1]
    if scheme not in {"sqlite", "postgresql+psycopg"}:
        raise SettingsError(f"{PREFIX}{name}: only sqlite:///… and postgresql://… are known, not {scheme}.")
    return url


def _second_url(name: str, env: Mapping[str, str], database_url: str) -> str | None:
    """Another way to the same PostgreSQL; SQLite is one file and has only one."""
    if not (url := env.get(name)):
        return None
    url = _database_url(name, url)
    if url.startswith("sqlite") or database_url.startswith("sqlite"):
        raise SettingsError(f"{PREFIX}{name}: needs PostgreSQL here and in {PREFIX}DATABASE_URL.")
    return url


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{PREFIX}BASE_URL: needs an address such as https://community.example.com, not {url!r}.")
    if parts.path.strip("/"):
        raise SettingsError(f"{PREFIX}BASE_URL: the site must stand at the root of its host, not under {parts.path}.")
    return f"{parts.scheme}://{parts.netloc}"


def _hosts(text: str, base_url: str) -> tuple[str, ...]:
    own = urlsplit(base_url).hostname or ""
    return tuple(dict.fromkeys((*_words(text.lower()), own, *sorted(LOCAL_HOSTS))))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _proxies(text: str) -> tuple[str, ...]:
    for word in _words(text):
        try:
            if word != UNIX:
                ipaddress.ip_network(word)
        except ValueError as error:
            why = (
                "is no address or network, nor unix" if "host bits" not in str(error) else "names a host, not a network"
            )
            raise SettingsError(f"{PREFIX}TRUSTED_PROXIES: {word!r} {why}.") from error
    return _words(text)


def _smtp_url(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        raise SettingsError(f"{PREFIX}SMTP_URL: needs an address such as smtps://user:password@mail.example.com.")
    return url


def _sender(text: str) -> str:
    if "@" not in parseaddr(text)[1]:
        raise SettingsError(f"{PREFIX}MAIL_FROM: needs an address such as Porchlight <help@example.com>.")
    return text


def _storage_url(url: str | None) -> str:
    """A folder by its whole path, or `s3://bucket/prefix?endpoint=…&region=…`."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme == "" and url.startswith("/"):
        return url
    unknown = {name for name, _value in parse_qsl(parts.query)} - {"endpoint", "region"}
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or unknown:
        words = (
            "needs a folder's whole path, or s3://bucket/prefix?endpoint=…&region=…; keys come from AWS_… variables."
        )
        raise SettingsError(f"{PREFIX}STORAGE_URL: {words}")
    if find_spec("obstore") is None:
        raise SettingsError(f"{PREFIX}STORAGE_URL: S3 needs the extra: pip install 'porchlight[s3]'.")
    return url


def _provider(env: Mapping[str, str]) -> dict[str, Any]:
    """The provider that people sign in with, if there is one: all that is needed, or nothing."""
    given = [name for name in env if name.startswith("OIDC_") and env[name]]
    if not given:
        return {}
    for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not env.get(name):
            raise SettingsError(f"{PREFIX}{name}: is needed where {PREFIX}{given[0]} is set.")
    issuer = _issuer(env["OIDC_ISSUER"])
    name = " ".join((env.get("OIDC_NAME") or urlsplit(issuer).hostname or "").split())
    if len(name) > LONGEST_PROVIDER_NAME:
        raise SettingsError(f"{PREFIX}OIDC_NAME: at most {LONGEST_PROVIDER_NAME} characters fit on a button.")
    trust = _one_of("OIDC_TRUST_EMAIL", env.get("OIDC_TRUST_EMAIL") or "verified", ("verified", "always", "never"))
    domains = tuple(word.lower().removeprefix("@") for word in _words(env.get("OIDC_DOMAINS", "")))
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise SettingsError(f"{PREFIX}OIDC_DOMAINS: {domain!r} is no domain such as example.com.")
    if domains and trust == "never":
        raise SettingsError(f"{PREFIX}OIDC_DOMAINS: means nothing where {PREFIX}OIDC_TRUST_EMAIL is never.")
    if find_spec("authlib") is None or find_spec("httpx2") is None:
        raise SettingsError(f"{PREFIX}OIDC_ISSUER: a provider needs the extra: pip install 'porchlight[oidc]'.")
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": env["OIDC_CLIENT_ID"],
        "oidc_client_secret": env["OIDC_CLIENT_SECRET"],
        "oidc_name": name,
        "oidc_domains": domains,
        "oidc_trust_email": trust,
    }


def _issuer(url: str) -> str:
    """Compared letter by letter with what the provider calls itself, so nothing is added or taken away."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    if not parts.hostname or not (parts.scheme == "https" or local) or parts.query or parts.fragment or "@" in url:
        raise SettingsError(f"{PREFIX}OIDC_ISSUER: needs an address such as https://accounts.example.com, not {url!r}.")
    if "/.well-known/" in url or len(url) > 255:
        raise SettingsError(f"{PREFIX}OIDC_ISSUER: the provider's name alone, without /.well-known/…")
    return url


def _token(name: str, text: str | None) -> str | None:
    if text and len(text) < 16:
        raise SettingsError(f"{PREFIX}{name}: needs at least 16 characters.")
    return text or None


def _megabytes(name: str, text: str) -> int:
    if not (text.isdecimal() and len(text) < 6):
        raise SettingsError(f"{PREFIX}{name}: a whole number of megabytes, 0 for none, not {text!r}.")
    return int(text)


def _domain(name: str, text: str | None) -> str | None:
    """A host's name alone, in small letters."""
    if not text:
        return None
    if not re.fullmatch(
        r"(?=.{1,180}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", text.lower()
    ):
        raise SettingsError(f"{PREFIX}{name}: needs a domain such as reply.example.com, not {text!r}.")
    return text.lower()


def _between(name: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and least <= int(text) <= most):
        raise SettingsError(f"{PREFIX}{name}: a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise SettingsError(f"{PREFIX}{name}: one of {', '.join(choices)}, not {value!r}.")
    return value


def _secret(env: Mapping[str, str], var: Path, *, embedded: bool, make: bool) -> str:
    if given := env.get("SECRET"):
        if len(given) < 32:
            raise SettingsError(f"{PREFIX}SECRET: needs at least 32 characters.")
        return given
    if not embedded:
        raise SettingsError(
            f"{PREFIX}SECRET: must be set when {PREFIX}DATABASE_URL is; make one with: openssl rand -hex 32"
        )
    file = var / "secret"
    if not make and not file.exists():
        return ""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return file.read_text().strip()
