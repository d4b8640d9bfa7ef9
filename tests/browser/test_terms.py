"""An admin publishes terms, a newcomer agrees to them, and a new version asks somebody in the middle of an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House, running_house
from tests.browser.test_story import Cast
from tests.browser.visitor import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def own_house(tmp_path):
    """Terms are asked of everybody, so not in the house of all."""
    with running_house(tmp_path) as house:
        yield house


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_terms_are_published_agreed_to_and_asked_for_again(own_house: House, visit: Visit, scripts: bool):
    cast, wrong = Cast(own_house, visit, scripts, suffix="terms"), []
    thread = own_house.make.thread(title="How does it go on?")

    def look(person) -> None:
        if scripts:
            wrong.extend(f"{person.path}: {complaint}" for complaint in every_complaint(person.page))

    admin, bea = cast.enter("ada", admin=True), cast.enter("bea")
    admin.open("/admin/terms")
    look(admin)
    admin.main.get_by_label("Terms", exact=True).fill("Be *kind*, and keep it legal.")
    admin.press("Save the draft")
    admin.reads("The draft is saved.", within=admin.page.locator("body"))
    look(admin)
    admin.press("Publish")
    admin.reads("The terms are published.", within=admin.page.locator("body"))
    look(admin)

    nia = cast.stranger()
    nia.open("/register")
    nia.main.get_by_label("Handle").fill("nia-terms")
    nia.main.get_by_label("E-mail address").fill("nia-terms@example.org")
    nia.main.get_by_label("Password", exact=True).fill(PASSWORD)
    with nia.expecting(422):
        nia.press("Agree and make the account")
        nia.reads("An account takes your agreement to the terms.")
    look(nia)
    nia.main.get_by_label("I agree to the terms").check()
    nia.main.get_by_label("Password", exact=True).fill(PASSWORD)
    nia.press("Agree and make the account")
    nia.open("/settings/terms")
    nia.reads("You agreed on")
    look(nia)

    admin.open("/admin/terms")
    admin.main.get_by_label("Terms", exact=True).fill("Be kind, keep it legal, and short.")
    admin.press("Save the draft")
    admin.main.get_by_label("What is new").fill("Answers are to be short.")
    admin.main.get_by_label("Ask everybody for their agreement again").check()
    admin.press("Publish")

    bea.open("/")
    bea.reads("Agree to them to take part")
    look(bea)
    bea.open(f"/threads/{thread.id}/{thread.slug}")
    bea.main.locator("textarea[name=body]").last.fill("It goes on like this.")
    bea.main.locator("form", has=bea.page.locator("textarea[name=body]")).last.locator("button.primary").click()
    bea.reads("Please agree to the terms")
    bea.reads("Answers are to be short.")
    look(bea)
    bea.press("I agree")
    bea.reads("It goes on like this.")
    look(bea)
    bea.open("/settings/terms")
    bea.reads("Version 2")
    bea.follow("Terms", bea.page.get_by_role("contentinfo"))
    bea.reads("All versions")
    look(bea)
    expect(bea.main.get_by_text("Be kind, keep it legal, and short.")).to_be_visible()
    assert not wrong, "\n".join(wrong)
