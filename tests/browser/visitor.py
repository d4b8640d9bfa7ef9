"""Somebody at a browser: what they do, and what their browser complained about meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, WebError, expect
from playwright.sync_api import Request as SentRequest

from forum.accounts.models import Account
from tests.browser.house import House

PASSWORD = "a lamp left on all night"
REPORT_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`));
"""


class Visitor:
    """A browser context with one page.

    `problems` fills with whatever went wrong on the way: errors on the console, uncaught
    exceptions, what the content security policy refused, requests that failed, error pages.
    """

    def __init__(self, house: House, context: BrowserContext, *, scripts: bool) -> None:
        self.house, self.context, self.scripts = house, context, scripts
        self.problems: list[str] = []
        self._expected: set[int] = set()
        context.add_init_script(REPORT_POLICY)
        context.on("console", self._said)
        context.on("weberror", self._threw)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        self.page: Page = context.new_page()

    def open(self, path: str) -> Response:
        address = path if path.startswith("http") else self.house.address + path
        response = self.page.goto(address)
        assert response is not None
        return response

    def be(self, account: Account) -> Visitor:
        """Be signed in from now on, without the sign-in page."""
        token = self.house.session_of(account)
        self.context.add_cookies([{"name": "session", "value": token, "url": self.house.address}])
        return self

    def sign_in(self, name: str, password: str = PASSWORD) -> Visitor:
        self.open("/login")
        self.fill_sign_in(name, password)
        return self

    def fill_sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.main.get_by_label("Handle or e-mail address").fill(name)
        self.main.get_by_label("Password", exact=True).fill(password)
        self.press("Sign in")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.house.address)

    def press(self, name: str, within: Locator | None = None) -> None:
        (within or self.main).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str, within: Locator | None = None) -> None:
        (within or self.main).get_by_role("link", name=name, exact=True).click()

    def fold_out(self, name: str, within: Locator | None = None) -> None:
        """Open a <details> by its summary, which may end with what is set now."""
        (within or self.main).locator("summary").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\b")).click()

    def reads(self, text: str | re.Pattern[str], within: Locator | None = None) -> None:
        expect((within or self.main).get_by_text(text).first).to_be_visible()

    def never_reads(self, text: str) -> None:
        assert text not in self.page.content()

    def mark(self) -> None:
        """Leave a mark in the page that only a reload wipes out."""
        self.page.evaluate("window.stillHere = true")

    def stayed(self) -> bool:
        return bool(self.page.evaluate("window.stillHere === true"))

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """While the block runs, replies with these statuses are what the test wants."""
        self._expected |= set(statuses)
        yield
        self.settle()
        self._expected -= set(statuses)

    def settle(self) -> None:
        """Let what the browser has to say arrive."""
        for page in self.context.pages:
            page.wait_for_timeout(20)

    def leave(self, picture: Path | None) -> None:
        """Close the browser, with a picture of each page when one is wanted."""
        self.settle()
        if picture is not None:
            picture.parent.mkdir(parents=True, exist_ok=True)
            for number, page in enumerate(self.context.pages):
                page.screenshot(path=picture.with_stem(f"{picture.stem}-{number}"), full_page=True)
        self.context.close()

    def _said(self, message: ConsoleMessage) -> None:
        # Failed requests are heard of with their status, by `_answered`.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _threw(self, error: WebError) -> None:
        self.problems.append(f"exception: {error.error}")

    def _failed(self, request: SentRequest) -> None:
        # Going elsewhere aborts what was still on its way; pictures on the internet are out of reach here.
        if request.failure != "net::ERR_ABORTED" and request.url.startswith(self.house.address):
            self.problems.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.problems.append(f"answered {response.status}: {response.request.method} {response.url}")
