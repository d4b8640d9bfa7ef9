"""Two accounts of one person, made one by an admin in the browser, to the end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.house import House

pytestmark = pytest.mark.browser
PATIENCE = 90


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_admin_makes_two_accounts_one(house: House, visit: Visit, scripts):
    old, new = f"twice{int(scripts)}-old", f"twice{int(scripts)}"
    gone, _stays = house.make.account(old, display_name="Tess Twice"), house.make.account(new)
    house.make.thread(author=gone, title="A question of long ago")
    admin = visit(house, scripts=scripts, viewport={"width": 360, "height": 740}).be(
        house.make.admin(f"merger{int(scripts)}")
    )
    admin.open(f"/admin/people/{old}")
    admin.follow("Merge into another account")
    admin.main.get_by_label("The account that stays").fill("nobody-like-this")
    admin.press("See what would happen")
    admin.reads("There is nobody by that name here.")
    admin.main.get_by_label("The account that stays").fill(new)
    admin.press("See what would happen")
    admin.reads(f"@{old} becomes part of @{new}")
    admin.reads("questions and discussions: 1")
    admin.main.get_by_label("How you know").fill("She wrote from both addresses")
    admin.main.get_by_label("The handle that goes").fill("wrong")
    with admin.expecting(422):
        admin.press("Make the two one")
        admin.reads("to say that you mean it")
    expect(admin.main.get_by_label("How you know")).to_have_value("She wrote from both addresses")
    admin.main.get_by_label("The handle that goes").fill(old)
    admin.press("Make the two one")
    row = admin.main.get_by_role("listitem").filter(has_text=f"@{old}")
    for _turn in range(PATIENCE):
        if row.filter(has_text="Done").count():
            break
        admin.page.wait_for_timeout(1000)
        admin.page.reload()
    expect(row).to_contain_text("Done")
    admin.open(f"/people/{old}")
    assert admin.path == f"/people/{new}"
    admin.reads("A question of long ago")
