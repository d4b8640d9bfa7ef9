"""Writers of one SQLite file take turns, in whatever process they are."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import TimeoutError as Late

from forum.turns import Turns

HOLD = """
import sys
from forum.turns import Turns
with Turns(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "porchlight.sqlite3")


def test_who_waits_goes_on_when_the_other_is_done(file):
    ours, theirs = Turns(file), Turns(file)
    done = []

    def wait():
        with theirs:
            done.append("theirs")

    with ThreadPoolExecutor() as pool:
        with ours:
            waiting = pool.submit(wait)
            with pytest.raises(TimeoutError):
                waiting.result(0.1)
            done.append("ours")
        waiting.result(5)

    assert done == ["ours", "theirs"]


def test_a_process_that_is_killed_leaves_its_turn(file):
    with subprocess.Popen([sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(_have_a_turn, file)
            with pytest.raises(TimeoutError):
                waiting.result(0.1)
            other.kill()

            assert waiting.result(5)


def test_whoever_may_use_the_database_may_take_turns(file):
    Path(file).touch()
    Path(file).chmod(0o660)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    _have_a_turn(file)

    database = Path(file).stat()
    for name in ("turn", "next"):
        made = Path(f"{file}-{name}").stat()
        assert (made.st_uid, made.st_gid, made.st_mode) == (database.st_uid, database.st_gid, database.st_mode)


def test_a_link_that_somebody_laid_there_is_not_followed(file, tmp_path):
    Path(file).touch()
    secret = tmp_path / "secret"
    secret.touch(0o600)
    Path(f"{file}-turn").symlink_to(secret)

    with pytest.raises(OSError, match="symbolic"):
        _have_a_turn(file)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_who_keeps_the_turn_for_too_long_is_not_waited_for(file, monkeypatch):
    monkeypatch.setattr("forum.turns.PATIENCE", 0.2)
    with Turns(file), pytest.raises(Late):
        _have_a_turn(file)

    assert _have_a_turn(file)


def test_nobody_gets_before_who_is_next(file):
    ours, theirs, third = Turns(file), Turns(file), Turns(file)
    order = []

    def wait(turns, name):
        with turns:
            order.append(name)

    with ThreadPoolExecutor() as pool:
        with ours:
            waiting = [pool.submit(wait, theirs, "theirs")]
            while not _is_held(f"{file}-next"):
                time.sleep(0.001)
        waiting.append(pool.submit(wait, ours, "ours"))
        waiting.append(pool.submit(wait, third, "third"))
        for one in waiting:
            one.result(5)

    assert order[0] == "theirs"


def _is_held(file):
    with Path(file).open() as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _have_a_turn(file):
    with Turns(file):
        return True


def test_a_turn_that_failed_is_over(file):
    turns = Turns(file)
    with pytest.raises(ZeroDivisionError), turns:
        _ = 1 // 0

    assert _have_a_turn(file)
    with turns:
        pass


def test_a_write_within_a_write_is_an_error_rather_than_a_wait_for_ever(database):
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    with database.writing(), pytest.raises(RuntimeError, match="within another"), database.writing():
        pass

    with database.writing():
        pass
