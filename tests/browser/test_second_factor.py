"""Second factors in a real browser: an app set up and used, a recovery code, passkeys with and without a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from forum.accounts import tokens
from forum.accounts.factors import recovery, totp
from forum.accounts.models import Account, SecurityKind, TokenPurpose
from forum.accounts.passwords import hash_password
from forum.accounts.security import record
from forum.clock import now
from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House, running_house
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
CODE = re.compile(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a name, for browsers make no passkeys for a number."""
    with running_house(tmp_path_factory.mktemp("named"), host="localhost") as house:
        yield house


def somebody(house: House) -> Account:
    return house.make.account(password_hash=hash_password(PASSWORD))


def set_up_app(visitor: Visitor) -> tuple[str, list[str]]:
    """The secret of the app, and the recovery codes that came with it."""
    visitor.open("/settings/security")
    visitor.follow("Set up a code app")
    secret = visitor.page.locator("#app-secret").inner_text().replace(" ", "")
    expect(visitor.main.locator("svg.segno")).to_be_visible()
    visitor.main.get_by_label("Code that the app shows").fill(pyotp.TOTP(secret).at(now()))
    visitor.press("Confirm")
    codes = CODE.findall(visitor.page.locator("#codes").inner_text())
    assert len(codes) == 10
    return secret, codes


def sign_in_again(visitor: Visitor, name: str, code: str) -> None:
    visitor.context.clear_cookies(name="session")
    visitor.sign_in(name)
    visitor.reads("One more step")
    visitor.main.get_by_label("Code from your app").fill(code)
    visitor.press("Sign in")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_app_is_set_up_and_asked_for_and_a_recovery_code_stands_in(
    house: House, visit: Visit, scripts: bool, tmp_path: Path
):
    account = somebody(house)
    visitor = visit(house, scripts=scripts, viewport={"width": 360, "height": 740}).sign_in(account.handle)
    secret, codes = set_up_app(visitor)
    with visitor.page.expect_download() as download:
        visitor.follow("Download as text")
    download.value.save_as(tmp_path / "codes.txt")
    assert CODE.findall((tmp_path / "codes.txt").read_text()) == codes
    visitor.follow("I have kept them")
    visitor.reads("10 unused recovery codes")

    sign_in_again(visitor, account.handle, pyotp.TOTP(secret).at(now() + timedelta(seconds=30)))
    assert visitor.path == "/"
    sign_in_again(visitor, account.handle, codes[4])
    assert visitor.path == "/"
    visitor.open("/settings/security")
    visitor.reads("9 unused recovery codes")
    visitor.reads("A recovery code was used")
    with visitor.expecting(422):
        sign_in_again(visitor, account.handle, codes[4])
        visitor.reads("That code is not right")


def with_authenticator(visitor: Visitor) -> Any:
    """Let the browser have a phone's kind of passkey, which shows a finger when it is asked."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def test_a_passkey_is_added_signs_in_alone_and_after_the_password(named: House, visit: Visit):
    account = somebody(named)
    visitor = visit(named).sign_in(account.handle)
    with_authenticator(visitor)
    visitor.open("/settings/security")
    visitor.follow("Add a passkey")
    visitor.main.get_by_label("What do you call it?").fill("Phone")
    visitor.press("Make the passkey")
    visitor.reads("Keep these codes now")
    visitor.follow("I have kept them")
    visitor.reads("Phone")

    visitor.context.clear_cookies(name="session")
    visitor.open("/login?next=/settings/security")
    visitor.press("Sign in with a passkey")
    visitor.page.wait_for_url(f"{named.address}/settings/security")
    visitor.context.clear_cookies(name="session")
    visitor.sign_in(account.handle)
    visitor.press("Use a passkey")
    visitor.page.wait_for_url(f"{named.address}/")
    visitor.open("/settings/security")
    visitor.fold_out("Delete")
    visitor.press("Delete this passkey")
    visitor.reads("The passkey opens nothing here any more.")
    visitor.context.clear_cookies(name="session")
    with visitor.expecting(422):
        visitor.open("/login")
        visitor.press("Sign in with a passkey")
        visitor.reads("That passkey did not fit")


def test_without_scripts_the_page_says_what_passkeys_need(named: House, visit: Visit):
    visitor = visit(named, scripts=False)
    visitor.open("/login")

    visitor.reads("Passkeys work only with JavaScript")
    expect(visitor.main.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_a_passkey_that_does_not_answer_is_said_in_words(named: House, visit: Visit):
    visitor = visit(named)
    session = with_authenticator(visitor)
    session.send("WebAuthn.disable")
    visitor.page.add_init_script("navigator.credentials.get = () => Promise.reject(new Error('no'))")
    visitor.open("/login")
    visitor.press("Sign in with a passkey")

    visitor.reads("The passkey did not answer")
    expect(visitor.main.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_nothing_is_wrong_with_the_pages_that_need_something_first(named: House, visit: Visit):
    account = named.make.admin(password_hash=hash_password(PASSWORD))
    other, secret = somebody(named), pyotp.random_base32()
    assert account.email is not None
    with named.site.database.writing() as session:
        for one in (account, other):
            totp.keep(session, named.site.settings, one.id, secret, 0)
            recovery.renew(session, one.id)
        undo = tokens.issue(session, account.id, TokenPurpose.UNDO_EMAIL, account.email)
        event = record(session, account, SecurityKind.NEW_BROWSER)
        alert = tokens.issue(session, account.id, TokenPurpose.END_SESSIONS, account.email, about_id=event.id)
    visitor = visit(named).sign_in(account.handle)
    visitor.reads("One more step")
    wrong = every_complaint(visitor.page)
    visitor.main.get_by_label("Code from your app").fill(pyotp.TOTP(secret).at(now()))
    visitor.press("Sign in")
    visitor.open("/settings/security")
    visitor.fold_out("Make new codes")
    visitor.press("Make new codes now")
    visitor.reads("Keep these codes now")
    wrong += every_complaint(visitor.page)
    settings = ("security", "security/app", "security/passkeys", "confirm", "email")
    paths = (*(f"/settings/{name}" for name in settings), "/admin/sign-in", f"/admin/people/{other.handle}", "/login")
    for path in (*paths, f"/undo-email/{undo}", f"/sign-in-alert/{alert}"):
        visitor.open(path)
        wrong += [f"{path}: {complaint}" for complaint in every_complaint(visitor.page)]

    assert wrong == []
