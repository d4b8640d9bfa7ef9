"""Take the pictures that the README shows: the demonstration site, served for this purpose alone, in Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SIZE = (1280, 860)


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it; `links` are followed one after the other, then `at` is scrolled to."""

    name: str
    path: str
    who: str = ""
    links: tuple[str, ...] = ()
    at: str = ""
    dark: bool = False


CASE = 'main a:has-text("One Mac shows yesterday")'
SHOTS = (
    Shot("home", "/"),
    Shot("thread", "/threads?filter=solved", links=(CASE,)),
    Shot("queue", "/moderation/queue", who="mira"),
    Shot("desk", "/desk", who="sunita", dark=True),
    Shot(
        "ticket",
        "/threads?filter=solved",
        who="sunita",
        links=(CASE, 'main a[href^="/desk/tickets/"]'),
        at='main :text("Yes. Fix is in 6.4.2")',
    ),
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as var, _serving(Path(var)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for shot in SHOTS:
            _take(browser, shot, address)
            print(FOLDER / f"{shot.name}.png")
        browser.close()


def _take(browser: Browser, shot: Shot, address: str) -> None:
    width, height = SIZE
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if shot.who:
        _open(page, f"{address}/login")
        page.click(f"button[value='{shot.who}']")
    _open(page, f"{address}{shot.path}")
    for link in shot.links:
        _open(page, f"{address}{page.locator(link).first.get_attribute('href')}")
    if shot.at:
        page.locator(shot.at).first.evaluate("(element) => element.scrollIntoView({block: 'center'})")
    page.screenshot(path=FOLDER / f"{shot.name}.png")
    context.close()


def _open(page: Page, address: str) -> None:
    reply = page.goto(address, wait_until="load")
    if reply is None or not reply.ok:
        sys.exit(f"{address} answered {reply.status if reply else 'nothing'}")


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
