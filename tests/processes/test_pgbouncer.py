"""Behind pgbouncer in transaction mode, where each transaction may run on another connection of the server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import make_url, select

from forum.threads.models import Comment
from tests.conftest import SERVER
from tests.packaging.serving import free_port
from tests.processes.debian import folder_of, program, run_as
from tests.processes.load import Load, crowd
from tests.processes.running import ROOT, until

pytestmark = [pytest.mark.processes, pytest.mark.skipif(not SERVER, reason="is for PostgreSQL alone")]
SUITE = [
    "tests/forum/test_db.py",
    "tests/forum/test_jobs.py",
    "tests/forum/votes/test_cast_vote.py",
    "tests/reputation/test_rebuild.py",
]
SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
server_round_robin = 1
max_client_conn = 200
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture(scope="module")
def pooler() -> Iterator[int]:
    """The port of a pgbouncer that hands each transaction to another of few connections."""
    pgbouncer, server, own = program("pgbouncer", "pgbouncer"), make_url(SERVER), free_port()
    with folder_of("postgres") as folder:
        (folder / "users").write_text(f'"{server.username}" "{server.password}"\n')
        settings = SETTINGS.format(host=server.host, port=server.port or 5432, own=own, folder=folder, size=20)
        (folder / "settings.ini").write_text(settings)
        run_as("postgres", pgbouncer, "--daemon", folder / "settings.ini")
        assert until((folder / "pid").exists, 5), (folder / "log").read_text()
        pid = int((folder / "pid").read_text())
        yield own
        os.kill(pid, 15)
        until(lambda: not (folder / "pid").exists(), 5)


def through(pooler: int, url: str) -> str:
    return make_url(url).set(host="127.0.0.1", port=pooler).render_as_string(hide_password=False)


def test_migrations_take_turns_and_leave_no_lock_behind(pooler, environ, database_url):
    environ = environ | {"PORCHLIGHT_DATABASE_URL": through(pooler, database_url)}

    def migrate(_number: int) -> int:
        words = [sys.executable, "-m", "forum", "migrate"]
        return subprocess.run(words, cwd=ROOT, env=environ, timeout=60, check=False).returncode

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(migrate, range(3))) == [0, 0, 0]
    with psycopg.connect(make_url(database_url).set(drivername="postgresql").render_as_string(False)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_two_processes_under_load_fail_nothing_and_lose_nothing(
    pooler, serve, make, thread, database, cookie_of, database_url
):
    writers = [make.account(reputation=100) for _ in range(4)]
    server = serve("--workers", "2", PORCHLIGHT_DATABASE_URL=through(pooler, database_url)).started(2)
    load = Load(server.port)
    cookies = [cookie_of(writer) for writer in writers]
    page = f"/threads/{make.thread().id}/sync-stops-halfway"

    with load.running(*crowd(load, page, f"/posts/thread/{thread.id}/comments", cookies)):
        assert until(lambda: len(load.acknowledged) > 60 or bool(load.failures), 60)

    assert load.failures == []
    with database.reading() as session:
        assert Counter(session.scalars(select(Comment.source))) == Counter(load.acknowledged)


def test_news_that_is_told_through_the_pooler_reaches_who_listens_past_it(pooler, database_url):
    direct = make_url(database_url).set(drivername="postgresql")
    with (
        psycopg.connect(direct.render_as_string(False), autocommit=True) as listener,
        psycopg.connect(through(pooler, direct.render_as_string(False)), prepare_threshold=None) as teller,
    ):
        listener.execute("LISTEN moved")
        teller.execute("NOTIFY moved, 'thread:7'")
        teller.commit()

        assert [note.payload for note in listener.notifies(timeout=5, stop_after=1)] == ["thread:7"]


def test_the_tests_of_transactions_jobs_votes_and_the_ledger_pass_through_it(pooler):
    environ = os.environ | {"PORCHLIGHT_TEST_DATABASE_URL": through(pooler, SERVER)}
    words = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *SUITE]
    run = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=280, check=False)

    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout
