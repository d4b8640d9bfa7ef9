"""Mail about browsers that were not used before: to whom, when, how often, and the link that ends them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts import devices
from forum.accounts.models import KnownDevice, SecurityEvent, SecurityKind
from forum.accounts.passwords import hash_password
from forum.clock import now
from forum.jobs import Job
from forum.options import set_option
from tests.forum.accounts.conftest import PASSWORD, enter, is_in, link_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def alerts(letters):
    return [one for one in letters() if "New browser" in one["subject"]]


def strange(browser, name="ana"):
    """The same account in a browser that it never was in."""
    other = browser.another()
    other.client.headers["User-Agent"] = FIREFOX
    enter(other, name)
    return other


def test_a_new_browser_is_told_with_its_name_its_address_and_the_time(browser, ana, letters):
    enter(browser)
    assert alerts(letters) == []
    strange(browser)
    (letter,) = alerts(letters)

    text = letter.get_body(("plain",)).get_content()
    assert letter["to"] == "ana@example.org"
    assert "Firefox on Linux" in text
    assert "address testclient" in text
    assert f"{now():%Y-%m-%d}" in text
    assert "Signed in from a browser that was not used before" in browser.get("/settings/security").text


def test_a_known_browser_is_not_told_again(browser, ana, letters):
    enter(browser)
    for _ in range(3):
        browser.post("/logout")
        enter(browser)

    assert alerts(letters) == []


def test_the_cookie_is_for_the_server_alone_and_kept_only_hashed(browser, ana, session):
    reply = enter(browser)

    cookie = next(one for one in reply.headers.get_list("set-cookie") if one.startswith("device="))
    assert "HttpOnly" in cookie
    assert browser.client.cookies["device"] not in [row.token_hash for row in session.scalars(select(KnownDevice))]


def test_registering_and_the_first_sign_in_of_all_are_not_told(browser, letters, make):
    given = {"handle": "bo", "email": "bo@example.org", "password": PASSWORD}
    browser.post("/register", given)
    browser.post("/logout")
    enter(browser, "bo")
    make.account("cy", password_hash=hash_password(PASSWORD))
    enter(browser, "cy")

    assert alerts(letters) == []


def test_a_browser_known_to_one_account_is_new_to_another(browser, ana, make, letters):
    make.account("eva", password_hash=hash_password(PASSWORD))
    enter(browser.another(), "eva")
    enter(browser)
    enter(browser, "eva")

    assert [letter["to"] for letter in alerts(letters)] == ["eva@example.org"]


def test_customers_can_turn_it_off_and_are_told_that(browser, ana, letters):
    enter(browser)
    browser.post("/settings/security/alerts", {})
    strange(browser)

    assert alerts(letters) == []
    assert "turned off" in letters()[-1]["subject"]
    assert "Signed in from a browser" in browser.get("/settings/security").text
    browser.post("/settings/security/alerts", {"sign_in_alerts": "y"})
    with clock.at(now() + timedelta(hours=1)):
        strange(browser)
        assert len(alerts(letters)) == 1


def test_whoever_holds_a_role_is_always_told(browser, make, letters):
    make.staff("tia", password_hash=hash_password(PASSWORD), sign_in_alerts=False)
    enter(browser, "tia")
    strange(browser, "tia")

    assert len(alerts(letters)) == 1


def test_many_at_once_are_told_in_two_letters(browser, ana, letters, site):
    enter(browser)
    for _ in range(6):
        strange(browser)
    assert len(alerts(letters)) == 1
    with clock.at(now() + devices.GATHERED):
        first, second = alerts(letters)

    assert "a browser" in first.get_body(("plain",)).get_content()
    assert "5 browsers" in second.get_body(("plain",)).get_content()


def test_the_link_ends_that_session_and_leads_to_a_new_password(browser, ana, letters):
    enter(browser)
    thief = strange(browser)
    link = link_in(alerts(letters)[0])
    page = browser.another().get(link)
    assert "Firefox on Linux" in page.text
    assert is_in(thief)
    page = browser.another().post(link)

    assert page.url.path == "/reset"
    assert not is_in(thief)
    assert is_in(browser)
    assert browser.post(link).status_code == 404


def test_the_link_lives_a_week_and_only_for_the_address_it_went_to(browser, ana, letters, database):
    enter(browser)
    strange(browser)
    link = link_in(alerts(letters)[0])
    with clock.at(now() + timedelta(days=8)):
        assert browser.get(link).status_code == 404
    with database.writing() as session:
        session.merge(ana).email = "elsewhere@example.org"

    assert browser.get(link).status_code == 404
    assert browser.post(link).status_code == 404


def test_it_does_not_end_sessions_of_others(browser, ana, make, letters):
    eva = make.account("eva", password_hash=hash_password(PASSWORD))
    hers = browser.another()
    enter(hers, "eva")
    enter(browser)
    strange(browser)
    browser.another().post(link_in(alerts(letters)[0]))

    assert is_in(hers), eva


def test_a_new_password_in_the_same_browser_is_no_new_browser(browser, ana, letters):
    enter(browser.another())
    browser.sign_in(ana)
    browser.post("/settings/password", {"current_password": PASSWORD, "new_password": "other words than before"})

    assert alerts(letters) == []
    assert "The password was changed" in browser.get("/settings/security").text


class TestDemo:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, demo=True)

    def test_a_demo_tells_nobody(self, browser, ana, database, letters):
        with database.writing() as session:
            offer = {"handle": "ana", "role": "customer", "name": "Ana Lopes", "words": "Asks a lot"}
            set_option(session, "demo.accounts", [offer])
        for one in (browser, browser.another()):
            one.post("/login/demo", {"handle": "ana"})

        assert letters() == []


def test_nobody_sees_the_events_of_others(browser, ana, make, database):
    enter(browser)
    strange(browser)

    page = browser.another().sign_in(make.account("eva")).get("/settings/security").text
    assert "Signed in from a browser" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.DOTALL)


def test_the_letter_is_queued_in_the_transaction_of_the_sign_in(browser, ana, session):
    enter(browser)
    strange(browser)

    assert session.scalar(select(Job.kind).where(Job.kind == devices.ALERT)) == devices.ALERT
    assert session.scalar(select(SecurityEvent.kind)) == SecurityKind.NEW_BROWSER
