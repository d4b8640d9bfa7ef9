"""Signing in and out: who gets in, what stays the same for a name nobody has, what the session is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts import entry, passwords
from forum.accounts.models import Account, AccountSession
from forum.accounts.passwords import hash_password
from forum.app import build_site, create_app
from forum.clock import now
from forum.options import set_option
from tests.browse import Browser
from tests.forum.accounts.conftest import PASSWORD


def sign_in(browser, name="ana", password=PASSWORD, **more):
    return browser.post("/login", {"name": name, "password": password, **more}, follow_redirects=False)


@pytest.mark.parametrize("name", ["ana", "ANA", "@ana", "ana@example.org", "Ana@Example.org "])
def test_handle_and_address_both_let_in(browser, ana, name):
    assert sign_in(browser, name).status_code == 303
    assert browser.get("/settings/sessions").status_code == 200


def test_the_cookie_is_for_the_server_alone_and_kept_only_hashed(browser, ana, session):
    reply = sign_in(browser)

    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.client.cookies["session"] not in [row.token_hash for row in session.scalars(select(AccountSession))]


def test_signing_in_leads_back_to_where_one_was_going(browser, ana):
    page = browser.get("/settings/sessions", follow_redirects=False)
    assert page.headers["location"] == "/login?next=%2Fsettings%2Fsessions"

    assert sign_in(browser, next="/settings/sessions?a=b").headers["location"] == "/settings/sessions?a=b"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_never_leads_to_another_site(browser, ana, elsewhere):
    assert sign_in(browser, next=elsewhere).headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_name_read_alike_and_keep_the_name(browser, ana):
    wrong = sign_in(browser, password="not the password")
    unknown = sign_in(browser, name="eva", password="not the password")

    assert wrong.status_code == unknown.status_code == 422
    assert "do not belong together" in wrong.text
    assert wrong.text.replace('value="ana"', "") == unknown.text.replace('value="eva"', "")
    assert 'value="ana"' in wrong.text
    assert "not the password" not in wrong.text


def test_one_hash_is_compared_whoever_is_asked_for(browser, ana, make, monkeypatch):
    """The time is the same because the work is: one comparison at the same cost, for every name."""
    make.account("imported", email=None, email_verified_at=None, imported_at=now())
    passwords.check_password("warm", None)
    compared = []
    for name in ("verify", "verify_and_update"):
        real = getattr(passwords.context(), name)
        monkeypatch.setattr(
            passwords.context(),
            name,
            lambda *args, _real=real, **more: (compared.append(args), _real(*args, **more))[1],
        )
    counts = []
    for name in ("ana", "nobody-at-all", "nobody@example.org", "imported"):
        compared.clear()
        sign_in(browser, name, password="wrong password")
        counts.append(len(compared))

    assert counts == [1, 1, 1, 1]


def test_an_endless_password_is_not_hashed(browser, ana):
    assert sign_in(browser, password="x" * 100_000).status_code == 422


def test_signing_in_renews_the_session(browser, ana, session):
    sign_in(browser)
    first = browser.client.cookies["session"]
    sign_in(browser)

    assert browser.client.cookies["session"] != first
    assert len(session.scalars(select(AccountSession)).all()) == 1


def test_a_cookie_set_by_somebody_else_is_not_taken_over(browser, ana):
    browser.client.cookies.set("session", "chosen-by-an-attacker")
    sign_in(browser)

    thief = browser.another()
    thief.client.cookies.set("session", "chosen-by-an-attacker")
    assert thief.get("/settings/sessions", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(browser, ana):
    sign_in(browser)
    copy = browser.another()
    copy.client.cookies.set("session", browser.client.cookies["session"])
    browser.post("/logout")

    assert copy.get("/settings/sessions", follow_redirects=False).status_code == 303


def test_a_session_ends_after_thirty_idle_days_but_slides_when_used(browser, ana):
    sign_in(browser, remembered="y")
    start = now()
    with clock.at(start + timedelta(days=20)):
        assert browser.post("/settings/sessions/end", follow_redirects=False).status_code == 303
    with clock.at(start + timedelta(days=45)):
        assert browser.get("/settings/sessions", follow_redirects=False).status_code == 200
    with clock.at(start + timedelta(days=51)):
        assert browser.get("/settings/sessions", follow_redirects=False).status_code == 303


def test_a_password_hashed_at_another_cost_is_hashed_again(browser, make, database):
    old = passwords.context().using(argon2__time_cost=2).hash(PASSWORD)
    account = make.account("old", password_hash=old)
    sign_in(browser, "old")

    with database.reading() as session:
        renewed = session.get(Account, account.id).password_hash
    assert renewed != old
    assert "t=1" in renewed
    assert sign_in(browser, "old").status_code == 303


@pytest.mark.parametrize("gone", ["offboarded_at", "anonymised_at"])
def test_whoever_left_cannot_sign_in(browser, make, gone):
    make.account("left", password_hash=hash_password(PASSWORD), **{gone: now()})

    assert "do not belong together" in sign_in(browser, "left").text


def test_the_suspended_get_in_and_are_told_why_and_until_when(browser, make):
    until = now() + timedelta(days=3)
    reason = "Insults, <b>twice</b>"
    make.account("rude", password_hash=hash_password(PASSWORD), suspended_until=until, sanction_reason=reason)
    page = browser.post("/login", {"name": "rude", "password": PASSWORD, "next": "/settings/profile"})

    assert page.url.path == "/settings/standing"
    assert "suspended until" in page.text
    assert "Insults, &lt;b&gt;twice" in page.text
    assert f"{until:%b} {until.day}, {until.year}" in page.text
    assert 'href="/settings/profile"' in page.text


def test_many_tries_for_one_name_are_stopped(settings, make):
    site = build_site(settings, durable=False, redis_prefix=f"test-{uuid4().hex}")
    make.account("ana", password_hash=hash_password(PASSWORD))
    with Browser(create_app(site), site) as browser:
        replies = []
        for number in range(25):
            browser.client.cookies.set("session", f"made-up-{number}")
            replies.append(sign_in(browser, password="wrong password").status_code)
    site.database.dispose()

    assert replies[:20] == [422] * 20
    assert set(replies[20:]) == {429}


def test_tries_are_counted_for_the_account_however_its_name_is_typed():
    assert {entry.plain_name(typed) for typed in ("ana", " Ana", "@ANA", "ana ")} == {"ana"}


def test_a_page_of_another_site_cannot_sign_somebody_in(browser, ana):
    browser.client.headers["Sec-Fetch-Site"] = "cross-site"

    assert sign_in(browser).status_code == 403


class TestDemo:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, demo=True)

    @pytest.fixture(autouse=True)
    def offered(self, database, ana, make):
        make.account("eva")
        with database.writing() as session:
            set_option(
                session,
                "demo.accounts",
                [{"handle": "ana", "role": "customer", "name": "Ana Lopes", "words": "Asks a lot"}],
            )

    def test_one_press_signs_in(self, browser):
        assert "Asks a lot" in browser.get("/login").text

        browser.post("/login/demo", {"handle": "ana"})
        assert browser.get("/settings/sessions").status_code == 200

    def test_only_the_offered_accounts(self, browser):
        assert browser.post("/login/demo", {"handle": "eva"}).status_code == 403
        assert browser.get("/settings/sessions").url.path == "/login"


def test_outside_demo_mode_nobody_gets_in_without_a_password(browser, ana, database):
    with database.writing() as session:
        set_option(
            session,
            "demo.accounts",
            [{"handle": "ana", "role": "customer", "name": "Ana Lopes", "words": "Asks a lot"}],
        )

    assert "Asks a lot" not in browser.get("/login").text
    assert browser.post("/login/demo", {"handle": "ana"}).status_code == 403
    assert browser.get("/settings/sessions").url.path == "/login"
