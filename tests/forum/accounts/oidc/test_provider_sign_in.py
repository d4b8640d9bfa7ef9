"""Signing in and up through a provider: who gets in, as whom, and where they are led."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.accounts.models import Account, AccountSession, KnownDevice
from forum.accounts.oidc.models import LinkedIdentity, ProviderArrival, ProviderTrip
from forum.app import build_site, create_app
from forum.clock import now
from forum.options import set_option
from tests.browse import Browser
from tests.forum.accounts.conftest import PASSWORD, enter, is_in, link_in
from tests.forum.accounts.oidc.conftest import accounts, go, kinds, leave, links, sign_in_there


def test_there_is_a_button_only_where_there_is_a_provider(browser):
    assert "Sign in with Example" in browser.get("/login").text
    assert "Agree and go on with Example" in browser.get("/register").text


def test_who_signs_up_has_an_account_with_that_address_and_no_password(browser, database, eva, heard):
    page = go(browser, eva, joining="y", next="/tags")

    assert page.url.path == "/tags"
    with database.reading() as session:
        made = session.scalars(select(Account)).one()
        assert (made.handle, made.display_name, made.email) == ("eva", "Eva Blum", "eva@example.net")
        assert made.email_verified_at is not None
        assert made.password_hash is None
    assert [type(event).__name__ for event in heard] == ["AccountJoined", "EmailVerified"]
    assert is_in(browser)


def test_who_signs_in_for_the_first_time_is_asked_before_there_is_an_account(browser, database, eva):
    page = go(browser, eva, next="/tags")
    assert page.url.path == "/login/oidc/new"
    assert 'value="eva"' in page.text
    assert "eva@example.net" in page.text
    assert accounts(database) == []
    page = browser.post("/login/oidc/new", {"handle": "evab", "display_name": "Eva"})

    assert page.url.path == "/tags"
    assert accounts(database) == ["evab"]
    assert links(database)[0][1] == eva


def test_the_second_time_it_opens_the_same_account(browser, database, eva):
    go(browser, eva, joining="y")
    browser.post("/logout")
    assert not is_in(browser)
    page = go(browser, eva, next="/tags")

    assert page.url.path == "/tags"
    assert is_in(browser)
    assert accounts(database) == ["eva"]


def test_the_address_over_there_may_change_and_the_account_stays_the_same(browser, database, provider, make, linked):
    ana = make.account("ana")
    linked(ana, "a-1", email="other@example.net", email_verified=True)
    go(browser, "a-1")

    assert is_in(browser)
    with database.reading() as session:
        assert session.get_one(Account, ana.id).email == "ana@example.org"


def test_another_subject_with_the_same_address_is_somebody_else(browser, database, provider, make, linked):
    linked(make.account("ana"), "a-1", email="ana@example.org", email_verified=True)
    provider.person("a-2", email="ana@example.org", email_verified=True)
    page = go(browser, "a-2")

    assert page.url.path == "/login/oidc/new"
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("names", "handle"),
    [
        ({"preferred_username": "Eva"}, "eva"),
        ({"preferred_username": "Éva.Blüm"}, "eva-blum"),
        ({"preferred_username": "ana"}, "ana-2"),
        ({"preferred_username": "admin", "name": "Ada Lo"}, "admin-2"),
        ({"preferred_username": "eva.blum@example.net", "name": "Eva B"}, "eva-b"),
        ({"nickname": "e" * 200}, "e" * 27),
        ({"preferred_username": "deleted-7", "nickname": "nick"}, "nick"),
    ],
)
def test_a_handle_is_like_what_they_are_called_and_nobody_elses(browser, database, provider, make, names, handle):
    make.account("ana")
    provider.person("x", email="x@example.net", email_verified=True, **names)
    go(browser, "x", joining="y")

    assert accounts(database)[-1] == handle


@pytest.mark.parametrize("names", [{}, {"preferred_username": "ë"}, {"name": "!"}, {"name": 7}])
def test_without_a_name_a_handle_says_nothing(browser, database, provider, names):
    provider.person("x", email="secret.name@example.net", email_verified=True, **names)
    go(browser, "x", joining="y")

    assert accounts(database)[0].startswith("member-")


def test_a_handle_that_is_taken_is_said_beside_the_field_and_the_rest_is_kept(browser, database, eva, make):
    make.account("ana")
    go(browser, eva)
    page = browser.post("/login/oidc/new", {"handle": "ana", "display_name": "Ewa B"})

    assert page.status_code == 422
    assert "Somebody else has this handle." in page.text
    assert 'value="Ewa B"' in page.text
    assert accounts(database) == ["ana"]


def test_an_address_that_is_not_verified_is_confirmed_by_mail(browser, database, provider, letters):
    provider.person("x", email="eva@example.net", email_verified=False, preferred_username="eva")
    page = go(browser, "x", joining="y")
    assert page.url.path == "/login/oidc/new"
    assert 'value="eva@example.net"' in page.text
    browser.post("/login/oidc/new", {"handle": "eva", "email": "eva@example.net"})

    with database.reading() as session:
        made = session.scalars(select(Account)).one()
        assert (made.email, made.unconfirmed_email) == (None, "eva@example.net")
    [letter] = letters()
    browser.post(link_in(letter))
    with database.reading() as session:
        assert session.scalars(select(Account.email)).one() == "eva@example.net"


@pytest.mark.parametrize("email", ["", "no address", "a@b@c"])
def test_without_an_address_it_is_asked_for(browser, database, provider, email):
    provider.person("x", preferred_username="eva")
    go(browser, "x")
    page = browser.post("/login/oidc/new", {"handle": "eva", "email": email})

    assert page.status_code == 422
    assert accounts(database) == []


def test_what_the_token_leaves_out_is_asked_for(browser, database, provider, eva):
    provider.in_userinfo = True
    go(browser, eva, joining="y")

    assert accounts(database) == ["eva"]


def test_next_stays_on_this_site(browser, eva):
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = go(browser, eva, joining="y", next=elsewhere)
        assert page.url.host == "testserver"
        assert page.url.path == "/"
        browser.post("/logout")


def test_what_was_parked_waits_behind_it(browser, make, eva, linked):
    ana = make.account("ana")
    linked(ana, "a-1")
    page = browser.post("/ask", {"title": "How do I pause it?", "body": "It goes on and on."})
    assert page.url.path == "/login"
    page = go(browser, "a-1", next="/parked")

    assert "How do I pause it?" in page.text


def test_a_second_factor_is_asked_for_as_after_a_password(browser, protected, linked):
    linked(protected.account, "a-1")
    page = go(browser, "a-1", next="/tags")
    assert page.url.path == "/login/factor"
    assert not is_in(browser)
    page = browser.post("/login/factor", {"code": protected.code(), "next": "/tags"})

    assert page.url.path == "/tags"
    assert is_in(browser)


def test_a_role_that_needs_a_factor_is_led_to_it(browser, database, make, linked):
    linked(make.admin("root"), "r-1")
    with database.writing() as session:
        set_option(session, "sign_in.factor_required_from", "2020-01-01")
    page = go(browser, "r-1", next="/admin")

    assert page.url.path == "/settings/security"
    assert browser.get("/admin", follow_redirects=False).status_code == 303


def test_somebody_suspended_is_told_so_and_stays_suspended(browser, make, linked):
    linked(make.account("ana", suspended_until=now() + timedelta(days=3), sanction_reason="Spam"), "a-1")
    page = go(browser, "a-1")

    assert page.url.path == "/settings/standing"
    assert "Spam" in page.text


@pytest.mark.parametrize("closed", ["offboarded_at", "anonymised_at"])
def test_a_closed_account_stays_closed(browser, make, linked, closed):
    linked(make.account("ana", **{closed: now()}), "a-1")
    page = go(browser, "a-1")

    assert page.status_code == 400
    assert "is closed" in page.text
    assert not is_in(browser)


def test_a_closed_site_makes_no_accounts_and_lets_people_with_a_role_in(site, database, make, eva, linked):
    linked(make.admin("root"), "r-1")
    with database.writing() as session:
        set_option(session, "site.doors", {"code": None, "opened": False})
    with Browser(create_app(site), site) as browser:
        page = go(browser, eva, joining="y")
        assert "New accounts can be made once this site is open." in page.text
        assert browser.post("/login/oidc/new", {"handle": "eva"}).status_code == 403
        assert accounts(database) == ["root"]
        go(browser, "r-1")

        assert browser.get("/admin").status_code == 200


def test_a_session_lives_by_the_sites_rules(browser, database, make, linked):
    linked(make.admin("root"), "r-1")
    go(browser, "r-1", remembered="")

    with database.reading() as session:
        opened = session.scalars(select(AccountSession)).one()
        assert not opened.remembered
        assert opened.expires_at < now() + timedelta(hours=13)


def test_a_new_browser_is_told_by_mail(browser, database, make, linked, letters):
    ana = make.account("ana")
    linked(ana, "a-1")
    with database.writing() as session:
        session.add(KnownDevice(account_id=ana.id, token_hash="x" * 64))
    go(browser, "a-1")

    assert kinds(database, ana) == ["new_browser"]
    assert [letter["to"] for letter in letters()] == ["ana@example.org"]


def test_only_domains_that_are_allowed_come_in(settings, provider, eva):
    site = build_site(replace(settings, oidc_domains=("corp.example",)), rate_limits=False, durable=False)
    provider.person("in", email="ina@corp.example", email_verified=True, preferred_username="ina")
    provider.person("un", email="uma@corp.example", email_verified=False, preferred_username="uma")
    provider.person("sub", email="sue@evil.corp.example", email_verified=True, preferred_username="sue")
    with Browser(create_app(site), site) as browser:
        for stranger in (eva, "un", "sub"):
            page = go(browser, stranger, joining="y")
            assert (page.status_code, "@corp.example" in page.text) == (400, True)
        go(browser, "in", joining="y")
    assert accounts(site.database) == ["ina"]
    site.database.dispose()


@pytest.mark.parametrize(
    ("trust", "said", "confirmed"),
    [("always", None, True), ("always", False, True), ("never", True, False), ("verified", "true", True)]
    + [("verified", said, False) for said in (None, False, "false", 1, "yes")],
)
def test_whose_word_about_an_address_counts_is_a_setting(settings, provider, trust, said, confirmed):
    site = build_site(replace(settings, oidc_trust_email=trust), rate_limits=False, durable=False)
    provider.person("x", email="eva@example.net", preferred_username="eva", email_verified=said)
    with Browser(create_app(site), site) as browser:
        go(browser, "x", joining="y")
    assert (accounts(site.database) == ["eva"]) is confirmed
    site.database.dispose()


def test_two_windows_do_not_get_in_each_others_way(browser, eva):
    first, second = leave(browser, joining="y"), leave(browser, joining="y")
    browser.get(sign_in_there(second, eva))
    browser.post("/logout")
    browser.get(sign_in_there(first, eva))

    assert is_in(browser)


def test_who_waits_waits_half_an_hour(browser, database, eva):
    go(browser, eva)
    with database.writing() as session:
        session.scalars(select(ProviderArrival)).one().expires_at = now() - timedelta(seconds=1)

    assert browser.post("/login/oidc/new", {"handle": "eva"}).url.path == "/login"
    assert accounts(database) == []


def test_who_wants_neither_is_forgotten(browser, database, eva):
    go(browser, eva)
    browser.post("/login/oidc/drop")

    with database.reading() as session:
        assert session.scalars(select(ProviderArrival)).all() == []
    assert browser.get("/login/oidc/new").url.path == "/login"


def test_somebody_who_left_and_came_back_comes_in_as_before(browser, database, make, linked):
    ana = make.account("ana", offboarded_at=now())
    linked(ana, "a-1")
    go(browser, "a-1")
    assert not is_in(browser)
    with database.writing() as session:
        session.get_one(Account, ana.id).offboarded_at = None
    go(browser, "a-1")

    assert is_in(browser)


def test_a_password_still_opens_an_account_that_is_linked(browser, ana, linked):
    linked(ana, "a-1")
    enter(browser, password=PASSWORD)

    assert is_in(browser)


def test_a_trip_leaves_nothing_behind(browser, database, eva):
    go(browser, eva, joining="y")

    with database.reading() as session:
        assert session.scalars(select(ProviderTrip)).all() == []
        assert session.scalars(select(LinkedIdentity.issuer)).one().startswith("http://127.0.0.1")
