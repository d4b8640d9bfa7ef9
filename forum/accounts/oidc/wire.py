"""What is said to a provider over HTTP, and the check of its tokens. Importing it loads the libraries for that."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from forum.accounts.oidc.provider import CALLBACK, FRESH, Away, Refused, safe_address
from forum.i18n import gettext as _
from forum.settings import Settings

TIMEOUT = 5.0
"""Seconds for one connection, or between two pieces of an answer."""
LARGEST = 512 * 1024
LEEWAY = 60
"""Seconds that its clock may be off."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""What a token may be signed with: keys that only the provider has. `none` and shared secrets are not among them."""
SCOPE = "openid email profile"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TOLD = ("email", "email_verified", "name", "nickname", "preferred_username")
"""What may come from where it tells more. Nothing else: a token is signed, and this is not."""
WRONG = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError, KeyError, AttributeError)
"""What comes of a server that is away, or that says what no provider would."""


class UnknownKey(Refused):
    """The token may be signed with a key that came since ours were read."""


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of an answer, as long as there are not too many."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self.inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self.inner:
            size += len(piece)
            if size > LARGEST:
                raise httpx2.ReadError("the answer is too long")
            yield piece

    async def aclose(self) -> None:
        await self.inner.aclose()


async def _bound(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@asynccontextmanager
async def line(settings: Settings, document: Mapping[str, Any]) -> AsyncIterator[Any]:
    """A client for one conversation: it follows no redirect, and asks for answers whose length can be counted."""
    ways = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    async with AsyncOAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        token_endpoint_auth_method="client_secret_basic" if "client_secret_basic" in ways else "client_secret_post",
        redirect_uri=settings.base_url + CALLBACK,
        verify=_tls(),
        timeout=httpx2.Timeout(TIMEOUT),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_bound]},
    ) as client:
        yield client


async def discover(settings: Settings) -> dict[str, Any]:
    """The provider's own document.

    Raises:
        Away: it does not answer, or is somebody else.
    """
    issuer = settings.oidc_issuer or ""
    document = await _json(settings, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise Away(_("{name} does not answer as it should.")) from ValueError(
            f"it calls itself {document.get('issuer')!r}, not {issuer!r}"
        )
    wrong = [name for name in ENDPOINTS if not safe_address(settings, document.get(name))]
    if document.get("userinfo_endpoint") and not safe_address(settings, document["userinfo_endpoint"]):
        wrong.append("userinfo_endpoint")
    if wrong:
        raise Away(_("{name} does not answer as it should.")) from ValueError(f"{wrong[0]} is missing or not https")
    return document


async def keys_at(settings: Settings, address: str) -> dict[str, Any]:
    return await _json(settings, address)


def way_there(settings: Settings, document: Mapping[str, Any], *, anew: bool) -> tuple[str, str, str, str]:
    """State, nonce, verifier, and the address for a browser."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _number in range(3))
    again = {"prompt": "login", "max_age": str(FRESH)} if anew else {}
    address = prepare_grant_uri(
        document["authorization_endpoint"],
        client_id=settings.oidc_client_id,
        response_type="code",
        redirect_uri=settings.base_url + CALLBACK,
        scope=SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **again,
    )
    return state, nonce, verifier, str(address)


async def redeem(client: Any, document: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
    """The tokens for a code.

    Raises:
        Away, Refused
    """
    try:
        token = await client.fetch_token(
            document["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
        )
    except OAuthError as error:
        raise Refused(_("{name} did not let you in. Try again.")) from error
    except WRONG as error:
        raise Away(_("{name} does not answer at the moment.")) from error
    return dict(token)


def claims_of(
    settings: Settings, document: Mapping[str, Any], keys: Mapping[str, Any], token: Mapping[str, Any], nonce: str
) -> dict[str, Any]:
    """What a token says, if the provider signed it, for this site, for this trip, and a moment ago.

    Raises:
        Refused: it did not.
        UnknownKey: it may have, with a key that is not among these.
    """
    said = document.get("id_token_signing_alg_values_supported") or ["RS256"]
    registry = JWSRegistry(algorithms=[one for one in ALGORITHMS if one in said], strict_check_header=False)
    options = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    params = {"client_id": settings.oidc_client_id, "nonce": nonce, "access_token": token.get("access_token")}
    words = _("What {name} said of you could not be proven. Try again.")
    try:
        read = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), registry=registry)  # type: ignore[arg-type]
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(leeway=LEEWAY)
    except (InvalidKeyIdError, BadSignatureError) as error:
        raise UnknownKey(words) from error
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(words) from error
    return dict(claims)


async def more_of(client: Any, address: str, subject: str) -> dict[str, Any]:
    """What the provider tells of whoever the token is about, where the token itself is brief."""
    try:
        response = await client.get(address)
        response.raise_for_status()
        told = response.json()
        if told["sub"] != subject:
            raise Refused(_("What {name} said of you could not be proven. Try again."))
    except WRONG as error:
        raise Away(_("{name} does not answer at the moment.")) from error
    return {name: told[name] for name in TOLD if name in told}


async def _json(settings: Settings, address: str) -> dict[str, Any]:
    try:
        async with line(settings, {}) as client:
            response = await client.request("GET", address, withhold_token=True)
            response.raise_for_status()
            if not response.is_success:
                raise ValueError(f"status {response.status_code}")
            read = response.json()
    except WRONG as error:
        raise Away(_("{name} does not answer at the moment.")) from error
    if not isinstance(read, dict):
        raise Away(_("{name} does not answer as it should.")) from ValueError(f"no object at {address}")
    return read
