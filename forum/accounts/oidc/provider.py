"""The provider that people sign in with: where it answers, and whom it says somebody is.

Its libraries are an extra, and are loaded by whoever first goes there (`wire`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import structlog
from anyio import fail_after, to_thread

from forum.accounts.names import clean_email
from forum.accounts.oidc.models import LONGEST
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.settings import LOCAL_HOSTS, Settings

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")
CALLBACK = "/login/oidc/callback"
PATIENCE = 8.0
"""Seconds that all questions to the provider may take together that one request leads to."""
KEPT = 24 * 60 * 60.0
"""Seconds for which its document and its keys are good; after them old ones stand in while it does not answer."""
FRESH = 60
"""Seconds that a sign-in over there may be old, or its clock off, and still count as made just now."""
log = structlog.get_logger()


class ProviderError(Exception):
    """Nobody is known by it; its text is for the person."""


class Away(ProviderError):
    """The provider gave no answer, or none that makes sense."""


class Refused(ProviderError):
    """It answered, and what it said proves nobody."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as the provider vouches for them. `email` is theirs for certain only where it is `verified`."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    names: tuple[str, ...] = ()
    display_name: str = ""
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trip:
    """The words that a browser takes along or leaves here, and the address it goes to."""

    state: str
    nonce: str
    verifier: str
    address: str


def offered(settings: Settings) -> str | None:
    """What the provider is called on its button, if the site has one."""
    return settings.oidc_name if settings.oidc_issuer else None


@lru_cache(maxsize=4)
def provider_of(settings: Settings) -> Provider:
    return Provider(settings)


class Provider:
    """One site's provider, with what was read of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._document: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._read_at = self._keys_at = -KEPT

    async def trip(self, *, anew: bool = False) -> Trip:
        """A way there and back; `anew` asks for a sign-in over there even of whoever is signed in.

        Raises:
            Away: nobody knows where it lies.
        """

        async def make(wire: ModuleType) -> Trip:
            document = await self._read(wire)
            return Trip(*wire.way_there(self.settings, document, anew=anew))

        return await self._ask(make)

    async def identify(self, code: str, verifier: str, nonce: str, *, dated: bool = False) -> Identity:
        """Whom a code stands for; `dated` asks that it is said when they signed in.

        Raises:
            Away, Refused
        """

        async def ask(wire: ModuleType) -> Identity:
            document = await self._read(wire)
            async with wire.line(self.settings, document) as client:
                token = await wire.redeem(client, document, code, verifier)
                claims = await self._claims(wire, token, nonce)
                if "email" not in claims and document.get("userinfo_endpoint"):
                    claims |= await wire.more_of(client, document["userinfo_endpoint"], claims["sub"])
            return self._identity(claims, dated=dated)

        return await self._ask(ask)

    async def look(self) -> None:
        """Ask for all that can be asked without a person.

        Raises:
            Away: it does not answer as a provider does; with a plain reason.
        """

        async def ask(wire: ModuleType) -> None:
            await self._read(wire)
            await self._read_keys(wire)

        await self._ask(ask)

    async def _ask(self, work: Callable[[ModuleType], Awaitable[T]]) -> T:
        """Do what needs the provider, in bounded time; importing what that takes does not hold up the loop."""
        wire = await to_thread.run_sync(_wire)
        name = self.settings.oidc_name
        try:
            with fail_after(PATIENCE):
                return await work(wire)
        except ProviderError as error:
            log.warning("sign-in provider", error=str(error), cause=str(error.__cause__ or ""))
            raise type(error)(str(error).format(name=name)) from error.__cause__
        except TimeoutError as error:
            log.warning("sign-in provider", error=f"no answer in {PATIENCE} s")
            raise Away(_("{name} does not answer at the moment.").format(name=name)) from error

    async def _read(self, wire: ModuleType) -> dict[str, Any]:
        """Where it answers, as it says itself; an old copy is better than none."""
        if time.monotonic() - self._read_at >= KEPT:
            try:
                self._document = await wire.discover(self.settings)
                self._read_at = time.monotonic()
            except Away:
                if not self._document:
                    raise
        return self._document

    async def _read_keys(self, wire: ModuleType) -> None:
        self._keys = await wire.keys_at(self.settings, self._document["jwks_uri"])
        self._keys_at = time.monotonic()

    async def _claims(self, wire: ModuleType, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """What its token says, once its keys prove it; keys that do not fit are asked for anew, once."""
        kept = time.monotonic() - self._keys_at < KEPT
        if not kept:
            await self._read_keys(wire)
        try:
            claims: dict[str, Any] = wire.claims_of(self.settings, self._document, self._keys, token, nonce)
        except wire.UnknownKey:
            if not kept:
                raise
            await self._read_keys(wire)
            claims = wire.claims_of(self.settings, self._document, self._keys, token, nonce)
        return claims

    def _identity(self, claims: Mapping[str, Any], *, dated: bool) -> Identity:
        subject, signed_in_at = claims["sub"], _moment(claims.get("auth_time"))
        if dated and signed_in_at is None:
            raise Refused(_("{name} did not say when you signed in there, so it proves nothing. Use another way."))
        if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST or "\0" in subject:
            raise Refused(_("What {name} said of you makes no sense here."))
        email = _email(_text(claims, "email"))
        return Identity(
            issuer=self.settings.oidc_issuer or "",
            subject=subject,
            email=email,
            verified=bool(email) and self._trusts(claims.get("email_verified")),
            names=tuple(_text(claims, name) for name in ("preferred_username", "nickname", "name")),
            display_name=_text(claims, "name"),
            signed_in_at=signed_in_at,
        )

    def _trusts(self, said: Any) -> bool:
        """Whether an address counts as theirs; some providers say it as a word."""
        trust = self.settings.oidc_trust_email
        return trust == "always" or (trust == "verified" and (said is True or said == "true"))


def safe_address(settings: Settings, address: object) -> bool:
    """Whether a secret may be sent there: over https, or to this machine from a provider on it."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    local = urlsplit(settings.oidc_issuer or "").scheme == "http" and parts.hostname in LOCAL_HOSTS
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


def _wire() -> ModuleType:
    from forum.accounts.oidc import wire  # noqa: PLC0415 - an extra, and seldom needed

    return wire


def _text(claims: Mapping[str, Any], name: str) -> str:
    said = claims.get(name)
    return said.replace("\0", "")[:LONGEST] if isinstance(said, str) else ""


def _email(text: str) -> str:
    try:
        return clean_email(text) if text else ""
    except Invalid:
        return ""


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None
