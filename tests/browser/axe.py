"""What axe, and a few questions of our own, find wrong with the page that is open."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.house import ROOT

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
async (options) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false, ...options });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, target }) => `${id}: ${help}: ${target.join(" ")}: ${html.slice(0, 160)}`));
}
"""
FOLD_OUT = """
() => {
  for (const one of document.querySelectorAll("main details:not(.menu)")) one.open = true;
}
"""
SHAPE = """
() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all("[id]").map((one) => one.id);
  const twice = [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
  const labels = all("label[for]").map((label) => label.htmlFor);
  const lost = labels.filter((id) => !document.getElementById(id));
  return [
    ...(all("h1").length === 1 ? [] : [`${all("h1").length} h1`]),
    ...twice.map((id) => `the id ${id} twice`),
    ...lost.map((id) => `a label for ${id}, which is not there`),
    ...(document.documentElement.lang ? [] : ["no language"]),
    ...(document.title.trim().length > 3 ? [] : ["no title"]),
    ...all("form").filter((form) => form.querySelector("form")).map(() => "a form in a form"),
  ];
}
"""
TWO_FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
WIDER = """
() => {
  const edge = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= edge) return [];
  const out = [...document.querySelectorAll("body *")].filter((one) => {
    const { left, right } = one.getBoundingClientRect();
    return right > edge + 1 || left < -1;
  });
  const names = out.slice(0, 3).map((one) => `<${one.localName} class="${one.getAttribute("class") ?? ""}">`);
  return [`${document.scrollingElement.scrollWidth} px wide in a window of ${edge}: ${names.join(" ")}`];
}
"""


@cache
def _source() -> str:
    file = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        pytest.fail("axe-core is not installed: run `make assets`", pytrace=False)
    return file.read_text()


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds, of all standards or of some rules only."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_source())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": STANDARDS}
    found: list[str] = page.evaluate(RUN, {"runOnly": only})
    return found


def every_complaint(page: Page) -> list[str]:
    """A page in light and dark, wide and narrow, with all that can be folded out of its main part."""
    page.evaluate(FOLD_OUT)
    _set(page, 1280, "light")
    found = [*page.evaluate(SHAPE), *violations(page)]
    _set(page, 1280, "dark")
    found += [f"dark: {one}" for one in violations(page, "color-contrast")]
    _set(page, 360, "light")
    found += [f"at 360 px: {one}" for one in violations(page)]
    found += wider(page)
    page.evaluate("document.documentElement.dir = 'rtl'")
    found += [f"right to left: {one}" for one in wider(page)]
    return list(dict.fromkeys(found))


def wider(page: Page) -> list[str]:
    """What sticks out of a narrow window."""
    found: list[str] = []
    for width in (360, 320):
        _set(page, width, "light")
        found += page.evaluate(WIDER)
    return found


def _set(page: Page, width: int, colours: Any) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=colours)
    page.evaluate(TWO_FRAMES)  # the page hears of its new size when it is next drawn
