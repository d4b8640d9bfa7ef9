"""The overview: what needs attention, and every setting with what it is now."""

import re

import pytest

from forum.clock import now
from forum.jobs import Job, Worker
from forum.options import set_option
from forum.setup.actions import begin, void_code


@pytest.fixture
def admin(make):
    return make.admin("root")


def rows(page):
    """The table of settings: what each is called, what it would be and what it is."""
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in page.text.split("<tr>")]
    plain = [[re.sub("<[^>]+>", "", cell).strip() for cell in row] for row in cells if len(row) == 4]
    return {row[0]: (row[2], row[3]) for row in plain}


def test_an_admin_finds_the_way(browser, admin, make):
    browser.sign_in(admin)

    assert 'href="/admin"' in browser.get("/").text
    page = browser.get("/admin").text
    for place in ("branding", "guidelines", "products", "hours", "mail", "people"):
        assert f'href="/admin/{place}"' in page
        assert browser.get(f"/admin/{place}").status_code == 200
    for person in (make.account(), make.moderator(), make.staff(tier=3)):
        assert browser.sign_in(person).get("/admin").status_code == 403


def test_what_is_wrong_is_named_with_what_to_do(browser, admin, database):
    with database.writing() as session:
        session.add(Job(kind="mail", payload={}, run_at=now(), dead_at=now(), error="no such host"))
    page = browser.sign_in(admin).get("/admin").text

    assert "1 has failed for good" in page
    assert "Start one: porchlight serve starts its own" in page
    assert "goes into files in" in page


def test_what_has_been_put_right_is_gone(browser, admin, database):
    with database.writing() as session:
        session.add(Worker(name="here", seen_at=now()))

    assert "Start one:" not in browser.sign_in(admin).get("/admin").text


def test_a_site_that_is_not_open_says_so_first(browser, admin, database):
    with database.writing() as session:
        set_option(session, "site.doors", {"code": None, "opened": False})
    browser.site.doors.known_open = False
    page = browser.sign_in(admin).get("/admin").text

    assert page.index("The site is not open yet: only people with a role see it.") < page.index("Settings</h2>")


def test_steps_that_were_never_taken_are_shown_until_they_are_or_are_put_off(browser, admin):
    browser.sign_in(admin)
    assert "Write the guidelines" in browser.get("/admin").text
    browser.post("/admin/guidelines", {"guidelines": "Be kind."})
    browser.post("/setup/logo", {"later": "yes"})
    page = browser.get("/admin").text

    assert "Write the guidelines" not in page
    assert "Show your logo" not in page
    assert "Name your products" in page


def test_every_setting_is_listed_with_what_it_was_and_what_it_is(browser, admin):
    browser.sign_in(admin)
    before = rows(browser.get("/admin"))
    browser.post("/admin/branding", {"name": "Example", "light": "#1d4ed8"})
    browser.post("/admin/hours", {"zone": "Europe/Berlin", "monday_from": "08:00", "monday_to": "12:00"})
    after = rows(browser.get("/admin"))

    assert before["Name of the site"] == ("Porchlight", "Porchlight")
    assert before["Staffed hours"][0] == before["Staffed hours"][1]
    assert after["Name of the site"] == ("Porchlight", "Example")
    assert after["Accent on light surfaces"] == ("#8a4b00", "#1d4ed8")
    assert after["Staffed hours"][1] == "Monday 08:00–12:00"
    assert after["Time zone of the staffed hours"] == ("UTC", "Europe/Berlin")
    assert after.keys() == before.keys()


def test_beginning_leaves_a_site_with_an_admin_alone(database, admin):
    with database.writing() as session:
        assert begin(session) is None
        void_code(session)
