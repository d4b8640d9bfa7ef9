"""Linking a sign-in to an account, and taking the link away: only whoever proved both, and never the only way in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.accounts import email_change, tokens
from forum.accounts.factors.models import Passkey
from forum.accounts.jobs import tidy
from forum.accounts.models import Account, AccountToken, TokenPurpose
from forum.accounts.oidc import actions
from forum.accounts.oidc.models import LinkedIdentity, ProviderTrip
from forum.accounts.oidc.provider import Identity
from forum.accounts.security import NOWHERE
from forum.clock import now
from forum.errors import Conflict
from moderation.audit.models import AuditEntry
from tests.forum.accounts.conftest import PASSWORD, enter, is_in, long_ago
from tests.forum.accounts.oidc.conftest import accounts, go, kinds, leave, links

LINK = "/settings/security/provider"


def subjects(letters):
    return [letter["subject"] for letter in letters()]


def test_it_is_linked_in_the_settings_shown_there_and_told_by_mail(browser, database, ana, eva, letters):
    enter(browser)
    page = go(browser, eva, LINK)

    assert page.url.path == "/settings/security"
    assert "Example is linked" in page.text
    assert "eva@example.net" in page.text
    assert links(database) == [(ana.id, eva)]
    assert kinds(database, ana) == ["identity_linked"]
    assert subjects(letters) == ["Porchlight: A sign-in through another site was linked"]


def test_from_then_on_it_signs_in(browser, ana, eva):
    enter(browser)
    go(browser, eva, LINK)
    browser.post("/logout")
    go(browser, eva)

    assert browser.get("/settings/profile").text.count("Ana Lopes")


def test_linking_takes_a_recent_proof(browser, database, site, ana, eva):
    enter(browser)
    long_ago(site, ana)

    assert browser.post(LINK).url.path == "/settings/confirm"
    with database.reading() as session:
        assert session.scalars(select(ProviderTrip)).all() == []


def test_nobody_links_without_being_signed_in(browser, database, eva):
    assert browser.post(LINK).url.path == "/login"
    assert links(database) == []


def test_an_account_that_has_the_address_is_linked_once_its_owner_signed_in_and_said_so(
    browser, database, ana, provider, letters
):
    provider.person("a-1", email="ana@example.org", email_verified=True)
    page = go(browser, "a-1", next="/tags")
    assert "You have an account here" in page.text
    page = browser.post("/login", {"name": "ana", "password": PASSWORD, "next": "/login/oidc/link"})
    assert page.url.path == "/login/oidc/link"
    assert links(database) == []
    page = browser.post("/login/oidc/link")

    assert page.url.path == "/tags"
    assert links(database) == [(ana.id, "a-1")]
    assert "linked" in subjects(letters)[-1]
    assert browser.get("/login/oidc/link").url.path == "/settings/security"


def test_with_a_second_factor_that_is_proven_too(browser, database, protected, provider):
    provider.person("a-1", email="ana@example.org", email_verified=True)
    go(browser, "a-1")
    page = browser.post("/login", {"name": "ana", "password": PASSWORD, "next": "/login/oidc/link"})
    assert page.url.path == "/login/factor"
    assert browser.post("/login/oidc/link").url.path == "/login"
    assert links(database) == []
    browser.post("/login/factor", {"code": protected.code(), "next": "/login/oidc/link"})
    browser.post("/login/oidc/link")

    assert links(database) == [(protected.account.id, "a-1")]


def test_in_an_old_session_the_proof_is_asked_for_first(browser, database, site, ana, provider):
    provider.person("a-1", email="ana@example.org", email_verified=True)
    enter(browser)
    long_ago(site, ana)
    go(browser, "a-1")

    assert browser.get("/login/oidc/link").url.path == "/settings/confirm"
    assert browser.post("/login/oidc/link").url.path == "/settings/confirm"
    assert links(database) == []


def test_what_opens_one_account_is_linked_to_no_other(browser, database, ana, make, eva, linked):
    other = make.account("otto")
    linked(other, eva, email="eva@example.net", email_verified=True)
    enter(browser)
    page = go(browser, eva, LINK)

    assert page.status_code == 400
    assert "linked to another account here" in page.text
    assert links(database) == [(other.id, eva)]


def test_an_account_has_one_link_a_provider(browser, database, ana, eva, linked):
    linked(ana, "a-1", email="a@example.net", email_verified=True)
    enter(browser)
    assert "It is linked to your account already." in go(browser, "a-1", LINK).text
    assert "Remove that one first." in go(browser, eva, LINK).text

    assert links(database) == [(ana.id, "a-1")]


def test_of_two_who_link_the_same_at_once_one_does(site, database, make, provider):
    first, second = make.account(), make.account()
    identity = Identity(issuer=provider.address, subject="s")
    with database.writing() as session:
        actions.link(session, site.settings, make.actor(first), identity, NOWHERE)
    with database.writing() as session, pytest.raises(Conflict):
        # As for whoever asked before the other was done.
        actions._keep(session, site.settings, session.get_one(Account, second.id), identity, NOWHERE)

    assert links(database) == [(first.id, "s")]


def test_a_link_is_removed_and_told_by_mail(browser, database, ana, linked, letters):
    linked(ana, "a-1")
    enter(browser)
    with database.reading() as session:
        number = session.scalars(select(LinkedIdentity.id)).one()
    page = browser.post(f"{LINK}/{number}/remove")

    assert "The link is removed." in page.text
    assert links(database) == []
    assert kinds(database, ana) == ["identity_unlinked"]
    assert "was removed" in subjects(letters)[-1]
    browser.post("/logout")
    assert go(browser, "a-1").url.path == "/login/oidc/new"


def test_removing_takes_a_recent_proof_and_ones_own_link(browser, database, site, ana, make, linked):
    linked(make.account("otto", password_hash="x"), "o-1")
    linked(ana, "a-1")
    with database.reading() as session:
        others, own = session.scalars(select(LinkedIdentity.id).order_by(LinkedIdentity.id))
    enter(browser)
    assert browser.post(f"{LINK}/{others}/remove").status_code == 404
    long_ago(site, ana)
    assert browser.post(f"{LINK}/{own}/remove").url.path == "/settings/confirm"

    assert len(links(database)) == 2


def test_the_only_way_in_stays(browser, database, eva):
    go(browser, eva, joining="y")
    assert "Nothing else lets you in" in browser.get("/settings/security").text
    with database.reading() as session:
        number = session.scalars(select(LinkedIdentity.id)).one()
    page = browser.post(f"{LINK}/{number}/remove")

    assert page.status_code == 409
    assert len(links(database)) == 1


@pytest.mark.parametrize(("base_url", "goes"), [("https://site.example", True), ("http://127.0.0.1:8000", False)])
def test_a_passkey_is_another_way_where_this_site_takes_passkeys(site, database, make, linked, base_url, goes):
    account = make.account("ana")
    linked(account, "a-1")
    settings = replace(site.settings, base_url=base_url)
    with database.writing() as session:
        session.add(Passkey(account_id=account.id, name="Phone", credential_id="c", public_key="k"))
        found = session.scalars(select(LinkedIdentity)).one()
        assert actions.is_only_way(session, settings, account, found) is not goes


def test_a_link_to_an_earlier_provider_of_the_site_opens_nothing_and_can_go(browser, database, make):
    account = make.account("ana")
    with database.writing() as session:
        session.add(LinkedIdentity(account_id=account.id, issuer="https://old.example", subject="a-1"))
    browser.sign_in(account)
    page = browser.get("/settings/security").text
    assert "old.example" in page
    assert "This site does not use it any more." in page
    assert "Link Example" in page
    with database.reading() as session:
        number = session.scalars(select(LinkedIdentity.id)).one()
    browser.post(f"{LINK}/{number}/remove")

    assert links(database) == []


def test_the_same_subject_of_another_issuer_is_somebody_else(browser, database, make, provider):
    account = make.account("ana")
    with database.writing() as session:
        session.add(LinkedIdentity(account_id=account.id, issuer="https://old.example", subject="a-1"))
    provider.person("a-1", email="x@example.net", email_verified=True)
    go(browser, "a-1")

    assert not is_in(browser)


def test_the_log_tells_of_people_with_a_role_and_of_no_others(browser, database, make, eva, provider):
    browser.sign_in(make.staff("sam", password_hash="x"))
    go(browser, eva, LINK)
    with database.reading() as session:
        number = session.scalars(select(LinkedIdentity.id)).one()
    browser.post(f"{LINK}/{number}/remove")
    browser.sign_in(make.account("otto"))
    go(browser, eva, LINK)

    with database.reading() as session:
        logged = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert logged == ["IdentityLinked", "IdentityUnlinked"]


def test_who_takes_their_address_back_ends_links_of_whoever_moved_it(database, make, linked):
    account = make.account("ana")
    linked(account, "theirs")
    with database.writing() as session:
        session.scalars(select(LinkedIdentity)).one().created_at = now() - timedelta(days=9)
    with database.writing() as session:
        session.add(LinkedIdentity(account_id=account.id, issuer="https://thief.example", subject="t"))
        word = tokens.issue(session, account.id, TokenPurpose.UNDO_EMAIL, "ana@example.org")
    with database.writing() as session:
        email_change.undo_change(session, word, NOWHERE)

    assert [subject for _account, subject in links(database)] == ["theirs"]
    with database.reading() as session:
        assert session.scalars(select(AccountToken.purpose).where(AccountToken.used_at.is_(None))).all() == [
            TokenPurpose.RESET_PASSWORD
        ]


def confirm(browser, who, cookie="", **fields):
    return go(browser, who, "/settings/confirm/provider", cookie=cookie, next="/settings/email", **fields)


@pytest.fixture
def old(browser, site, make, linked):
    """Somebody without a password, in a session from yesterday, who could prove it at the provider alone."""
    account = make.account("ana")
    linked(account, "a-1")
    browser.sign_in(account)
    long_ago(site, account)
    return account


def test_whoever_signs_in_there_once_more_has_proven_who_they_are(browser, old):
    assert browser.get("/settings/email").url.path == "/settings/confirm"
    assert "Prove it with Example" in browser.get("/settings/confirm").text
    page = confirm(browser, "a-1")

    assert page.url.path == "/settings/email"


def test_the_provider_is_asked_to_ask_again(browser, old):
    address = leave(browser, "/settings/confirm/provider")

    assert "prompt=login" in address
    assert "max_age=60" in address


def test_a_sign_in_of_this_morning_proves_nothing(browser, old, provider):
    provider.ignores_prompt = True
    page = confirm(browser, "a-1", cookie=provider.sign_in("a-1", ago=3600))

    assert page.status_code == 400
    assert "did not ask you to sign in once more" in page.text
    assert browser.get("/settings/email").url.path == "/settings/confirm"


def test_a_provider_that_does_not_say_when_proves_nothing(browser, old, provider):
    provider.tells_auth_time = False

    assert "did not say when" in confirm(browser, "a-1").text
    assert browser.get("/settings/email").url.path == "/settings/confirm"


def test_somebody_else_over_there_proves_nothing(browser, old, make, eva, linked):
    linked(make.account("otto"), "o-1")
    for other in (eva, "o-1"):
        assert "somebody who is not linked" in confirm(browser, other).text

    assert browser.get("/settings/email").url.path == "/settings/confirm"


def test_a_second_factor_is_part_of_the_proof(browser, site, protected, linked):
    linked(protected.account, "a-1")
    browser.sign_in(protected.account)
    long_ago(site, protected.account)
    refused = browser.post("/settings/confirm/provider", {"code": "000000", "next": "/settings/email"})
    assert refused.status_code == 422
    assert 'id="provider-code-error"' in refused.text
    page = confirm(browser, "a-1", code=protected.code())

    assert page.url.path == "/settings/email"


@pytest.mark.parametrize(("ago", "recent"), [(0, True), (7200, False)])
def test_signing_in_by_a_session_over_there_is_as_recent_a_proof_as_that(browser, make, provider, linked, ago, recent):
    linked(make.account("ana"), "a-1")
    go(browser, "a-1", cookie=provider.sign_in("a-1", ago=ago))

    assert (browser.get("/settings/email").url.path == "/settings/email") is recent


def test_so_it_is_with_a_second_factor(browser, protected, provider, linked):
    linked(protected.account, "a-1")
    go(browser, "a-1", cookie=provider.sign_in("a-1", ago=7200))
    browser.post("/login/factor", {"code": protected.code()})

    assert is_in(browser)
    assert browser.get("/settings/email").url.path == "/settings/confirm"


def test_a_provider_that_does_not_say_when_gives_no_recent_proof(browser, make, provider, linked):
    linked(make.account("ana"), "a-1")
    provider.tells_auth_time = False
    go(browser, "a-1")

    assert is_in(browser)
    assert browser.get("/settings/email").url.path == "/settings/confirm"


def test_an_account_that_never_joined_is_forgotten_with_its_link(database, site, browser, provider):
    provider.person("x", preferred_username="eva")
    go(browser, "x")
    browser.post("/login/oidc/new", {"handle": "eva", "email": "eva@example.net"})
    with database.writing() as session:
        made = session.scalars(select(Account)).one()
        made.created_at = made.last_seen_at = now() - timedelta(days=60)
    with database.writing() as session:
        tidy(session, {})

    assert (accounts(database), links(database)) == ([], [])
