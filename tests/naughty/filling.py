"""Fills in every form that a role finds, whoever added it, one field at a time."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from starlette.routing import Match

from forum.accounts.models import Account
from forum.accounts.rules import REQUIRED_FROM, required_from
from forum.options import set_option
from forum.web import Site
from tests.browse import Browser
from tests.naughty.reading import Control, PageForm, Reading

PLAUSIBLE = {
    "title": "It stops syncing after the update",
    "subject": "It stops syncing after the update",
    "tags": "sync",
    "tag": "sync",
    "email": "somebody.new@example.com",
    "addresses": "somebody.new@example.com",
    "domains": "firm.example.com",
    "original": "1",
    "reason": "It belongs to another question.",
    "handle": "somebody",
    "website": "https://example.com/",
}
WORDS = "It happens every time, on every machine that we have tried here."


class Filler:
    def __init__(self, browser: Browser, account: Account | None, pages: list[str], site: Site) -> None:
        self.browser = browser
        self.account = account
        self.pages = pages
        self.site = site

    def enter(self) -> None:
        """Be signed in, whatever the form before did to one's sessions or asks of those with a role."""
        if self.asked_for_factors():
            self.site.database.write(lambda session: set_option(session, REQUIRED_FROM, ""))
        if self.account:
            self.browser.sign_in(self.account)

    def asked_for_factors(self) -> bool:
        with self.site.database.reading() as session:
            return required_from(session) is not None

    def forms(self, seen: set[Hashable]) -> Iterator[tuple[str, PageForm]]:
        """Each form with a field to type in that is not `seen` yet, and the page it stands on."""
        for address in self.pages:
            self.enter()
            reply = self.browser.get(address)
            assert reply.status_code < 500, address
            if "text/html" not in reply.headers["content-type"]:
                continue
            for form in Reading(reply.text).forms:
                key = self.key(address, form)
                if any(form.typed()) and key not in seen:
                    seen.add(key)
                    yield address, form

    def key(self, address: str, form: PageForm) -> Hashable:
        """What makes it the same form on another page, whatever it is about: its route and its fields."""
        path = urlsplit(urljoin(address, form.action)).path
        scope = {"type": "http", "path": path, "method": form.method.upper()}
        names = (route.name for route in self.site.routes if route.matches(scope)[0] is Match.FULL)
        return next(names, path), form.names

    def send(self, address: str, form: PageForm, filled: Mapping[str, str]) -> Any:
        """Send a form as it stands but for some fields."""
        self.enter()
        target = urljoin(str(self.browser.client.base_url.join(address)), form.action)
        pairs = list(_pairs(form, filled))
        if form.method == "get":
            query = [pair for pair in parse_qsl(urlsplit(target).query) if pair[0] not in filled]
            return self.browser.get(target.partition("?")[0] + "?" + encoded([*query, *pairs]))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.browser.client.post(target, content=encoded(pairs), headers=headers)


def _pairs(form: PageForm, filled: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    radios: dict[str, list[Control]] = {}
    for one in form.controls:
        if one.name in filled and one.is_typed:
            yield one.name, filled[one.name]
        elif one.kind == "radio":
            radios.setdefault(one.name, []).append(one)
        elif one.kind == "checkbox":
            if "checked" in one.offered:
                yield one.name, one.value
        elif one.kind == "file":
            continue
        elif one.kind == "select":
            yield one.name, one.value or next((value for value in one.offered if value), "")
        elif one.is_typed:
            yield one.name, one.value or (plausible(one) if one.kind == "textarea" or one.required else "")
        else:  # what was sent before is not the same form sent twice
            yield one.name, secrets.token_urlsafe(16) if one.name == "once" else one.value
    for name, group in radios.items():
        chosen = [one for one in group if "checked" in one.offered] or group
        yield name, chosen[0].value


def plausible(one: Control) -> str:
    return PLAUSIBLE.get(one.name, WORDS[: one.longest or None])


def encoded(pairs: list[tuple[str, str]]) -> str:
    """Lone surrogates as the bytes that a broken program sends."""
    return urlencode(pairs, errors="surrogatepass")


def as_kept(text: str) -> str:
    """What of a text is the same when it comes back: white space, and signs that nobody sees, are not."""
    shown = (one for one in unicodedata.normalize("NFC", text) if one.isspace() or unicodedata.category(one)[0] != "C")
    return " ".join("".join(shown).split())


def may_be_kept_as(text: str) -> set[str]:
    """A number comes back in the digits that the page counts in."""
    return {as_kept(text), ""} | ({str(int(text))} if text.strip().isdecimal() else set())


def holds(reading: Reading, text: str) -> bool:
    """Whether what was typed is in a field or in the words of a page."""
    fields = {as_kept(one.value) for form in reading.forms for one in form.controls}
    return as_kept(text) in fields or as_kept(text) in as_kept(reading.text)
