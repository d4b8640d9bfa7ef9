"""A post that meets an expired session: it is parked, and after signing in it is shown and sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from forum.accounts.models import AccountSession
from forum.accounts.passwords import hash_password
from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.visitor import PASSWORD

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_nothing_typed_is_lost(house, visit: Visit, scripts):
    reader = house.make.account(password_hash=hash_password(PASSWORD))
    thread = house.make.thread(title="Which port does the daemon use?")
    visitor = visit(house, scripts=scripts).be(reader)
    visitor.open(f"/threads/{thread.id}")
    visitor.main.get_by_role("textbox", name="Your answer").fill("It uses port **4711**, see the manual.")
    with house.site.database.writing() as session:
        session.execute(delete(AccountSession).where(AccountSession.account_id == reader.id))

    visitor.press("Post answer")
    visitor.fill_sign_in(reader.handle)
    visitor.reads("What you wrote is still here")
    visitor.reads("It uses port **4711**, see the manual.")
    assert every_complaint(visitor.page) == [] if scripts else True
    visitor.press("Send it now")

    expect(visitor.main.get_by_role("article").locator("strong").filter(has_text="4711")).to_be_visible()
    assert visitor.path.startswith(f"/threads/{thread.id}/")
