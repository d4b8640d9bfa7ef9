"""`porchlight audit verify` says whether the log is whole, and names the first entry that is not."""

from __future__ import annotations

import pytest
import structlog
from typer.testing import CliRunner

from forum.cli import main
from tests.conftest import SECRET
from tests.moderation.test_audit import act, tamper


@pytest.fixture
def porchlight(settings, monkeypatch):
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORCHLIGHT_VAR", str(settings.var))
    monkeypatch.setenv("PORCHLIGHT_SECRET", SECRET)
    yield lambda *arguments: CliRunner().invoke(main, list(arguments))
    structlog.reset_defaults()


def test_a_whole_log_passes(database, porchlight):
    act(database, 3)
    result = porchlight("audit", "verify")
    assert (result.exit_code, result.stdout) == (0, "The log is whole: 3 entries.\n")


def test_a_broken_one_fails_and_names_its_first_entry(database, porchlight):
    act(database, 3)
    tamper(database, "UPDATE audit_entries SET actor_id = 99 WHERE id = 2")
    result = porchlight("audit", "verify")
    assert result.exit_code == 1
    assert "Entry 2 was changed" in result.output
