"""A house: the real server with its worker on a database of its own, and a way to put people and posts into it."""

from __future__ import annotations

import email
import email.policy
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.app import build_site
from forum.clock import now
from forum.settings import Settings
from forum.web import Site
from tests.conftest import SECRET, fresh_database
from tests.doors import open_doors
from tests.factories import Make
from tests.packaging.serving import environment, free_port, serving

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class House:
    """A served site, seen from outside at `address` and from inside through `site`."""

    address: str
    site: Site
    make: Make
    var: Path

    def session_of(self, account: Account) -> str:
        """The cookie of a session that was just begun, for tests that are not about signing in."""
        token = secrets.token_urlsafe(32)
        expires = now() + timedelta(days=1)
        with self.site.database.writing() as session:
            session.add(AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=expires))
        return token

    def letter_to(self, address: str, about: str, patience: float = 20) -> EmailMessage:
        """The newest letter to somebody whose subject has some words; it may still be on its way."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            for file in sorted((self.var / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True):
                letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                if address in str(letter["to"]) and about.lower() in str(letter["subject"]).lower():
                    assert isinstance(letter, EmailMessage)
                    return letter
            time.sleep(0.1)
        raise AssertionError(f"No letter about {about!r} came to {address}.")


def link_in(letter: EmailMessage, containing: str) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return next(link for link in LINK.findall(body.get_content()) if containing in link)


@contextmanager
def running_house(
    folder: Path, *, demo: bool = False, new: bool = False, host: str = "127.0.0.1", **more: str
) -> Iterator[House]:
    """Migrate, fill (with the demonstration or nothing), serve with the worker beside, and take it all down again.

    A house is open; a `new` one is as the first start of a server makes it. `more` are settings of its server.
    """
    var, port = folder / "var", free_port()
    var.mkdir()
    address = f"http://{host}:{port}"
    with fresh_database(folder) as url:
        env = environment(
            var,
            PORCHLIGHT_DATABASE_URL=url,
            PORCHLIGHT_SECRET=SECRET,
            PORCHLIGHT_BASE_URL=address,
            PORCHLIGHT_DEMO="1" if demo else "",
            **{f"PORCHLIGHT_{name}": value for name, value in more.items()},
        )
        if demo:
            subprocess.run([sys.executable, "-m", "forum", "demo"], cwd=ROOT, env=env, check=True, capture_output=True)
        settings = Settings(database_url=url, var=var, secret=SECRET, base_url=address, demo=demo)
        if not (demo or new):
            open_doors(url)
        command = [sys.executable, "-m", "forum", "serve", "--port", str(port)]
        with serving(command, port, ROOT, env, folder / "server.log"):
            site = build_site(settings, rate_limits=False)
            try:
                yield House(address, site, Make(site.database), var)
            finally:
                site.database.dispose()
