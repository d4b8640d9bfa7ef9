"""Somebody who has had enough of another: ignores them from a post, reads on in peace, shows one post, and stops."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.test_story import Cast

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_person_is_ignored_and_met_again(house: House, visit: Visit, scripts: bool):
    suffix = "ignjs" if scripts else "ignplain"
    cast, wrong = Cast(house, visit, scripts, suffix=suffix), []
    pest = house.make.account(f"pest-{suffix}", display_name=f"Pia {suffix}")
    thread = house.make.thread(title=f"Where is the peace, {suffix}?")
    answer = house.make.answer(thread, author=pest, body="Loud words.")
    house.make.thread(author=pest, title=f"A loud question, {suffix}")
    path = f"/threads/{thread.id}/{thread.slug}"

    def look(person) -> None:
        if scripts:
            wrong.extend(f"{person.path}: {complaint}" for complaint in every_complaint(person.page))

    bo = cast.enter("bo")
    bo.open(path)
    post = bo.main.locator(f"#answer-{answer.id}")
    expect(post.get_by_text("Loud words.")).to_be_visible()
    post.locator("details.menu > summary").first.click()
    post.get_by_role("link", name="Ignore who wrote this").click()
    bo.reads(f"Ignore Pia {suffix}")
    look(bo)
    bo.main.get_by_role("button", name="Ignore", exact=True).click()
    bo.reads(f"You ignore Pia {suffix} now.", within=bo.page.locator("body"))
    expect(bo.main.get_by_text(f"Post by Pia {suffix}, whom you ignore: show")).to_be_visible()
    bo.open(path)
    expect(bo.main.get_by_text("Loud words.")).to_be_hidden()
    bo.main.get_by_text(f"Post by Pia {suffix}, whom you ignore: show").click()
    expect(bo.main.get_by_text("Loud words.")).to_be_visible()
    look(bo)
    bo.open("/threads")
    expect(bo.main.get_by_text(f"A loud question, {suffix}")).to_be_hidden()
    look(bo)

    other = cast.enter("ike")
    other.open(path)
    expect(other.main.get_by_text("Loud words.")).to_be_visible()

    bo.open("/settings/ignored")
    bo.reads(f"Pia {suffix}")
    look(bo)
    bo.press("Stop")
    bo.open(path)
    expect(bo.main.get_by_text("Loud words.")).to_be_visible()
    assert not wrong, "\n".join(wrong)
