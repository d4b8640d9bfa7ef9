"""One's own data, walked as the person and as the admin: an archive fetched and opened, and an erasure to its end."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.house import House

pytestmark = pytest.mark.browser
PATIENCE = 90_000
"""Milliseconds for the worker: what was sent just before is waited for, so an erasure takes half a minute."""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_somebody_takes_their_data_away_and_reads_it_without_a_network(house: House, visit: Visit, tmp_path, scripts):
    account = house.make.account(f"packer{int(scripts)}")
    house.make.thread(author=account, title="Where do the boxes go?", body="I have **nine** of them.")
    person = visit(house, scripts=scripts, viewport={"width": 360, "height": 740}).be(account)
    person.open("/settings/profile")
    person.page.get_by_role("link", name="Your data", exact=True).click()
    person.press("Make an archive")
    person.reads("Being made.")
    fetch = person.main.get_by_role("link", name="Fetch")
    for _turn in range(60):
        if fetch.count():
            break
        person.page.wait_for_timeout(500)
        person.page.reload()
    with person.page.expect_download() as coming:
        fetch.click()
    archive = tmp_path / "archive.zip"
    coming.value.save_as(archive)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "archive")
    _read(person, tmp_path / "archive")


def _read(person, folder: Path) -> None:
    page = person.context.new_page()
    page.goto((folder / "index.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Your data at "))
    page.get_by_role("link", name="Questions and discussions").click()
    expect(page.get_by_text("Where do the boxes go?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_somebody_asks_to_be_erased_and_takes_it_back(house: House, visit: Visit):
    account = house.make.account("waverer")
    person = visit(house).be(account)
    person.open("/settings/data")
    person.follow("What would be erased")
    person.reads("Profile, address and password")
    person.main.get_by_label("Your handle").fill("somebody")
    with person.expecting(422):
        person.press("Ask to be erased")
        person.reads("Type your handle, waverer, to say that you mean it.")
    person.main.get_by_label("Your handle").fill("waverer")
    person.press("Ask to be erased")
    person.reads(re.compile("It happens on"))
    person.press("Take it back")
    expect(person.page.get_by_text("You took it back: nothing will be erased.").first).to_be_visible()


def test_an_admin_erases_somebody_who_asked_by_letter(house: House, visit: Visit):
    leaver, other = house.make.account("lettered", display_name="Lee Tered"), house.make.account()
    thread = house.make.thread(author=other, title="Who knows this?", body="@lettered might.")
    house.make.answer(thread, author=leaver, body="Hold the button for ten seconds.")
    admin = visit(house).be(house.make.admin("registrar"))
    admin.open("/admin/people/lettered")
    admin.follow("Their data")
    admin.main.get_by_label("Days until it is done").fill("0")
    admin.main.get_by_label("How you were asked").fill("A letter of 3 March")
    admin.press("Note the request")
    admin.reads("Lee Tered")
    done = admin.main.get_by_role("listitem").filter(has_text=f"@deleted-{leaver.id}")
    for _turn in range(PATIENCE // 1000):
        if done.filter(has_text="Done").count():
            break
        admin.page.wait_for_timeout(1000)
        admin.page.reload()
    expect(done).to_contain_text("Done")
    admin.open(f"/threads/{thread.id}")
    admin.reads("Hold the button for ten seconds.")
    admin.reads("Somebody who left")
    admin.reads("(deleted person) might.")
    admin.never_reads("lettered")
