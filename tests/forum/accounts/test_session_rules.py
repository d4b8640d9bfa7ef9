"""How long sessions live: by what their person is and asked for, as an admin says, from now on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from forum import clock
from forum.accounts import rules
from forum.accounts.models import Account, AccountSession
from forum.accounts.passwords import hash_password
from forum.accounts.rules import Lifetime
from forum.clock import now
from forum.errors import Forbidden
from tests.forum.accounts.conftest import PASSWORD, enter, is_in

FIELDS = {
    f"{kind}_{which}": getattr(rule, which) for kind, rule in rules.DEFAULTS.items() for which in ("idle", "whole")
}


@pytest.fixture
def admin(make):
    return make.admin("root", password_hash=hash_password(PASSWORD))


def later(browser, **ahead):
    with clock.at(now() + timedelta(**ahead)):
        return is_in(browser)


def test_a_session_that_is_not_remembered_ends_with_the_browser_and_after_a_day(browser, ana):
    reply = enter(browser)

    cookie = next(one for one in reply.headers.get_list("set-cookie") if one.startswith("session="))
    assert "Max-Age" not in cookie
    assert later(browser, hours=23)
    assert not later(browser, hours=25)


def test_one_that_is_remembered_stays_thirty_days(browser, ana):
    reply = enter(browser, remembered="y")

    cookie = next(one for one in reply.headers.get_list("set-cookie") if one.startswith("session="))
    assert "Max-Age" in cookie
    assert later(browser, days=29)
    assert not later(browser, days=31)


def test_it_ends_in_all_however_much_it_is_used(browser, ana):
    enter(browser)
    start = now()
    for hours in range(20, 168, 20):
        with clock.at(start + timedelta(hours=hours)):
            assert browser.post("/settings/sessions/end").url.path == "/settings/sessions"
    with clock.at(start + timedelta(hours=169)):
        assert not is_in(browser)


def test_reading_keeps_it_alive_too(browser, ana, site):
    enter(browser)
    start = now()
    with clock.at(start + timedelta(hours=20)):
        assert browser.get("/settings/security", headers={"User-Agent": "Firefox/128.0"}).status_code == 200
        site.telemetry.flush(site.database)
    with clock.at(start + timedelta(hours=40)):
        assert is_in(browser)


def test_whoever_holds_a_role_is_signed_out_sooner(browser, admin):
    enter(browser, "root")

    assert later(browser, hours=11)
    assert not later(browser, hours=13)


def test_a_role_that_is_given_later_shortens_what_is_open(browser, ana, database):
    enter(browser, remembered="y")
    assert later(browser, days=10)
    with database.writing() as session:
        session.get_one(Account, ana.id).moderator = True

    assert not later(browser, days=10)
    assert later(browser, days=6)


def test_an_admin_changes_the_rules_and_they_hold_at_once(browser, ana, admin):
    enter(browser, remembered="y")
    chief = browser.another().sign_in(admin)
    page = chief.post("/admin/sign-in", {**FIELDS, "customer_remembered_idle": 24, "customer_remembered_whole": 168})

    assert "are saved" in page.text
    assert later(browser, hours=23)
    assert not later(browser, hours=25)


def test_the_change_stands_in_the_log(browser, admin, database):
    day = now().date() + timedelta(days=30)
    browser.sign_in(admin).post("/admin/sign-in", {**FIELDS, "required_from": day.isoformat()})

    with database.reading() as session:
        facts = session.scalars(text("SELECT facts FROM audit_entries WHERE action = 'SignInRulesChanged'")).all()
    assert len(facts) == 1
    assert day.strftime("%Y%m%d") in str(facts[0])
    assert "Rules for signing in changed" in browser.get("/moderation/log").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("customer_idle", 5, "Choose from the list"),
        ("holder_whole", 100_000, "Choose from the list"),
        ("holder_idle", 720, "cannot live longer"),
        ("required_from", "2999-01-01", "within the next year"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(browser, admin, database, field, value, words):
    page = browser.sign_in(admin).post("/admin/sign-in", {**FIELDS, field: value})

    assert page.status_code == 422
    assert words in page.text
    with database.reading() as session:
        assert rules.lifetimes(session) == rules.DEFAULTS
        assert rules.required_from(session) is None


@pytest.mark.parametrize("role", ["account", "moderator", "staff"])
def test_only_admins_see_and_change_them(browser, make, database, role):
    somebody = getattr(make, role)("somebody")
    browser.sign_in(somebody)

    assert browser.get("/admin/sign-in").status_code == 403
    assert browser.post("/admin/sign-in", FIELDS).status_code == 403
    with pytest.raises(Forbidden), database.writing() as session:
        rules.change_rules(session, make.actor(somebody), rules.DEFAULTS, None)


def test_the_end_is_the_sooner_of_the_two():
    start = now()
    rule = Lifetime(idle=10, whole=24)

    assert rules.end_of(rule, start, start + timedelta(hours=5)) == start + timedelta(hours=15)
    assert rules.end_of(rule, start, start + timedelta(hours=20)) == start + timedelta(hours=24)


def test_an_ended_session_is_not_listed(browser, ana, database):
    enter(browser, remembered="y")
    with clock.at(now() - timedelta(days=400)), database.writing() as session:
        session.add(AccountSession(account_id=ana.id, token_hash="0" * 64, expires_at=now() + timedelta(days=900)))

    assert browser.get("/settings/sessions").text.count("last used") == 1
    with database.reading() as session:
        assert len(session.scalars(select(AccountSession)).all()) == 2
