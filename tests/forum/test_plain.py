"""Commands whose database is away, or whose disk is full, say so in one line."""

from __future__ import annotations

import errno
import sqlite3

import pytest
from typer.testing import CliRunner

from forum import cli


@pytest.fixture
def environ(tmp_path) -> dict[str, str]:
    return {"PORCHLIGHT_VAR": str(tmp_path), "PORCHLIGHT_SECRET": "s" * 32}


@pytest.mark.parametrize("words", [["migrate"], ["rebuild-reputation", "--check"], ["serve", "--port", "0"]])
def test_a_database_that_is_away_is_told_of_in_one_line(environ, words):
    environ["PORCHLIGHT_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    done = CliRunner().invoke(cli.main, words, env=environ)

    assert done.exit_code == 1
    assert done.stderr.startswith("porchlight: The database does not answer at the moment.")
    assert done.stderr.count("\n") == 1


def test_an_import_on_a_full_disk_says_so(environ, tmp_path, monkeypatch):
    def no_room(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "Posts.xml").write_text("<posts></posts>")
    monkeypatch.setattr(cli, "import_stackexchange", no_room)
    done = CliRunner().invoke(cli.main, ["import", "stackexchange", str(tmp_path)], env=environ)

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("porchlight: The disk of this site is full")


@pytest.mark.parametrize(
    "fault", [sqlite3.ProgrammingError("a fault"), FileNotFoundError("a fault"), KeyError("a fault")]
)
def test_a_fault_keeps_its_traceback(environ, tmp_path, monkeypatch, fault):
    def broken(*_args, **_options):
        raise fault

    (tmp_path / "Posts.xml").write_text("<posts></posts>")
    monkeypatch.setattr(cli, "import_stackexchange", broken)
    done = CliRunner().invoke(cli.main, ["import", "stackexchange", str(tmp_path)], env=environ)

    assert done.exception is fault
