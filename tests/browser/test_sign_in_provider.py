"""Signing in through a provider in a real browser: there and back between two sites, linked, and unlinked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.accounts.oidc.provider import CALLBACK
from forum.accounts.passwords import hash_password
from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House, running_house
from tests.browser.visitor import PASSWORD, Visitor
from tests.sign_in_provider import CLIENT, CLIENT_SECRET, Provider, running_provider

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("PORCHLIGHT_TEST_PICTURES")


class Two(NamedTuple):
    house: House
    provider: Provider


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """A house and a provider, which a browser takes for two sites: their hosts have different names."""
    with running_provider("") as provider:
        given = {
            "OIDC_ISSUER": provider.address,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_NAME": "Example",
        }
        with running_house(tmp_path_factory.mktemp("two"), host="localhost", **given) as house:
            provider.redirect_uri = house.address + CALLBACK
            yield Two(house, provider)


def say_who(visitor: Visitor, who: str) -> None:
    visitor.page.get_by_role("button", name=f"I am {who}", exact=True).click()
    visitor.page.wait_for_url(f"{visitor.house.address}/**")


def sign_out(visitor: Visitor, *, there: bool) -> None:
    visitor.context.clear_cookies(name="session")
    if there:
        visitor.context.clear_cookies(name="provider-session")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_somebody_signs_up_and_later_in_and_is_told_how_else_they_could(two: Two, visit: Visit, scripts: bool):
    who = two.provider.person(
        f"u{scripts:d}", email=f"una{scripts:d}@example.net", email_verified=True, name=f"Una Moss {scripts:d}"
    )
    visitor = visit(two.house, scripts=scripts, viewport={"width": 360, "height": 740})
    visitor.open("/register?next=/tags")
    visitor.press("Agree and go on with Example")
    say_who(visitor, who)
    visitor.page.wait_for_url(f"{two.house.address}/tags")

    sign_out(visitor, there=False)
    visitor.open("/login?next=/settings/security")
    visitor.press("Sign in with Example")  # which knows them still, and sends them straight back
    visitor.page.wait_for_url(f"{two.house.address}/settings/security")
    visitor.reads(f"una{scripts:d}@example.net")
    visitor.reads("Nothing else lets you in.")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_account_is_linked_in_the_settings_and_unlinked(two: Two, visit: Visit, scripts: bool):
    account = two.house.make.account(password_hash=hash_password(PASSWORD))
    who = two.provider.person(f"l{scripts:d}", email="else@example.net", email_verified=True)
    visitor = visit(two.house, scripts=scripts).sign_in(account.handle)
    visitor.open("/settings/security")
    visitor.press("Link Example")
    say_who(visitor, who)
    visitor.reads("Example is linked: it signs you in from now on.")
    two.house.letter_to(str(account.email), "sign-in through another site was linked")

    sign_out(visitor, there=True)
    visitor.open("/login?next=/settings/security")
    visitor.press("Sign in with Example")
    say_who(visitor, who)
    visitor.page.wait_for_url(f"{two.house.address}/settings/security")
    visitor.fold_out("Remove")
    visitor.press("Remove this link")
    visitor.reads("The link is removed.")
    two.house.letter_to(str(account.email), "was removed")


def test_whose_address_has_an_account_signs_in_to_it_first(two: Two, visit: Visit):
    account = two.house.make.account(password_hash=hash_password(PASSWORD))
    who = two.provider.person("same", email=str(account.email), email_verified=True)
    visitor = visit(two.house)
    visitor.open("/login?next=/tags")
    visitor.press("Sign in with Example")
    say_who(visitor, who)
    visitor.reads("You have an account here")
    wrong = every_complaint(visitor.page)
    _picture(visitor, "have")
    visitor.follow("Sign in to it")
    visitor.fill_sign_in(account.handle)
    visitor.reads("Link the two?")
    wrong += every_complaint(visitor.page)
    _picture(visitor, "link")
    visitor.press("Link them")
    visitor.page.wait_for_url(f"{two.house.address}/tags")

    assert wrong == []


def test_whoever_is_new_makes_an_account_or_says_no(two: Two, visit: Visit):
    who = two.provider.person("new", email="nia@example.net", email_verified=False, nickname="nia", name="Nia Fry")
    visitor = visit(two.house)
    visitor.open("/login")
    _picture(visitor, "login")
    visitor.press("Sign in with Example")
    with visitor.expecting(400):
        visitor.page.get_by_role("button", name="No", exact=True).click()
        visitor.reads("You did not go on at Example.")
        _picture(visitor, "trouble")
        wrong = every_complaint(visitor.page)
    visitor.follow("Back")
    visitor.press("Sign in with Example")
    say_who(visitor, who)
    visitor.reads("You are new here")
    wrong += every_complaint(visitor.page)
    _picture(visitor, "new")
    visitor.main.get_by_label("Handle").fill("nia-fry")
    visitor.press("Agree and make the account")
    visitor.page.wait_for_url(f"{two.house.address}/settings/standing")
    visitor.open("/register")
    _picture(visitor, "register")
    wrong += every_complaint(visitor.page)
    visitor.open("/settings/security")
    _picture(visitor, "security")
    wrong += every_complaint(visitor.page)

    assert wrong == []
    with two.house.site.database.reading() as session:
        assert session.scalars(select(Account.unconfirmed_email).where(Account.handle == "nia-fry")).one()


def test_whoever_has_no_password_proves_at_the_provider_who_they_are(two: Two, visit: Visit):
    who = two.provider.person("pat", email="pat@example.net", email_verified=True, nickname="pat")
    visitor = visit(two.house)
    visitor.open("/register")
    visitor.press("Agree and go on with Example")
    say_who(visitor, who)
    visitor.page.wait_for_url(f"{two.house.address}/")
    sign_out(visitor, there=False)
    two.provider.sessions = {token: (one, since - 7200) for token, (one, since) in two.provider.sessions.items()}
    visitor.open("/login?next=/settings/email")
    visitor.press("Sign in with Example")
    visitor.page.wait_for_url(f"{two.house.address}/settings/confirm**")
    _picture(visitor, "confirm")
    assert every_complaint(visitor.page) == []
    visitor.press("Prove it with Example")
    say_who(visitor, who)
    visitor.page.wait_for_url(f"{two.house.address}/settings/email")


def _picture(visitor: Visitor, name: str) -> None:
    """What people see, wide and narrow, in light and dark, where somebody wants to look at it."""
    if not PICTURES:
        return
    before = visitor.page.viewport_size
    for width in (1200, 360):
        for scheme in ("light", "dark"):
            visitor.page.set_viewport_size({"width": width, "height": 800})
            visitor.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            visitor.page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
    if before:
        visitor.page.set_viewport_size(before)
