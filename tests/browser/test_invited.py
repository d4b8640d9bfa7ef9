"""An admin closes registration and invites; the newcomer comes by the letter; nobody comes by another way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House, link_in
from tests.browser.test_story import Cast
from tests.browser.visitor import PASSWORD

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_newcomer_comes_by_invitation_alone(house: House, visit: Visit, scripts: bool):
    suffix = "invjs" if scripts else "invplain"
    cast, wrong = Cast(house, visit, scripts, suffix=suffix), []
    address = f"nia-{suffix}@example.org"

    def look(person) -> None:
        if scripts:
            wrong.extend(f"{person.path}: {complaint}" for complaint in every_complaint(person.page))

    admin = cast.enter("ada", admin=True)
    admin.open("/admin/invitations")
    look(admin)
    admin.main.get_by_label("Only who is invited").check()
    admin.press("Save")
    admin.reads("Accounts are made by: Only who is invited", within=admin.page.locator("body"))
    admin.main.get_by_label("E-mail addresses").fill(f"{address}\nnot an address")
    with admin.expecting(422):
        admin.press("Send invitations")
        admin.reads("does not look like an e-mail address")
    look(admin)
    expect(admin.main.get_by_label("E-mail addresses")).to_have_value(f"{address}\nnot an address")
    admin.main.get_by_label("E-mail addresses").fill(address)
    admin.main.get_by_label("They come as").select_option("Moderator")
    admin.press("Send invitations")
    admin.reads("1 invitation is on its way.", within=admin.page.locator("body"))
    admin.reads(address)
    look(admin)

    passer_by = cast.stranger()
    passer_by.open("/login")
    passer_by.follow("Make an account")
    passer_by.reads("Accounts are made here by invitation only.")
    look(passer_by)

    nia = cast.stranger()
    link = link_in(house.letter_to(address, "invites you"), "/join/").removeprefix(house.address)
    nia.open(link)
    nia.reads(f"{address} is invited.")
    look(nia)
    nia.main.get_by_label("Handle").fill("no")
    nia.main.get_by_label("Display name").fill("Nia Okoro")
    nia.main.get_by_label("Password", exact=True).fill(PASSWORD)
    with nia.expecting(422):
        nia.press("Make the account")
        nia.reads("Use 3 to 30")
    expect(nia.main.get_by_label("Display name")).to_have_value("Nia Okoro")
    nia.main.get_by_label("Handle").fill(f"nia-{suffix}")
    nia.main.get_by_label("Password", exact=True).fill(PASSWORD)
    nia.press("Make the account")
    nia.open(f"/people/nia-{suffix}")
    nia.reads("Moderator")
    with passer_by.expecting(404):
        passer_by.open(link)

    admin.open("/admin/invitations")
    expect(admin.main.get_by_text(address)).to_have_count(0)
    admin.main.get_by_label("Everybody").check()
    admin.press("Save")
    assert not wrong, "\n".join(wrong)
