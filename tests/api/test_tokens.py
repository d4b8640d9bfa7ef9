"""Tokens: what opens the API and for how long, what each scope allows, and where they are made."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from forum import clock, logs
from forum.access import OF_SCOPE, Actor, Privilege, Scope, narrow
from forum.accounts.actions import change_password, reset_password
from forum.accounts.api_tokens import load_bearer, make_token, revoke_token
from forum.accounts.models import Account, ApiToken, TokenPurpose
from forum.accounts.tokens import issue
from forum.cli import main
from forum.clock import now
from forum.errors import Conflict, Invalid, NotFound
from tests.api.conftest import Program


def test_only_a_token_opens_the_api_and_never_the_cookie(api, asker):
    program = api()
    program.browser.sign_in(asker)

    refused = program.get("/me")

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Porchlight"'
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "porch_x", "Bearer porch_x", "bearer \x7f"])
def test_what_is_no_token_opens_nothing(api, header):
    refused = api().get("/me", headers={"Authorization": header})

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_not_looked_for_in_address_or_body(api, token, asker):
    word = token(asker)

    assert api().get(f"/me?access_token={word}&token={word}").status_code == 401
    assert api().post("/tickets", {"access_token": word, "subject": "x", "body": "y"}).status_code == 401


def test_another_site_may_call_it_for_no_cookie_goes_along(api, asker):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}

    made = api(asker).post("/tickets", {"subject": "An invoice twice", "body": "We paid."}, headers=headers)

    assert made.status_code == 201


def test_the_pages_still_refuse_another_site(browser, asker):
    browser.sign_in(asker)
    for path in ("/settings/tokens", "/api/v1", "/api/v12/me", "/api"):
        refused = browser.post(path, {"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert refused.status_code == 403


@pytest.mark.parametrize(
    ("scopes", "method", "path", "missing"),
    [
        ((Scope.READ,), "POST", "/threads", "write"),
        ((Scope.READ,), "GET", "/reviews", "moderate"),
        ((Scope.READ, Scope.MODERATE), "POST", "/reviews/1/claim", "write"),
        ((Scope.READ, Scope.WRITE), "POST", "/tickets/PL-1/merge", "support"),
        ((Scope.READ,), "POST", "/reviews/1/undo", "write moderate"),
    ],
)
def test_a_missing_scope_is_named(make, api, scopes, method, path, missing):
    refused = api(make.admin("ada"), *scopes)(method, path)

    assert refused.status_code == 403
    assert f'error="insufficient_scope", scope="{missing}"' in refused.headers["WWW-Authenticate"]


def test_whoever_writes_reads_too(make, api, asker, thread):
    program = api(asker, Scope.WRITE)

    assert program.get(f"/threads/{thread.id}").status_code == 200
    assert program.get("/me").json()["token"]["scopes"] == ["read", "write"]


def test_scopes_share_all_privileges_out_and_add_none():
    everything = Actor(id=1, privileges=frozenset(Privilege))

    assert narrow(everything, Scope).privileges == frozenset(Privilege)
    assert narrow(everything, []).privileges == frozenset()
    assert narrow(Actor(id=1), Scope).privileges == frozenset()
    assert not OF_SCOPE[Scope.READ]


def test_without_its_scope_a_moderator_is_a_member(make, api, moderator, thread):
    hidden = make.answer(thread, visibility="hidden", body="Hidden for a reason.")

    assert api(moderator, Scope.READ, Scope.WRITE).get(f"/threads/{thread.id}").json()["answers"] == []
    seen = api(moderator, Scope.MODERATE).get(f"/threads/{thread.id}").json()["answers"]
    assert [one["id"] for one in seen] == [hidden.id]


def test_a_scope_does_not_outlive_the_role(database, api, moderator):
    program = api(moderator)
    assert program.get("/reviews").status_code == 200
    with database.writing() as session:
        session.get_one(Account, moderator.id).moderator = False

    assert program.get("/reviews").status_code == 403


def test_a_suspension_counts_at_once(database, api, asker, thread):
    program = api(asker)
    with database.writing() as session:
        session.get_one(Account, asker.id).suspended_until = now() + timedelta(days=1)

    assert program.post(f"/threads/{thread.id}/answers", {"body": "Restart the daemon."}).status_code == 403
    assert program.post("/tickets", {"subject": "An invoice twice", "body": "We paid."}).status_code == 201


@pytest.mark.parametrize("column", ["offboarded_at", "anonymised_at"])
def test_nobody_acts_for_an_account_that_is_gone(database, api, asker, column):
    program = api(asker)
    with database.writing() as session:
        setattr(session.get_one(Account, asker.id), column, now())

    assert program.get("/me").status_code == 401


def test_a_revoked_token_opens_nothing_from_that_moment(database, make, api, asker):
    program, stranger, owner = api(asker), make.actor(make.account("otto")), make.actor(asker)
    with database.writing() as session:
        token_id = session.scalars(select(ApiToken.id)).one()
        with pytest.raises(NotFound):
            revoke_token(session, stranger, token_id)
    assert program.get("/me").status_code == 200
    database.write(lambda session: revoke_token(session, owner, token_id))

    refused = program.get("/me")

    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_token_ends_with_its_time(database, asker):
    _row, word = database.write(lambda session: make_token(session, asker.id, "Report", [Scope.READ], days=7))

    with database.reading() as session:
        with clock.at(now() + timedelta(days=6)):
            assert load_bearer(session, word) is not None
        with clock.at(now() + timedelta(days=8)):
            assert load_bearer(session, word) is None


def test_a_new_password_ends_every_token(database, make, api, asker):
    program, other, actor = api(asker), api(make.account("otto")), make.actor(asker)
    database.write(lambda session: change_password(session, actor, checked_hash=None, password_hash="new"))

    assert (program.get("/me").status_code, other.get("/me").status_code) == (401, 200)


def test_a_password_reset_by_mail_ends_every_token(database, api, asker):
    program = api(asker)
    link = database.write(lambda session: issue(session, asker.id, TokenPurpose.RESET_PASSWORD, asker.email))
    database.write(lambda session: reset_password(session, link, "new"))

    assert program.get("/me").status_code == 401


def test_only_the_hash_is_kept(database, token, asker):
    word = token(asker)

    with database.reading() as session:
        row = session.scalars(select(ApiToken)).one()
        assert re.fullmatch(r"[0-9a-f]{64}", row.token_hash)
        assert word.removeprefix("porch_") not in repr(vars(row))


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ({}, {Scope.MODERATE, Scope.SUPPORT, Scope.ADMIN}),
        ({"moderator": True}, {Scope.SUPPORT, Scope.ADMIN}),
        ({"staff": True, "tier": 1}, {Scope.MODERATE, Scope.ADMIN}),
        ({"admin": True}, set()),
    ],
)
def test_a_scope_that_the_account_could_never_use_is_refused(make, session, role, refused):
    account = make.account("somebody", **role)

    for scope in Scope:
        if scope in refused:
            with pytest.raises(Invalid, match=scope):
                make_token(session, account.id, "Report", [Scope.READ, scope])
        else:
            make_token(session, account.id, "Report", [scope])


def test_a_name_a_scope_and_an_end_are_asked_for_and_tokens_are_counted(session, asker, monkeypatch):
    for name, scopes, days in (("  ", [Scope.READ], None), ("Report", [], None), ("x" * 81, [Scope.READ], None)):
        with pytest.raises(Invalid):
            make_token(session, asker.id, name, scopes, days=days)
    with pytest.raises(Invalid):
        make_token(session, asker.id, "Report", [Scope.READ], days=0)
    monkeypatch.setattr("forum.accounts.api_tokens.MOST", 2)
    for _ in range(2):
        make_token(session, asker.id, "Report", [Scope.READ])
    with pytest.raises(Conflict):
        make_token(session, asker.id, "Report", [Scope.READ])


def test_when_it_was_last_used_is_known_without_a_write_on_reading(site, database, api, asker, queries):
    program = api(asker)
    program.get("/me")
    with queries() as seen:
        program.get("/me")
    assert not [one for one in seen if one.lstrip().upper().startswith(("UPDATE", "INSERT"))]

    site.telemetry.flush(database)

    with database.reading() as session:
        assert session.scalars(select(ApiToken.last_used_at)).one() is not None


def test_a_page_makes_a_token_shows_it_once_and_revokes_it(api, browser, asker):
    browser.sign_in(asker)
    same = {"Sec-Fetch-Site": "same-origin"}
    assert "No tokens yet" in browser.get("/settings/tokens").text

    page = browser.post("/settings/tokens", {"name": "Nightly report", "scopes": ["read"], "days": "30"}, headers=same)
    word = re.search(r"porch_[\w-]+", page.text)[0]

    assert (page.request.method, str(page.url.path)) == ("GET", "/settings/tokens")
    assert page.headers["Cache-Control"] == "private, no-store"
    program = Program(browser, word)
    assert program.get("/me").json()["token"]["scopes"] == ["read"]
    listed = browser.get("/settings/tokens").text
    assert "Nightly report" in listed
    assert word not in listed
    path = re.search(r'action="(/settings/tokens/\d+/revoke)"', listed)[1]
    assert "opens nothing any more" in browser.post(path, headers=same).text
    assert program.get("/me").status_code == 401


def test_a_new_token_waits_for_its_page_where_no_script_other_site_or_other_account_finds_it(browser, asker, make):
    browser.sign_in(asker)
    made = browser.post(
        "/settings/tokens", {"name": "Report", "scopes": ["read"], "days": "30"}, follow_redirects=False
    )

    assert (made.status_code, made.headers["Location"], made.text) == (303, "/settings/tokens", "")
    cookie = made.headers["Set-Cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/settings/tokens", "max-age=60"))
    browser.sign_in(make.account("otto"))
    assert "porch_" not in browser.get("/settings/tokens").text
    browser.sign_in(asker)
    assert "porch_" not in browser.get("/settings/tokens").text


def test_the_page_offers_what_the_role_allows_and_refuses_the_rest(browser, asker, make):
    browser.sign_in(asker)
    assert 'value="moderate"' not in browser.get("/settings/tokens").text
    refused = browser.post("/settings/tokens", {"name": "x", "scopes": ["read", "moderate"], "days": "30"})
    assert refused.status_code == 422
    assert "could never use moderate" in refused.text
    assert browser.post("/settings/tokens", {"name": "x", "scopes": ["read"], "days": "7"}).status_code == 422
    browser.sign_in(make.moderator("mo"))
    assert 'value="moderate"' in browser.get("/settings/tokens").text


@pytest.fixture
def run(settings, monkeypatch):
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORCHLIGHT_VAR", str(settings.var))
    monkeypatch.setenv("PORCHLIGHT_SECRET", settings.secret)

    def invoke(*arguments: str) -> Result:
        done = CliRunner().invoke(main, ["token", *arguments])
        logs.configure("console")  # the runner's own standard error is closed by now
        return done

    return invoke


def test_the_command_prints_the_token_alone(run, browser, asker):
    done = run("Ana", "--scope", "read", "--scope", "write")

    assert done.exit_code == 0, done.output
    assert re.fullmatch(r"porch_[\w-]{43}\n", done.stdout)
    used = Program(browser, done.stdout.strip()).get("/me").json()["token"]
    assert used == {"name": "Command line", "scopes": ["read", "write"], "expires_at": None}


def test_the_command_says_why_it_makes_none(run, asker):
    assert run("ana").exit_code == 2
    assert run("ana", "--scope", "everything").exit_code == 2
    beyond = run("ana", "--scope", "admin")
    assert (beyond.exit_code, beyond.stdout) == (1, "")
    assert "could never use admin" in beyond.stderr
    assert run("nobody", "--scope", "read").exit_code == 1
