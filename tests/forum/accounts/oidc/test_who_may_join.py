"""The provider's door is no wider than the site's: registration and terms hold there as well."""

from __future__ import annotations

import pytest

from forum.accounts.admission import WHO, Registration
from forum.accounts.consents import Consent
from forum.invitations.actions import invite
from forum.markup import cook
from forum.options import set_option
from forum.terms.actions import publish, write_draft
from tests.forum.accounts.conftest import is_in
from tests.forum.accounts.oidc.conftest import accounts, go

NEW = {"handle": "evab", "display_name": "Eva"}


@pytest.fixture
def admin(make):
    return make.admin("root")


def only(database, who):
    with database.writing() as session:
        set_option(session, WHO, who.value)


@pytest.mark.parametrize("who", [Registration.INVITED, Registration.CLOSED])
def test_nobody_comes_in_by_the_provider_while_nobody_else_does(browser, database, eva, who):
    only(database, who)
    page = go(browser, eva, joining="y")
    assert page.url.path == "/login/oidc/new"
    assert "Agree and make the account" not in page.text
    assert browser.post("/login/oidc/new", NEW).status_code == 403

    assert accounts(database) == []


def test_whoever_was_invited_comes_in_by_the_address_that_the_provider_vouches_for(
    browser, database, eva, make, admin, provider
):
    with database.writing() as session:
        invite(session, make.actor(admin), "eva@example.net")
    only(database, Registration.INVITED)
    provider.person("thief", email="eva@example.net", email_verified=False)
    go(browser, "thief")
    assert browser.post("/login/oidc/new", NEW | {"email": "eva@example.net"}).status_code == 403
    browser.post("/login/oidc/drop")
    go(browser, eva, joining="y")

    assert is_in(browser)
    assert accounts(database) == ["root", "eva"]


def test_terms_are_agreed_to_before_there_is_an_account(browser, database, eva, make, admin):
    with database.writing() as session:
        write_draft(session, make.actor(admin), "en", cook("Be *good*."))
        version = publish(session, make.actor(admin), note="", asks_again=False, required_from=None).id
    page = go(browser, eva, joining="y")
    assert page.url.path == "/login/oidc/new"
    assert "I agree to the terms" in page.text
    assert browser.post("/login/oidc/new", NEW | {"terms": str(version)}).status_code == 422
    assert accounts(database) == ["root"]
    browser.post("/login/oidc/new", NEW | {"terms": str(version), "consent": "y"})

    assert is_in(browser)
    with database.reading() as session:
        assert [row.version_id for row in session.query(Consent)] == [version]
