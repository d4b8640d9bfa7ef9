"""An organisation, whole: made, joined by invitation, a ticket shared among colleagues, a product for them alone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.house import House, link_in
from tests.browser.test_story import Cast
from tests.browser.visitor import PASSWORD

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_organisation_is_made_joined_and_used(house: House, visit: Visit, scripts: bool):
    suffix = "orgjs" if scripts else "orgplain"
    cast = Cast(house, visit, scripts, suffix=suffix)
    company, secret = f"Acme {suffix}", f"Next year's model, {suffix}"
    address = f"eva-{suffix}@example.org"

    admin = cast.enter("ada", admin=True)
    admin.open("/admin/organisations")
    admin.main.get_by_role("link", name="New organisation").click()
    admin.main.get_by_label("Name").fill(company)
    admin.main.get_by_label("Plan").fill("Business")
    admin.main.get_by_label("Colleagues share tickets").check()
    admin.press("Add the organisation")
    admin.reads(f"{company} is an organisation now.", within=admin.page.locator("body"))
    admin.main.get_by_label("E-mail addresses").fill(f"gus-{suffix}@example.org, {address}")
    admin.press("Send invitations")
    admin.reads("2 invitations are on their way.", within=admin.page.locator("body"))

    gus = cast.enter("gus")
    letter = house.letter_to(f"gus-{suffix}@example.org", "Join")
    gus.open(link_in(letter, "/invitations/").removeprefix(house.address))
    gus.press("Accept the invitation")
    gus.reads(f"You belong to {company}")
    gus.open("/tickets/new")
    gus.main.get_by_label("What is it about?").fill(f"The invoice came twice, {suffix}")
    gus.main.get_by_label("What happens, and what did you expect?").fill("We paid in May.")
    gus.press("Send to staff")

    eva = cast.stranger()
    invitation = link_in(house.letter_to(address, "Join"), "/invitations/").removeprefix(house.address)
    eva.open(invitation)
    eva.main.get_by_role("link", name="Make an account").click()
    eva.main.get_by_label("Handle").fill(f"eva-{suffix}")
    eva.main.get_by_label("Password", exact=True).fill(PASSWORD)
    eva.press("Make the account")
    eva.open("/settings/organisation")
    eva.reads(company)

    eva.open("/tickets")
    eva.main.get_by_role("link", name=company).click()
    eva.follow(f"The invoice came twice, {suffix}")
    eva.reads("We paid in May.")

    admin.open("/admin/products")
    admin.main.get_by_label("Name", exact=True).fill(secret)
    admin.main.get_by_label("Members of chosen organisations").check()
    admin.main.get_by_role("textbox", name="Organisations").fill(company)
    admin.press("Add the product")

    stranger, plain = cast.stranger(), cast.enter("pip")
    for person, sees in ((eva, True), (gus, True), (stranger, False), (plain, False)):
        person.open("/threads")
        assert (secret in (person.page.text_content("main") or "")) == sees
