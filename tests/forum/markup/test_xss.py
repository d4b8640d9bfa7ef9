"""Payloads that ran somewhere once: nothing that could run is left, and nothing does run in Chromium."""

# ruff: noqa: E501 - tables of cases, one a line

import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest

from forum.markup import Uncookable, cook
from forum.markup.allowed import TAGS
from tests.shared_data import shared

ATTRIBUTES = frozenset(
    ["align", "alt", "class", "colspan", "dir", "height", "href", "loading", "open", "rel", "rowspan", "src", "start", "title", "width"]
)  # fmt: skip
ADDRESS = re.compile(r"(?!//)(?i:https?:|mailto:|[^:/?#]*(?:[/?#]|$))")
# Every way a payload shows that it ran ends in one of these.
HOOKS = """
window.ran = [];
for (const name of ['alert', 'prompt', 'confirm', 'print', 'open', 'fetch', 'postMessage'])
  window[name] = (...words) => { window.ran.push(name + ' ' + words.join(' ')); };
document.write = document.writeln = (...words) => { window.ran.push('write ' + words.join(' ')); };
for (const name of ['log', 'error', 'warn', 'info', 'debug', 'table'])
  console[name] = (...words) => { window.ran.push('console ' + words.join(' ')); };
"""


@cache
def cooked_payloads() -> list[str]:
    """Each payload as it is, and as a link, an image, in a block and in code."""
    payloads = [one["payload"] for one in json.loads(shared("xss.json").read_text(encoding="utf-8"))]
    assert len(payloads) == 2360
    return [html for payload in payloads if (html := _cooked(payload)) is not None]


def _cooked(source: str) -> str | None:
    try:
        return cook(source).html
    except Uncookable:
        return None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS - {"input"}:
            self.bad.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES or (name in {"href", "src"} and not ADDRESS.match(value or "")):
                self.bad.append(f"{name}={value}")

    def handle_comment(self, data):
        self.bad.append(f"<!--{data}")


def test_no_payload_leaves_a_tag_an_attribute_or_an_address_that_could_run():
    for html in cooked_payloads():
        reader = _Reader()
        reader.feed(html)
        reader.close()
        assert reader.bad == [], html


def test_almost_every_payload_is_cooked_and_not_refused():
    assert len(cooked_payloads()) >= 2350


def test_payloads_in_links_images_and_titles_leave_nothing_that_could_run():
    for one in json.loads(shared("xss.json").read_text(encoding="utf-8")):
        payload = one["payload"]
        for source in (
            f"[a]({payload})",
            f"![{payload}](/b '{payload}')",
            f"<a href='{payload}'>a</a>",
            f"<div>{payload}",
        ):
            reader = _Reader()
            reader.feed(_cooked(source) or "")
            assert reader.bad == [], source


def test_naughty_strings_cook_and_stay_text():
    for naughty in json.loads(shared("blns.json").read_text(encoding="utf-8")):
        cook(naughty)
        html = cook(f"`` {naughty} ``\n\n```\n{naughty}\n```").html
        reader = _Reader()
        reader.feed(html)
        assert reader.bad == []


@pytest.mark.browser
def test_no_payload_runs_in_chromium(chromium):
    outputs = cooked_payloads()
    for start in range(0, len(outputs), 100):
        _show(chromium, outputs[start : start + 100])


def _show(browser, outputs):
    """A page without a Content-Security-Policy: what is tested is the sanitiser alone."""
    page = browser.new_page()
    asked, dialogs = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append((request.resource_type, request.url)))
    page.on("popup", lambda popup: dialogs.append(popup.url))
    body = "".join(f"<article>{html}</article>" for html in outputs)
    page.add_init_script(HOOKS)
    page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8")
               if route.request.url == "http://page.example/" else route.abort())  # fmt: skip
    page.goto("http://page.example/", wait_until="domcontentloaded")
    assert page.locator("article").count() == len(outputs)
    page.evaluate(
        """() => {
            document.addEventListener('click', (event) => event.preventDefault());
            for (const one of document.querySelectorAll('article *'))
                for (const kind of ['mouseover', 'mouseenter', 'focus', 'click', 'toggle', 'animationend', 'pointerdown'])
                    one.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
        }"""
    )
    page.wait_for_timeout(50)
    assert page.evaluate("window.ran") == []
    assert dialogs == []
    assert {kind for kind, url in asked} <= {"document", "image", "other"}
    assert page.url == "http://page.example/"
    page.close()


@pytest.mark.browser
def test_the_browser_test_would_notice(chromium):
    for html in ("<img src=x onerror=alert(1)>", "<b onclick=confirm(1)>a</b>", "<script>print()</script>"):
        with pytest.raises(AssertionError):
            _show(chromium, [html])
