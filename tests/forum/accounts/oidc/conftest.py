"""A site with a sign-in provider, and people who go there and back by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import select

from forum.accounts.models import Account, SecurityEvent
from forum.accounts.oidc.models import LinkedIdentity
from forum.settings import Settings
from tests.browse import Browser
from tests.sign_in_provider import CLIENT, CLIENT_SECRET, Provider, running_provider

BACK = "http://testserver/login/oidc/callback"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider(BACK) as provider:
        yield provider


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    return replace(
        settings,
        oidc_issuer=provider.address,
        oidc_client_id=CLIENT,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Example",
    )


@pytest.fixture
def eva(provider: Provider) -> str:
    """Somebody at the provider, whose address it has verified; she has no account here."""
    claims = {"email": "eva@example.net", "email_verified": True, "preferred_username": "Eva", "name": "Eva Blum"}
    return provider.person("e-1", **claims)


@pytest.fixture
def linked(database: Any, provider: Provider) -> Any:
    """Lets somebody at the provider sign in to an account."""

    def linked(account: Account, subject: str, **claims: Any) -> str:
        with database.writing() as session:
            session.add(LinkedIdentity(account_id=account.id, issuer=provider.address, subject=subject))
        return provider.person(subject, **claims)

    return linked


def leave(browser: Browser, path: str = "/login/oidc", **fields: Any) -> str:
    """Press a button that leads to the provider; where it leads."""
    page = browser.post(path, {"remembered": "y", **fields})
    assert page.status_code == 200, page.text
    return str(page.headers["refresh"]).removeprefix("0; url=")


def sign_in_there(address: str, who: str, cookie: str = "") -> str:
    """Say who one is over there, or be known by a cookie; where the provider leads back to."""
    headers = {"Cookie": f"provider-session={cookie}"} if cookie else {}
    if cookie:
        answer = httpx2.get(address, headers=headers)
        if answer.status_code == 200:  # it asks all the same
            answer = httpx2.post(address, data={"who": who}, headers=headers)
    else:
        answer = httpx2.post(address, data={"who": who})
    assert answer.status_code == 303, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def go(browser: Browser, who: str, path: str = "/login/oidc", *, cookie: str = "", **fields: Any) -> Any:
    """All of it: away, there, and back."""
    return browser.get(sign_in_there(leave(browser, path, **fields), who, cookie))


def links(database: Any) -> list[tuple[int, str]]:
    with database.reading() as session:
        found = session.execute(select(LinkedIdentity.account_id, LinkedIdentity.subject).order_by(LinkedIdentity.id))
        return [tuple(row) for row in found]


def accounts(database: Any) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Account.handle).order_by(Account.id)))


def kinds(database: Any, account: Account) -> list[str]:
    with database.reading() as session:
        mine = select(SecurityEvent.kind).where(SecurityEvent.account_id == account.id)
        return [kind.value for kind in session.scalars(mine.order_by(SecurityEvent.id))]
