"""The first run, as its admin lives it: from an empty database to an open site."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House, running_house
from tests.browser.visitor import PASSWORD

pytestmark = pytest.mark.browser

CODE = re.compile("([2-9A-Z]{4}-){3}[2-9A-Z]{4}")


@pytest.fixture
def new_house(tmp_path):
    with running_house(tmp_path, new=True) as house:
        yield house


@pytest.fixture
def code(new_house: House) -> str:
    found = CODE.search((new_house.var.parent / "server.log").read_text())
    assert found is not None
    return found.group()


def logo() -> bytes:
    made = BytesIO()
    Image.new("RGB", (240, 48), "navy").save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_an_empty_database_to_an_open_site(new_house: House, code: str, visit: Visit, scripts: bool) -> None:
    rosa, visitor = visit(new_house, scripts=scripts), visit(new_house)
    wrong: list[str] = []

    def look() -> None:
        if scripts:
            wrong.extend(f"{rosa.path}: {complaint}" for complaint in every_complaint(rosa.page))

    rosa.open("/")
    assert rosa.path == "/setup"
    look()
    rosa.main.get_by_label("Set-up code").fill(code.lower())
    rosa.main.get_by_label("Handle").fill("rosa")
    rosa.main.get_by_label("Display name").fill("Rosa Lind")
    rosa.main.get_by_label("E-mail address").fill("rosa@example.org")
    rosa.main.get_by_label("Password").fill(PASSWORD)
    rosa.press("Make the admin's account")
    rosa.reads("Welcome, Rosa Lind. This site is yours to set up.")
    rosa.reads("0 of 8 steps are done.")
    look()

    rosa.follow("Give the site its name")
    rosa.main.get_by_label("Name of the site").fill("Example Community")
    rosa.main.get_by_label("Accent on light surfaces").fill("#ffdd00")
    with rosa.expecting(422):
        rosa.press("Save name and colours")
        rosa.reads(re.compile("text needs 4.5. The nearest colour with that is #"))
    look()
    nearest = re.findall("#[0-9a-f]{6}", rosa.main.locator(".error").inner_text())[-1]
    rosa.main.get_by_label("Accent on light surfaces").fill(nearest)
    rosa.press("Save name and colours")
    rosa.reads("Name and colours are saved. Every page has them now.")
    rosa.main.get_by_label("Picture").set_input_files(
        files=[{"name": "logo.png", "mimeType": "image/png", "buffer": logo()}]
    )
    rosa.press("Show this logo")
    expect(rosa.page.get_by_role("banner").get_by_role("img", name="Example Community")).to_be_visible()
    look()

    rosa.open("/setup")
    rosa.reads("3 of 8 steps are done.")
    rosa.follow("Try out the mail")
    rosa.press("Send me a test letter")
    rosa.reads("No mail server is set")
    look()

    rosa.open("/setup")
    rosa.follow("Name your products")
    rosa.main.get_by_label("Name", exact=True).fill("Example Sync")
    rosa.press("Add the product")
    rosa.reads("Example Sync is one of your products now.")

    rosa.open("/setup")
    rosa.follow("Say when staff are there")
    rosa.main.get_by_label("Saturday from").fill("10:00")
    rosa.main.get_by_label("Saturday to").fill("14:00")
    rosa.main.get_by_label("Holidays").fill("2026-12-25")
    look()
    rosa.press("Save")
    rosa.reads("The hours are saved.")

    rosa.open("/setup")
    rosa.follow("Write the guidelines")
    rosa.main.get_by_label("Guidelines").fill("Be *kind*.")
    rosa.press("Save the guidelines")
    rosa.reads("The guidelines are saved.")

    rosa.open("/setup")
    rosa.follow("Invite the first people")
    rosa.main.get_by_label("E-mail addresses").fill("sam@example.org, kit@example.org")
    rosa.main.get_by_label("They come as").select_option("Staff")
    rosa.press("Send invitations")
    rosa.reads("2 invitations are on their way.")
    look()

    rosa.open("/setup")
    rosa.reads("7 of 8 steps are done.")
    mail = rosa.main.locator("#step-mail")
    mail.get_by_role("button").click()
    expect(mail.get_by_text("Later", exact=True)).to_be_visible()
    expect(mail.get_by_role("button")).to_have_accessible_name(re.compile("^Take it up again ?: Try out the mail$"))
    look()

    with visitor.expecting(503):
        visitor.open("/")
        visitor.reads("Example Community is being set up. Please come back a little later.")
        wrong.extend(f"closed: {complaint}" for complaint in every_complaint(visitor.page))
        visitor.open("/threads.atom")

    rosa.press("Open the doors")
    rosa.reads("The doors are open: everybody can come in now.")
    look()
    visitor.open("/")
    visitor.follow("Guidelines", visitor.page.get_by_role("contentinfo"))
    expect(visitor.main.locator("em")).to_have_text("kind")
    assert not wrong, "\n".join(wrong)
