"""From an empty database to an open site: who becomes the admin, what there is to do, and when everybody gets in."""

import re
import threading

import pytest
from sqlalchemy import func, select, text

from forum.accounts.models import Account
from forum.app import build_site, create_app
from forum.clock import now
from forum.doors import awaits_admin, is_open
from forum.errors import Conflict, Invalid
from forum.setup.actions import become_first_admin, begin
from tests.browse import Browser
from tests.forum.setup.conftest import PASSWORD


def count(database, what):
    with database.reading() as session:
        return session.scalar(text(f"SELECT count(*) FROM audit_entries WHERE action = '{what}'"))


def test_the_front_page_of_a_site_that_nobody_runs_is_the_first_step(code, browser):
    page = browser.get("/")

    assert page.url.path == "/setup"
    assert "Make the admin&#39;s account" in page.text or "Make the admin's account" in page.text
    assert code not in page.text
    assert 'href="/threads"' not in page.text


def test_whoever_has_the_code_becomes_the_admin_and_is_signed_in(first, browser, database):
    page = browser.post("/setup", first | {"code": first["code"].lower().replace("-", " ")})

    assert page.url.path == "/setup"
    assert "Welcome, Rosa Lind. This site is yours to set up." in page.text
    with database.reading() as session:
        account = session.scalars(select(Account)).one()
    assert account.admin
    assert account.email_verified_at is not None
    assert account.reputation == 1
    assert count(database, "FirstAdminMade") == 1
    browser.sign_out()
    assert browser.post("/login", {"name": "rosa", "password": PASSWORD}).status_code == 200


def test_whoever_has_it_not_does_not(first, browser, database):
    page = browser.post("/setup", first | {"code": "AAAA-BBBB-CCCC-DDDD"})

    assert page.status_code == 422
    assert "This is not the code that the server printed" in page.text
    assert 'value="rosa@example.org"' in page.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"code": ""}, "Give the code"),
        ({"handle": "no"}, "Use 3 to 30"),
        ({"handle": "admin"}, "not to be had"),
        ({"password": "short"}, "characters"),
        ({"email": "nowhere"}, "address"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_code_stays_good(first, browser, wrong, words):
    page = browser.post("/setup", first | wrong)
    assert page.status_code == 422
    assert words in page.text

    assert "Welcome, Rosa Lind" in browser.post("/setup", first).text


def test_a_code_is_good_once(first, browser):
    browser.post("/setup", first)
    stranger = browser.another()
    with stranger:
        again = stranger.post("/setup", first | {"handle": "eve", "email": "eve@example.org"})
        assert again.status_code == 409
        assert "/login" in str(stranger.get("/setup").url)


def test_of_two_who_come_at_once_one_becomes_the_admin(first, settings, database):
    """Each in a process of its own, as far as the database can tell."""
    sites = [build_site(settings, rate_limits=False, durable=False) for _ in range(2)]
    ready, outcomes = threading.Barrier(2), []

    def come(site, handle):
        def work(session):
            return become_first_admin(
                session,
                code=first["code"],
                handle=handle,
                display_name="",
                email=f"{handle}@example.org",
                password_hash="x",
            ).handle

        ready.wait()
        try:
            outcomes.append(site.database.write(work))
        except Conflict:
            outcomes.append(None)

    threads = [threading.Thread(target=come, args=(site, f"admin-{at}x")) for at, site in enumerate(sites)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for site in sites:
        site.database.dispose()

    assert len(outcomes) == 2
    assert outcomes.count(None) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_each_start_prints_another_code_and_the_one_before_is_void(code, database):
    with database.writing() as session:
        another = begin(session)

    assert another != code
    with database.writing() as session, pytest.raises(Invalid):
        become_first_admin(session, code=code, handle="rosa", display_name="", email="r@example.org", password_hash="x")


def test_the_code_is_kept_hashed(code, database):
    with database.reading() as session:
        kept = str(session.execute(text("SELECT value FROM options WHERE name = 'site.doors'")).scalar_one())

    assert code not in kept
    assert code.replace("-", "") not in kept
    assert re.fullmatch("([2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", code)


@pytest.mark.parametrize("columns", [{"admin": True}, {}])
def test_a_site_that_somebody_runs_or_has_joined_is_never_closed(make, database, columns):
    make.account(**columns)

    with database.writing() as session:
        assert begin(session) is None
        assert is_open(session)


@pytest.mark.parametrize("columns", [{"imported_at": now()}, {"moderator": True}, {"staff": True, "tier": 1}])
def test_an_import_and_those_whom_a_shell_made_do_not_open_it(make, database, columns):
    make.account(**columns)

    with database.writing() as session:
        assert begin(session) is not None
        assert awaits_admin(session)


def test_steps_are_shown_as_they_are_done_and_put_off(first, browser, database):
    page = browser.post("/setup", first)
    assert "0 of 8 steps are done." in page.text
    assert page.text.count("Not yet") == 8
    browser.post("/admin/branding", {"name": "Example", "light": "#1d4ed8"})
    browser.post("/admin/products", {"name": "Lantern", "colour": "teal", "audience": "everyone"})
    browser.post("/admin/hours", {"zone": "UTC", "monday_from": "08:00", "monday_to": "12:00"})
    browser.post("/admin/guidelines", {"guidelines": "Be kind."})
    page = browser.post("/setup/logo", {"later": "yes"})

    assert "5 of 8 steps are done." in page.text
    assert page.text.count(">Later<") == 1
    assert page.text.count("Not yet") == 2  # the mail and the invitations
    assert "Not yet" in browser.post("/setup/logo", {"later": "no"}).text
    browser.post("/admin/invitations/send", {"addresses": "eva@example.org", "role": "staff"})
    assert "6 of 8 steps are done." in browser.get("/setup").text
    assert count(database, "SetupStepPutOff") == 2
    assert browser.post("/setup/logo", {"later": "maybe"}).status_code == 422
    assert browser.post("/setup/nothing", {"later": "yes"}).status_code == 404


def test_the_doors_are_opened_once_by_an_admin(first, browser, make, database):
    browser.post("/setup", first)
    visitor, moderator = browser.another(), browser.another()
    with visitor, moderator:
        assert visitor.get("/").status_code == 503
        moderator.sign_in(make.moderator())
        assert moderator.post("/setup/open").status_code == 403
        page = browser.post("/setup/open")
        assert "The doors are open" in page.text
        assert visitor.get("/").status_code == 200
        assert visitor.get("/").status_code == 200
        assert "not open yet" not in visitor.get("/").text
    assert browser.get("/setup").status_code == 404
    browser.post("/setup/open")
    assert count(database, "SiteOpened") == 1


def test_another_process_hears_of_it_with_the_next_request(first, browser, settings):
    other = build_site(settings, rate_limits=False, durable=False)
    with Browser(create_app(other), other) as elsewhere:
        assert elsewhere.get("/threads").status_code == 503
        browser.post("/setup", first)
        browser.post("/setup/open")
        assert elsewhere.get("/threads").status_code == 200
    other.database.dispose()


def test_only_admins_know_the_steps(first, browser, make):
    browser.post("/setup", first)
    browser.client.cookies.clear()
    for person in (make.moderator(), make.account()):
        assert browser.sign_in(person).get("/setup").status_code == 404
        assert browser.post("/setup/logo", {"later": "yes"}).status_code == 403
