"""Where one is signed in: listed, revoked, and nobody else's business."""

from __future__ import annotations

from sqlalchemy import select

from forum.accounts.browsers import browser_name
from forum.accounts.models import AccountSession
from tests.forum.accounts.conftest import PASSWORD


def session_ids(database, account):
    with database.reading() as session:
        return session.scalars(select(AccountSession.id).where(AccountSession.account_id == account.id)).all()


def test_each_browser_is_listed_by_what_it_says_it_is(browser, ana):
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    browser.post("/login", {"name": "ana", "password": PASSWORD}, headers={"User-Agent": firefox})
    browser.another().sign_in(ana)
    page = browser.get("/settings/sessions").text

    assert "Firefox on Linux" in page
    assert page.count("This one") == 1
    assert page.count("last used") == 2


def test_a_browser_that_lies_does_no_harm(browser, ana):
    liar = "<script>alert(1)</script>" + "x" * 5000
    browser.post("/login", {"name": "ana", "password": PASSWORD}, headers={"User-Agent": liar})

    assert "<script>alert" not in browser.get("/settings/sessions").text
    assert browser_name(liar) == "An unknown browser"


def test_one_can_be_ended(browser, ana, database):
    other = browser.another().sign_in(ana)
    (one,) = session_ids(database, ana)
    browser.sign_in(ana).post(f"/settings/sessions/{one}/end")

    assert other.get("/settings/sessions").url.path == "/login"
    assert browser.get("/settings/sessions").url.path == "/settings/sessions"


def test_ending_this_one_signs_out(browser, ana, database):
    browser.sign_in(ana)
    (one,) = session_ids(database, ana)

    assert browser.post(f"/settings/sessions/{one}/end").url.path == "/login"


def test_all_others_at_once(browser, ana, database):
    others = [browser.another().sign_in(ana) for _ in range(3)]
    page = browser.sign_in(ana).post("/settings/sessions/end")

    assert "3 other browsers" in page.text
    assert [other.get("/settings/sessions").url.path for other in others] == ["/login"] * 3
    assert len(session_ids(database, ana)) == 1


def test_somebody_elses_session_cannot_be_ended(browser, ana, make, database):
    eva = make.account("eva")
    browser.another().sign_in(eva)
    (hers,) = session_ids(database, eva)

    assert browser.sign_in(ana).post(f"/settings/sessions/{hers}/end").status_code == 404
    assert len(session_ids(database, eva)) == 1


def test_settings_are_for_those_who_are_signed_in(browser):
    for page in ("/settings", "/settings/profile", "/settings/sessions", "/settings/password", "/settings/standing"):
        assert browser.get(page).url.path == "/login"
