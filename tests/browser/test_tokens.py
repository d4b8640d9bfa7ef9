"""A new token: seen once and whole, copied by a button, and revoked or not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.house import House

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_new_token_is_read_whole_on_a_phone_and_a_reload_makes_no_second(house: House, visit: Visit, scripts):
    visitor = visit(house, scripts=scripts, viewport={"width": 360, "height": 740}).be(house.make.account())
    visitor.open("/settings/tokens")
    visitor.main.get_by_label("What is it for?").fill("Nightly report")
    visitor.press("Make the token")

    token = visitor.page.locator("#new-token")
    expect(token).to_contain_text("porch_")
    box = token.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    visitor.page.reload()
    expect(token).to_have_count(0)
    name = visitor.main.get_by_text("Nightly report", exact=True)
    expect(name).to_have_count(1)
    visitor.fold_out("Revoke")
    assert name.bounding_box()["height"] < 40


def test_it_is_copied_by_a_button_and_kept_after_all(house: House, visit: Visit):
    visitor = visit(house, permissions=["clipboard-read", "clipboard-write"]).be(house.make.account())
    visitor.open("/settings/tokens")
    visitor.main.get_by_label("What is it for?").fill("Nightly report")
    visitor.press("Make the token")
    visitor.press("Copy")

    visitor.reads("Copied")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied == visitor.page.locator("#new-token").inner_text()
    visitor.fold_out("Revoke")
    visitor.press("Cancel")
    expect(visitor.main.get_by_role("button", name="Revoke this token")).to_be_hidden()
    expect(visitor.main.locator("summary", has_text="Revoke")).to_be_focused()
