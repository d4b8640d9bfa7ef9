"""`porchlight create-account`: what it makes, and how it refuses."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy import select
from typer.testing import CliRunner

from forum.accounts.models import Account
from forum.cli import main
from tests.forum.accounts.conftest import PASSWORD


@pytest.fixture
def run(settings, monkeypatch):
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORCHLIGHT_SECRET", settings.secret)
    monkeypatch.setenv("PORCHLIGHT_VAR", str(settings.var))

    def run(*arguments, password=PASSWORD):
        result = CliRunner().invoke(main, ["create-account", *arguments, "--password-stdin"], input=f"{password}\n")
        structlog.reset_defaults()  # the runner's own streams are closed by now
        return result

    return run


def test_staff_with_a_tier_can_sign_in_at_once(run, database, browser):
    made = run("Tia", "--email", "tia@example.org", "--role", "staff", "--role", "moderator", "--tier", "2")
    assert made.exit_code == 0, made.output

    with database.reading() as session:
        account = session.scalars(select(Account)).one()
        assert (account.handle, account.tier, sorted(account.roles)) == ("tia", 2, ["moderator", "staff"])
    assert browser.post("/login", {"name": "tia", "password": PASSWORD}, follow_redirects=False).status_code == 303
    assert browser.get("/settings/profile").url.path == "/settings/profile"


@pytest.mark.parametrize(
    ("arguments", "password", "status", "words"),
    [
        (("tia", "--email", "tia"), PASSWORD, 1, "email: That does not look like"),
        (("t", "--email", "tia@example.org"), PASSWORD, 1, "handle: Use 3 to 30"),
        (("tia", "--email", "tia@example.org"), "short", 1, "password: Use at least"),
        (("tia", "--email", "tia@example.org", "--tier", "2"), PASSWORD, 1, "tier: Staff have"),
        (("tia", "--email", "tia@example.org", "--role", "king"), PASSWORD, 2, "king"),
        (("tia",), PASSWORD, 2, "--email"),
    ],
)
def test_a_refusal_is_a_line_and_a_status(run, database, arguments, password, status, words):
    refused = run(*arguments, password=password)

    assert refused.exit_code == status
    assert words in refused.output
    assert "Traceback" not in refused.output
    with database.reading() as session:
        assert session.scalars(select(Account)).all() == []


def test_a_handle_is_given_once(run):
    run("tia", "--email", "tia@example.org")

    assert "Somebody else has this handle" in run("TIA", "--email", "other@example.org").output
    assert "Another account has this address" in run("tio", "--email", "Tia@example.org").output
