"""A second factor that roles need: from a day on, by page and by token, with a way back for whoever lost theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from forum import clock, logs
from forum.access import Privilege, Scope
from forum.accounts import rules
from forum.accounts.api_tokens import load_bearer, make_token
from forum.accounts.factors import checking
from forum.accounts.factors.actions import reset_for
from forum.accounts.models import AccountSession, ApiToken
from forum.accounts.passwords import hash_password
from forum.cli import main
from forum.clock import now
from forum.errors import Conflict, Forbidden
from forum.options import set_option
from tests.forum.accounts.conftest import PASSWORD, enter, is_in, long_ago


@pytest.fixture
def mo(make):
    return make.moderator("mo", password_hash=hash_password(PASSWORD))


@pytest.fixture
def required(database):
    """Since today."""
    with database.writing() as session:
        set_option(session, rules.REQUIRED_FROM, now().date().isoformat())


def test_without_one_a_role_signs_in_to_where_it_is_added(browser, mo, required):
    assert enter(browser, "mo", next="/moderation/log").headers["location"].startswith("/settings/security")
    page = browser.get("/settings/security")
    assert "Your role asks for a second factor" in page.text
    for path in ("/moderation/log", "/settings/profile", "/settings/tokens", "/notifications"):
        assert browser.get(path).url.path == "/settings/security"
    assert browser.get("/threads").status_code == 200


def test_the_role_is_not_in_force_before_and_is_after(make, mo, required, protect):
    assert not make.actor(mo).can(Privilege.MODERATE)
    assert make.actor(mo).must_enrol
    protect(mo)

    assert make.actor(mo).can(Privilege.MODERATE)
    assert not make.actor(mo).must_enrol


def test_tokens_of_the_account_open_nothing_before(browser, mo, required, database, protect):
    with database.writing() as session:
        _token, word = make_token(session, mo.id, "Queue", [Scope.READ, Scope.MODERATE])
    headers = {"Authorization": f"Bearer {word}"}
    refused = browser.get("/api/v1/me", headers=headers)
    assert refused.status_code == 403
    with database.reading() as session:
        assert Privilege.MODERATE not in load_bearer(session, word).actor.privileges
    protect(mo)

    assert browser.get("/api/v1/me", headers=headers).status_code == 200


def test_what_is_posted_meanwhile_is_kept(browser, mo, required, protect):
    browser.sign_in(mo)
    page = browser.post("/settings/profile", {"display_name": "Mo", "bio": "Words that took long to find"})
    assert page.url.path == "/settings/security"
    protect(mo)

    assert "Words that took long to find" in browser.get("/parked").text


def test_customers_are_left_alone(browser, ana, required):
    assert enter(browser).headers["location"] == "/"
    assert browser.get("/settings/profile").url.path == "/settings/profile"


def test_before_the_day_there_is_only_a_notice(browser, mo, database, make):
    with database.writing() as session:
        set_option(session, rules.REQUIRED_FROM, (now() + timedelta(days=3)).date().isoformat())
    browser.sign_in(mo)

    assert make.actor(mo).can(Privilege.MODERATE)
    assert browser.get("/moderation/log").status_code == 200
    assert "your role asks for a second factor" in browser.get("/settings/security").text
    assert "your role asks for a second factor" in browser.get("/").text
    with clock.at(now() + timedelta(days=4)):
        browser.sign_in(mo)
        assert browser.get("/moderation/log").url.path == "/settings/security"


def test_somebody_who_has_one_goes_where_they_were_going(browser, mo, required, protect):
    has = protect(mo)
    enter(browser, "mo")

    assert browser.post("/login/factor", {"code": has.code(), "next": "/moderation/log"}).url.path == "/moderation/log"


@pytest.fixture
def admin(make):
    return make.admin("root", password_hash=hash_password(PASSWORD))


def test_an_admin_takes_a_lost_factor_away_and_it_is_told_and_logged(
    browser, admin, protected, database, letters, session
):
    other = browser.another().sign_in(protected.account)
    session.rollback()
    with database.writing() as writing:
        make_token(writing, protected.account.id, "Nightly", [Scope.READ])
    page = browser.sign_in(admin).post("/admin/people/ana/factors/reset")

    assert "were told by mail" in page.text
    assert not is_in(other)
    told = letters()[-1]
    assert told["to"] == "ana@example.org"
    assert "An admin removed all second factors" in told["subject"]
    assert enter(browser.another()).headers["location"] == "/"
    with database.reading() as reading:
        facts = reading.scalars(text("SELECT facts FROM audit_entries WHERE action = 'FactorsReset'")).all()
        assert str(protected.account.id) in str(facts[0])
        assert all(token.revoked_at for token in reading.scalars(select(ApiToken)))
    assert "Second factors taken away" in browser.get("/moderation/log").text


@pytest.mark.parametrize("role", ["account", "moderator", "staff"])
def test_nobody_else_takes_one_away(browser, make, protected, role, database):
    assert browser.sign_in(getattr(make, role)("eva")).post("/admin/people/ana/factors/reset").status_code == 403
    with database.reading() as session:
        assert checking.is_protected(session, protected.account.id)


def test_an_admin_whose_session_is_old_is_asked_first(browser, admin, protected, site):
    browser.sign_in(admin)
    long_ago(site, admin)

    assert browser.post("/admin/people/ana/factors/reset").url.path == "/settings/confirm"
    with site.database.reading() as session:
        assert checking.is_protected(session, protected.account.id)


def test_not_ones_own_and_not_where_there_is_none(make, admin, ana, protect, session):
    protect(admin)
    with pytest.raises(Forbidden):
        reset_for(session, make.actor(admin), "root")
    with pytest.raises(Conflict):
        reset_for(session, make.actor(admin), "ana")


def test_the_list_says_who_has_none(browser, admin, mo, make, protect):
    protect(make.staff("tia"))
    page = browser.sign_in(admin).get("/admin/people").text

    assert page.count("no second factor") == 2
    assert "2 people with a role have no second factor" in browser.get("/admin/sign-in").text


@pytest.fixture
def command(settings, monkeypatch):
    """Runs `porchlight …` on the test's database."""
    for name in ("DATABASE_URL", "VAR", "SECRET"):
        monkeypatch.setenv(f"PORCHLIGHT_{name}", str(getattr(settings, name.lower())))
    yield lambda *words: CliRunner().invoke(main, list(words))
    logs.configure("console")


def test_the_last_admin_comes_in_again_by_the_command_line(browser, admin, protect, command, letters, database):
    protect(admin)
    open_one = browser.another().sign_in(admin)
    done = command("reset-factors", "ROOT")

    assert done.exit_code == 0, done.output
    assert "@root signs in with the password alone" in done.output
    assert not is_in(open_one)
    assert enter(browser, "root").headers["location"] == "/"
    assert "removed all second factors" in letters()[-1]["subject"]
    with database.reading() as session:
        assert len(session.scalars(select(AccountSession)).all()) == 1


def test_the_command_says_when_there_is_nobody(command):
    refused = command("reset-factors", "nobody")

    assert refused.exit_code == 1
    assert "There is nobody by that name" in refused.output
