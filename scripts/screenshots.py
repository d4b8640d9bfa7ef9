"""Take the pictures that the README shows: the demonstration site, served for this purpose alone, in Chromium."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from forum.access import Role
from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.clock import now

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
WIDE, PHONE = (1280, 860), (360, 740)


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it; `first` is a link on it to follow before the picture is taken."""

    name: str
    path: str
    role: Role | None = None
    first: str = ""
    size: tuple[int, int] = WIDE
    dark: bool = False


SHOTS = (
    Shot("home", "/"),
    Shot("thread", "/threads?filter=solved", first="main article h3 a"),
    Shot("thread-dark", "/threads?filter=solved", first="main article h3 a", dark=True),
    Shot("thread-phone", "/threads?filter=solved", first="main article h3 a", size=PHONE),
    Shot("queue", "/moderation/queue", role=Role.MODERATOR),
    Shot("desk", "/desk", role=Role.STAFF),
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as var, _serving(Path(var)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for shot in SHOTS:
            _take(browser, shot, address, Path(var))
            print(FOLDER / f"{shot.name}.png")
        browser.close()


def _take(browser: Browser, shot: Shot, address: str, var: Path) -> None:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    if shot.role:
        context.add_cookies([{"name": "session", "value": _sign_in(var, shot.role), "url": address}])
    page = context.new_page()
    _open(page, f"{address}{shot.path}")
    if shot.first:
        _open(page, f"{address}{page.locator(shot.first).first.get_attribute('href')}")
    page.screenshot(path=FOLDER / f"{shot.name}.png")
    context.close()


def _open(page: Page, address: str) -> None:
    reply = page.goto(address, wait_until="networkidle")
    if reply is None or not reply.ok:
        sys.exit(f"{address} answered {reply.status if reply else 'nothing'}")


def _sign_in(var: Path, role: Role) -> str:
    """A session for the first account with a role, as signing in makes it."""
    token = secrets.token_urlsafe(32)
    with Session(create_engine(f"sqlite:///{var / 'porchlight.sqlite3'}")) as session:
        accounts = session.scalars(select(Account).order_by(Account.id))
        account = next(one for one in accounts if role in one.roles)
        expires = now() + timedelta(hours=1)
        session.add(AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=expires))
        session.commit()
    return token


@contextmanager
def _serving(var: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    here = {"PORCHLIGHT_VAR": str(var), "PORCHLIGHT_DEMO": "1", "PORCHLIGHT_BASE_URL": address}
    env = {key: value for key, value in os.environ.items() if not key.startswith("PORCHLIGHT_")} | here
    subprocess.run([sys.executable, "-m", "forum", "demo"], env=env, check=True)
    command = [sys.executable, "-m", "forum", "serve", "--port", str(port), "--no-worker"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"{address}/healthz")
            yield address
        finally:
            server.terminate()


def _wait_for(address: str) -> None:
    for _ in range(150):
        try:
            httpx2.get(address)
        except httpx2.TransportError:
            time.sleep(0.2)
        else:
            return
    sys.exit("The server did not answer.")


if __name__ == "__main__":
    main()
