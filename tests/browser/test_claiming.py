"""Somebody from the former forum asks for their account by the address they had there, and finds what they wrote."""

from __future__ import annotations

import pytest

from forum.importers.discourse.actions import import_discourse
from tests.browser.conftest import Visit
from tests.browser.house import House, link_in
from tests.browser.visitor import PASSWORD
from tests.forum.importers.conftest import quiet
from tests.forum.importers.discourse import CATEGORIES, Folder, person, post, topic

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_imported_person_claims_the_account_with_its_posts(house: House, visit: Visit, tmp_path, scripts: bool):
    suffix = "js" if scripts else "plain"
    mo, address = person(900 + scripts, f"mo.{suffix}", name=f"Mo {suffix}"), f"mo-{suffix}@example.org"
    folder = Folder(tmp_path / f"former-{suffix}")
    folder.site(*CATEGORIES)
    folder.people(mo)
    title = f"Which lamp for the porch, {suffix}?"
    folder.topic(topic(1, title, [post(1, mo, 1, "It must be **warm**."), post(2, mo, 2, "I took the yellow one.")]))
    emails = tmp_path / "emails.csv"
    emails.write_text(f"mo.{suffix},{address}\n", encoding="utf-8")
    import_discourse(
        house.site.database, house.site.storage, folder.root, var=tmp_path, progress=quiet, cooks=0, emails=emails
    )

    reader = visit(house, scripts=scripts)
    reader.open("/login")
    reader.main.get_by_role("link", name="Forgot your password?").click()
    reader.reads("Did you take part in our former forum?")
    reader.main.get_by_label("E-mail address").fill(address)
    reader.press("Send the link")
    reader.open(link_in(house.letter_to(address, "Your account"), "/claim/").removeprefix(house.address))
    reader.reads(f"@mo-{suffix}")
    reader.main.get_by_label("New password").fill(PASSWORD)
    reader.press("Take over my account")

    reader.reads("This is your account from now on. Welcome!", within=reader.page.locator("body"))
    reader.reads(f"Mo {suffix}")
    reader.main.get_by_role("link", name=title).first.click()
    reader.reads("I took the yellow one.")
    reader.open("/t/which-lamp/1/2")
    reader.reads("I took the yellow one.")
