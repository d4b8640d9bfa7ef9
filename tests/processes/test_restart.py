"""SIGHUP: every process is replaced by one that runs what lies on disk now, and no client notices."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select, text

from forum.db import Database
from forum.threads.models import Comment
from tests.processes.load import Load, crowd
from tests.processes.running import answers, until
from tests.processes.test_serve_workers import once

pytestmark = pytest.mark.processes
BROKEN = """
import os, sys
if os.path.exists({flag!r}) and "web" in sys.orig_argv:
    raise SystemExit("this release does not start")
"""


def test_restarts_under_load_lose_no_request_and_no_write(serve, make, thread, database, cookie_of):
    writers = [make.account(reputation=100) for _ in range(40)]
    server = serve("--workers", "2").started(2)
    assert until(lambda: answers(f"{server.address}/readyz"), 30)
    load, counts = Load(server.port), list[int]()
    page, comments = f"/threads/{make.thread().id}/sync-stops-halfway", f"/posts/thread/{thread.id}/comments"

    with load.running(*crowd(load, page, comments, [cookie_of(writer) for writer in writers])):
        for _ in range(2):
            before = server.webs | server.job_workers
            server.signal(signal.SIGHUP)
            assert server.replaced(before, meanwhile=lambda: counts.append(_connections(database))), server.said()

    assert max(counts) <= 24 * 2 + 4 + 1, "docs/operate.md says how many an administrator has to allow"
    assert load.failures == []
    assert load.requests > 200
    assert len(load.acknowledged) > 20
    with database.reading() as session:
        kept = Counter(session.scalars(select(Comment.source)))
    assert kept == Counter(load.acknowledged)
    assert server.stopped() == 0


def test_a_job_worker_is_there_again_after_a_restart(serve):
    server = serve("--workers", "1").started(1)
    assert until(lambda: answers(f"{server.address}/readyz"), 30)
    before = server.webs | server.job_workers
    server.signal(signal.SIGHUP)

    assert server.replaced(before)
    assert until(lambda: len(server.job_workers) == 1, 30)


@once
def test_a_release_that_does_not_start_leaves_the_running_one_in_place(serve, tmp_path: Path):
    flag = tmp_path / "broken"
    (tmp_path / "sitecustomize.py").write_text(BROKEN.format(flag=str(flag)))
    server = serve("--workers", "2", "--no-worker", PYTHONPATH=str(tmp_path)).started(2)
    before = server.webs
    flag.touch()
    server.signal(signal.SIGHUP)

    assert until(lambda: "the running release stays" in server.said(), 150)
    assert server.webs == before
    assert answers(f"{server.address}/healthz")
    flag.unlink()
    server.signal(signal.SIGHUP)
    assert server.replaced(before), server.said()


@once
def test_a_server_can_be_stopped_in_the_middle_of_a_restart(serve):
    server = serve("--workers", "2").started(2)
    server.signal(signal.SIGHUP)

    assert until(lambda: "replacing every process" in server.said(), 30)
    assert server.stopped() == 0
    assert until(lambda: server.members == set(), 2)


def _connections(database: Database) -> int:
    if database.dialect == "sqlite":
        return 0
    with database.reading() as session:
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        mine = sum(pool.checkedin() + pool.checkedout() for pool in (database.reader.pool, database.writer.pool))
        return (session.scalar(text(count)) or 0) - mine
