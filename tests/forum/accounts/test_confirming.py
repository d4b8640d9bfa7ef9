"""What concerns the safety of accounts takes a recent proof of who one is; what was typed meanwhile is kept."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from forum.accounts.models import Account, ApiToken
from forum.accounts.passwords import hash_password
from forum.app import build_site, create_app
from tests.browse import Browser
from tests.forum.accounts.conftest import PASSWORD, long_ago


def prove(browser, **given):
    return browser.post("/settings/confirm", {"password": PASSWORD, **given})


@pytest.fixture
def old(browser, ana, site):
    """Ana in a session that is from yesterday."""
    browser.sign_in(ana)
    long_ago(site, ana)
    return browser


def test_a_token_is_made_only_after_it_and_the_words_are_kept(old, database):
    page = old.post("/settings/tokens", {"name": "Nightly report", "scopes": "read", "days": "30"})
    assert page.url.path == "/settings/confirm"
    with database.reading() as session:
        assert session.scalars(select(ApiToken)).all() == []
    page = prove(old, next="/parked")
    assert "Nightly report" in page.text
    page = old.post("/settings/tokens", {"name": "Nightly report", "scopes": "read", "days": "30"})

    assert "porch_" in page.text


def test_a_role_is_given_only_after_it(browser, make, site, database):
    admin = make.admin("root", password_hash=hash_password(PASSWORD))
    make.account("eva")
    browser.sign_in(admin)
    long_ago(site, admin)
    assert browser.get("/admin/people/eva").url.path == "/settings/confirm"
    assert browser.post("/admin/people/eva", {"roles": "staff", "tier": "1"}).url.path == "/settings/confirm"
    with database.reading() as session:
        assert not session.scalars(select(Account).where(Account.staff.is_(True))).all()
    assert prove(browser, next="/admin/people/eva").url.path == "/admin/people/eva"
    browser.post("/admin/people/eva", {"roles": "staff", "tier": "1"})

    with database.reading() as session:
        assert session.scalars(select(Account.handle).where(Account.staff.is_(True))).all() == ["eva"]


def test_a_wrong_password_proves_nothing(old):
    page = old.post("/settings/confirm", {"password": "not the password"})

    assert page.status_code == 422
    assert "not your current password" in page.text
    assert old.get("/settings/email").url.path == "/settings/confirm"


def test_with_a_factor_the_password_alone_proves_nothing(old, protected):
    page = prove(old)
    assert page.status_code == 422
    assert old.get("/settings/email").url.path == "/settings/confirm"
    assert prove(old, code=protected.code(), next="/settings/email").url.path == "/settings/email"


def test_a_code_that_was_used_proves_nothing(old, protected):
    code = protected.code()
    other = old.another()
    other.post("/login", {"name": "ana", "password": PASSWORD})
    other.post("/login/factor", {"code": code})

    assert prove(old, code=code).status_code == 422


def test_it_proves_it_for_this_browser_alone(old, ana, site):
    other = old.another().sign_in(ana)
    long_ago(site, ana)
    prove(old)

    assert old.get("/settings/email").url.path == "/settings/email"
    assert other.get("/settings/email").url.path == "/settings/confirm"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_never_leads_to_another_site(old, elsewhere):
    reply = old.post("/settings/confirm", {"password": PASSWORD, "next": elsewhere}, follow_redirects=False)

    assert reply.headers["location"] == "/"


def test_an_account_without_a_password_is_told_what_to_do(browser, make, site):
    bo = make.account("bo")
    browser.sign_in(bo)
    long_ago(site, bo)

    assert "no password" in browser.get("/settings/email").text


def test_codes_are_counted_here_too(settings, ana, protect):
    site = build_site(settings, durable=False, redis_prefix=f"test-{uuid4().hex}")
    protect(ana)
    with Browser(create_app(site), site) as browser:
        browser.sign_in(ana)
        statuses = [
            browser.post("/settings/confirm", {"password": PASSWORD, "code": "000000"}).status_code for _ in range(12)
        ]
    site.database.dispose()

    assert statuses == [422] * 10 + [429] * 2
