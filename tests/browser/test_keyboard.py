"""With the keyboard alone: past the navigation, through the form to ask, and along a list."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
FOCUSED = """
() => {
  const one = document.activeElement;
  const label = one.labels?.[0]?.innerText ?? one.getAttribute("aria-label") ?? one.innerText ?? "";
  const ringed = (box) => ["outlineStyle", "boxShadow"].some((name) => getComputedStyle(box)[name] !== "none");
  const frame = one.matches("textarea") && one.closest(".editor");
  return { name: label.trim().split("\\n")[0], seen: ringed(one) || (frame && ringed(frame)) };
}
"""


@pytest.fixture
def visitor(house, visit: Visit) -> Visitor:
    return visit(house).be(house.make.account())


def test_the_first_stop_skips_the_navigation(visitor):
    visitor.open("/threads")

    visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()


def test_the_form_to_ask_is_walked_in_reading_order_and_focus_is_always_seen(visitor):
    visitor.open("/ask")
    visitor.main.get_by_label("Title").focus()

    stops = walk(visitor, until="Ask the community")

    fields = ["Title", "Write", "What happened?", "Tags", "Version and system (optional)", "Question"]
    assert [stop for stop in stops if stop in fields] == fields
    assert stops[-1] == "Ask the community"


def test_a_thread_is_asked_and_sent_without_a_mouse(house, visitor):
    house.make.tag("keyboards")
    visitor.open("/ask")
    keys = visitor.page.keyboard
    visitor.main.get_by_label("Title").focus()
    keys.type("Can all of this be done with keys?")
    go_to(visitor, "What happened?")
    keys.type("I have no mouse. ")
    go_to(visitor, "Tags")
    keys.type("keyboards")
    keys.press("Escape")
    go_to(visitor, "Ask the community")
    keys.press("Enter")

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Can all of this be done with keys?")


def test_keys_lead_to_the_search_and_along_a_list(house, visitor):
    for title in ("The first of two for the keys", "The second of two for the keys"):
        house.make.thread(title=title)
    visitor.open("/threads")

    visitor.page.keyboard.press("j")
    first = visitor.page.evaluate("document.activeElement.innerText")
    visitor.page.keyboard.press("j")
    assert visitor.page.evaluate("document.activeElement.innerText") != first
    visitor.page.keyboard.press("k")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(first)

    visitor.page.keyboard.press("/")
    expect(visitor.page.get_by_role("searchbox", name="Search the site")).to_be_focused()
    visitor.page.keyboard.type("?")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


def test_help_opens_by_a_key_and_closes_by_escape(visitor):
    visitor.open("/threads")

    visitor.page.keyboard.press("?")
    expect(visitor.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


def walk(visitor: Visitor, until: str, most: int = 40) -> list[str]:
    """Press Tab until something has the focus; the names of all stops, each of which must show its focus."""
    stops = [visitor.page.evaluate(FOCUSED)["name"]]
    for _ in range(most):
        visitor.page.keyboard.press("Tab")
        stop = visitor.page.evaluate(FOCUSED)
        assert stop["seen"], f"{stop['name']} does not show that it has the focus"
        stops.append(stop["name"])
        if stop["name"] == until:
            return stops
    raise AssertionError(f"{until} was not reached by Tab: {stops}")


def go_to(visitor: Visitor, name: str) -> None:
    walk(visitor, until=name)
