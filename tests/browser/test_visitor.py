"""The tests' own eyes: what goes wrong in a browser, and what is wrong with a page, is noticed."""

from __future__ import annotations

import pytest

from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
WRONG = """
() => {
  const main = document.querySelector("main");
  main.insertAdjacentHTML("beforeend", "<h1 id='main'>Again</h1><label for='nowhere'>Name</label>");
  main.insertAdjacentHTML("beforeend", "<p class='wide'>wide</p>");
  document.querySelector(".wide").style.width = "2000px";
  document.querySelector("main a").textContent = "";
}
"""


def test_errors_refusals_and_missing_files_are_noticed(house, visit: Visit):
    visitor = visit(house)
    visitor.open("/people")

    visitor.page.evaluate("console.error('a word on the console')")
    visitor.page.evaluate("setTimeout(() => { throw new Error('an exception') })")
    visitor.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b style=\"color: red\">inline</b>')")
    visitor.page.evaluate("fetch('/no-such-page')")
    visitor.page.wait_for_timeout(500)
    noticed, visitor.problems[:] = "\n".join(visitor.problems), []

    for words in ("a word on the console", "an exception", "style-src", "answered 404"):
        assert words in noticed


def test_what_is_wrong_with_a_page_is_noticed(house, visit: Visit):
    visitor = visit(house)
    visitor.open("/people")
    assert every_complaint(visitor.page) == []

    visitor.page.evaluate(WRONG)
    complaints = "\n".join(every_complaint(visitor.page))

    for words in ("2 h1", "the id main twice", "a label for nowhere", "px wide in a window of 360", "link-name"):
        assert words in complaints
