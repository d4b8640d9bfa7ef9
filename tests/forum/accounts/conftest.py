"""What tests of accounts need: passwords at a low cost, and the letters that were sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pyotp
import pytest
from sqlalchemy import update

from forum.accounts.factors import recovery, totp
from forum.accounts.models import Account, AccountSession
from forum.accounts.passwords import hash_password
from forum.clock import now
from forum.jobs import Workshop
from forum.web import Site
from tests.browse import Browser

PASSWORD = "four plain words here"
Letters = Callable[[], list[EmailMessage]]


@pytest.fixture
def letters(site: Site) -> Letters:
    """Work off the jobs, and read all mail so far, oldest first."""

    def read() -> list[EmailMessage]:
        Workshop(site.database, site.jobs).drain()
        files = sorted((site.settings.var / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]

    return read


@pytest.fixture
def ana(make: Any) -> Any:
    """Somebody with a password and a confirmed address."""
    return make.account("ana", display_name="Ana Lopes", password_hash=hash_password(PASSWORD))


@dataclass(frozen=True)
class Protected:
    """What somebody with a code app has: its secret, and their recovery codes."""

    account: Account
    secret: str
    codes: list[str]

    def code(self, ahead: int = 0) -> str:
        """What the app shows now, or will so many periods later."""
        return str(pyotp.TOTP(self.secret).at(now() + timedelta(seconds=30 * ahead)))


@pytest.fixture
def protect(site: Site) -> Callable[[Account], Protected]:
    def give(account: Account) -> Protected:
        secret = pyotp.random_base32()
        with site.database.writing() as session:
            totp.keep(session, site.settings, account.id, secret, 0)
            codes = recovery.renew(session, account.id)
        return Protected(account, secret, codes)

    return give


@pytest.fixture
def protected(ana: Account, protect: Callable[[Account], Protected]) -> Protected:
    """Ana, with a code app."""
    return protect(ana)


def enter(browser: Browser, name: str = "ana", password: str = PASSWORD, **more: Any) -> Any:
    """The first half of signing in, or all of it where there is no second."""
    return browser.post("/login", {"name": name, "password": password, **more}, follow_redirects=False)


def is_in(browser: Browser) -> bool:
    return browser.get("/settings/security", follow_redirects=False).status_code == 200


def long_ago(site: Site, account: Account) -> None:
    """Let all sessions of somebody be ones in which they proved who they are yesterday."""
    with site.database.writing() as session:
        sessions = update(AccountSession).where(AccountSession.account_id == account.id)
        session.execute(sessions.values(confirmed_at=now() - timedelta(days=1)))


def link_in(letter: EmailMessage) -> str:
    """The path of a letter's one link."""
    text = letter.get_body(("plain",)).get_content()
    return re.search(r"http://testserver(/\S+)", text).group(1)
