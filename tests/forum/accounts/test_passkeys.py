"""Passkeys over HTTP, with one made of software: added, used alone and as a second factor, refused when copied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts.factors import passkeys
from forum.accounts.factors.models import Passkey, RecoveryCode
from forum.accounts.models import AccountSession
from forum.clock import now
from tests.forum.accounts.authenticator import Authenticator
from tests.forum.accounts.conftest import enter, is_in, long_ago

PASSKEYS = "/settings/security/passkeys"


@pytest.fixture
def settings(settings):
    return replace(settings, base_url="http://localhost")


@pytest.fixture
def key():
    return Authenticator()


def add(browser, key, name="Phone"):
    options = browser.post(f"{PASSKEYS}/options").json()
    return browser.post(PASSKEYS, {"name": name, "credential": key.create(options)})


def present(browser, key, path="/login/passkey", options="/login/passkey/options", **more):
    asked = browser.post(options).json()
    return browser.post(path, {"credential": key.get(asked), **more})


@pytest.fixture
def with_key(browser, ana, key):
    """Ana, who has added a passkey and left."""
    assert add(browser.sign_in(ana), key).url.path == "/settings/security/codes"
    browser.post("/logout")
    return ana


def passkey_of(database):
    with database.reading() as session:
        return session.scalars(select(Passkey)).one()


def test_one_is_added_under_a_name_and_the_owner_is_told(browser, with_key, database, letters):
    kept = passkey_of(database)

    assert (kept.account_id, kept.name) == (with_key.id, "Phone")
    assert "passkey was added" in letters()[-1]["subject"]
    with database.reading() as session:
        assert len(session.scalars(select(RecoveryCode)).all()) == 10


def test_several_have_names_and_the_same_is_not_kept_twice(browser, with_key, key):
    browser.sign_in(with_key)
    assert add(browser, Authenticator(), "Blue key").url.path == "/settings/security"
    options = browser.post(f"{PASSKEYS}/options").json()
    assert len(options["excludeCredentials"]) == 2
    again = browser.post(PASSKEYS, {"name": "Phone again", "credential": key.create(options)})

    assert again.status_code == 422
    assert "known already" in again.text
    page = browser.get("/settings/security").text
    assert "Phone" in page
    assert "Blue key" in page


def test_it_must_have_a_name_and_what_was_asked_is_asked_anew(browser, ana, key, session):
    page = add(browser.sign_in(ana), key, name="  ")

    assert page.status_code == 422
    assert "Give it a name" in page.text
    assert session.scalars(select(Passkey)).all() == []


def test_it_signs_in_without_a_password_and_says_itself_who_it_is(browser, with_key, key):
    options = browser.post("/login/passkey/options").json()
    assert options["userVerification"] == "required"
    assert options.get("allowCredentials", []) == []
    page = present(browser, key, next="/settings/sessions")

    assert page.url.path == "/settings/sessions"


def test_it_is_a_second_factor_and_that_of_somebody_else_is_not(browser, with_key, key, make):
    other_key = Authenticator()
    add(browser.another().sign_in(make.account("eva")), other_key)
    assert enter(browser).headers["location"] == "/login/factor"
    refused = present(browser, other_key, "/login/factor/passkey", "/login/factor/options")
    assert refused.status_code == 422
    assert not is_in(browser)
    present(browser, key, "/login/factor/passkey", "/login/factor/options")

    assert is_in(browser)


def test_who_did_not_show_a_finger_or_pin_is_not_let_in(browser, with_key, key):
    key.verifies = False

    assert present(browser, key).status_code == 422
    assert not is_in(browser)


def test_one_that_asks_for_neither_cannot_be_added(browser, ana):
    assert add(browser.sign_in(ana), Authenticator(verifies=False)).status_code == 422


def test_a_counter_that_went_back_is_that_of_a_copy(browser, with_key, key):
    key.counter = 7
    present(browser, key)
    assert is_in(browser)
    browser.post("/logout")
    key.counter = 3

    assert present(browser, key).status_code == 422
    assert not is_in(browser)


def test_what_was_asked_is_answered_once(browser, with_key, key):
    options = browser.post("/login/passkey/options").json()
    cookie = browser.client.cookies["passkey"]
    answer = key.get(options)
    browser.post("/login/passkey", {"credential": answer})
    assert is_in(browser)
    browser.post("/logout")
    browser.client.cookies.set("passkey", cookie)

    assert browser.post("/login/passkey", {"credential": answer}).status_code == 422
    assert not is_in(browser)


def test_a_wrong_answer_uses_it_up_too(browser, with_key, key, session):
    options = browser.post("/login/passkey/options").json()
    cookie = browser.client.cookies["passkey"]
    browser.post("/login/passkey", {"credential": "{}"})
    browser.client.cookies.set("passkey", cookie)
    browser.post("/login/passkey", {"credential": key.get(options)})

    assert not is_in(browser)


def test_it_is_asked_of_one_browser_for_five_minutes_and_for_one_purpose(browser, with_key, key):
    options = browser.post("/login/passkey/options").json()
    thief = browser.another()
    thief.post("/login/passkey/options")
    assert thief.post("/login/passkey", {"credential": key.get(options)}).status_code == 422
    with clock.at(now() + timedelta(minutes=6)):
        assert browser.post("/login/passkey", {"credential": key.get(options)}).status_code == 422
    browser.sign_in(with_key)
    asked = browser.post("/settings/confirm/options").json()
    browser.sign_out()
    assert browser.post("/login/passkey", {"credential": key.get(asked)}).status_code == 422


@pytest.mark.parametrize("elsewhere", [{"origin": "http://evil.example"}, {"rp_id": "evil.example"}])
def test_an_answer_that_was_given_to_another_site_is_refused(browser, with_key, key, elsewhere):
    for name, value in elsewhere.items():
        setattr(key, name, value)

    assert present(browser, key).status_code == 422


@pytest.mark.parametrize("nonsense", ["", "x", "[]", '{"id": 5}', '{"id": "x", "response": []}', "9" * 30_000])
def test_nonsense_is_refused_in_words(browser, with_key, nonsense):
    browser.post("/login/passkey/options")
    page = browser.post("/login/passkey", {"credential": nonsense})

    assert page.status_code == 422


def test_nonsense_is_not_added(browser, ana, session):
    browser.sign_in(ana)
    for nonsense in ("", "{}", '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}'):
        browser.post(f"{PASSKEYS}/options")
        assert browser.post(PASSKEYS, {"name": "Phone", "credential": nonsense}).status_code == 422
    assert session.scalars(select(Passkey)).all() == []


def test_a_deleted_one_opens_nothing(browser, with_key, key, database, letters):
    browser.sign_in(with_key)
    number = passkey_of(database).id
    assert "opens nothing here" in browser.post(f"{PASSKEYS}/{number}/remove").text
    browser.sign_out()

    assert present(browser, key).status_code == 422
    assert "passkey was removed" in letters()[-1]["subject"]
    assert enter(browser).headers["location"] == "/"


def test_nobody_deletes_that_of_somebody_else(browser, with_key, make, database):
    number = passkey_of(database).id

    assert browser.sign_in(make.account("eva")).post(f"{PASSKEYS}/{number}/remove").status_code == 404


def test_whoever_left_is_not_let_in(browser, with_key, key, database):
    with database.writing() as session:
        session.merge(with_key).offboarded_at = now()

    assert present(browser, key).status_code == 422


def test_it_proves_that_it_is_still_its_owner(browser, with_key, key, site, session):
    browser.sign_in(with_key)
    long_ago(site, with_key)
    assert browser.get(PASSKEYS).url.path == "/settings/confirm"
    page = present(browser, key, "/settings/confirm/passkey", "/settings/confirm/options", next=PASSKEYS)

    assert page.url.path == PASSKEYS


def test_a_session_by_passkey_lasts_as_was_asked(browser, with_key, key, session):
    present(browser, key)

    assert [row.remembered for row in session.scalars(select(AccountSession))] == [False]


def test_at_an_address_that_is_a_number_there_are_none(settings):
    assert passkeys.offered(settings)
    assert passkeys.offered(replace(settings, base_url="https://community.example.com"))
    assert not passkeys.offered(replace(settings, base_url="http://127.0.0.1:8000"))
    assert not passkeys.offered(replace(settings, base_url="http://community.example.com"))


def test_without_the_extra_they_are_absent_and_codes_still_let_in(browser, with_key, key, monkeypatch):
    monkeypatch.setattr(passkeys, "installed", lambda: False)
    assert "passkey" not in browser.get("/login").text.lower()
    assert browser.post("/login/passkey/options").status_code == 404
    assert browser.post("/login/passkey", {"credential": "{}"}).status_code == 404
    assert browser.sign_in(with_key).get(PASSKEYS).status_code == 404
    browser.sign_out()

    assert enter(browser).headers["location"] == "/login/factor"
    assert "data-passkey" not in browser.get("/login/factor").text
