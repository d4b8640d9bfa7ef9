"""From the release before this one to this one, on a site full of data and while people read and write."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from forum import schema
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.db import UTCDateTime
from forum.markup import slugify
from tests.conftest import empty_database
from tests.processes import previous
from tests.processes.load import Load, crowd
from tests.processes.running import Running, answers, until

pytestmark = pytest.mark.processes
SECRET = "s" * 32
PEOPLE = 40
SESSION = """
INSERT INTO account_sessions
    (account_id, token_hash, user_agent, address, created_at, last_seen_at, confirmed_at, remembered, expires_at)
VALUES (:account_id, :token_hash, '', '', :now, :now, :now, true, :later)
"""
"""In the words of the previous release: the models of today may know columns that it does not have."""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with empty_database(tmp_path) as url:
        yield url


@pytest.fixture
def environ(tmp_path: Path, url: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    var = {"PORCHLIGHT_VAR": str(tmp_path / "var"), "PORCHLIGHT_DATABASE_URL": url, "PORCHLIGHT_SECRET": SECRET}
    return clean | var


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def sign_in(engine: Engine) -> list[str]:
    """Many of the people of the demonstration, each signed in: the headers that say so."""
    cookies = []
    bind = UTCDateTime().process_bind_param
    moment, later = (bind(at, engine.dialect) for at in (now(), now() + timedelta(days=1)))
    people = """
        SELECT id FROM accounts
        WHERE email_verified_at IS NOT NULL AND reputation >= 100 AND silenced_until IS NULL AND suspended_until IS NULL
        ORDER BY id LIMIT :most
    """
    with engine.begin() as connection:
        for account_id in connection.execute(text(people), {"most": PEOPLE}).scalars().all():
            token = secrets.token_urlsafe(32)
            row = {"account_id": account_id, "token_hash": token_hash(token), "now": moment, "later": later}
            connection.execute(text(SESSION), row)
            cookies.append(f"session={token}")
    return cookies


def page_of(engine: Engine) -> str:
    with engine.connect() as connection:
        title = connection.execute(text("SELECT title FROM threads WHERE id = 1")).scalar_one()
    return f"/threads/1/{slugify(title)}"


def revision(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def counts(engine: Engine, tables: list[str]) -> dict[str, int]:
    with engine.connect() as connection:
        return {one: connection.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables}


def test_an_upgrade_under_load_loses_no_request_and_no_write(tmp_path, url, environ, engine):
    program = previous.unpack(tmp_path / "program")
    previous.run(program, environ | {"PORCHLIGHT_DEMO": "1"}, "demo")
    assert revision(engine) == previous.SCHEMA
    kept = ["threads", "answers", "revisions", "votes", "ledger_entries", "tickets", "ticket_messages", "files"]
    before = counts(engine, kept)
    assert min(before[table] for table in kept if table != "files") > 0
    cookies = sign_in(engine)
    server = Running(environ, tmp_path / "server.log", "--workers", "2", program=program)
    try:
        server.started(2)
        assert until(lambda: answers(f"{server.address}/readyz"), 30)
        load = Load(server.port)
        with load.running(*crowd(load, page_of(engine), "/posts/thread/1/comments", cookies)):
            time.sleep(1)
            previous.replace(program)
            assert "up to date" in previous.run(program, environ, "migrate")
            assert schema.is_current(engine)
            old, written = server.webs | server.job_workers, len(load.acknowledged)
            assert until(lambda: len(load.acknowledged) > written + 20, 30), "the old code writes the new schema"
            assert server.webs | server.job_workers == old
            server.signal(signal.SIGHUP)
            assert server.replaced(old), server.said()
            written = len(load.acknowledged)
            assert until(lambda: len(load.acknowledged) > written + 20, 30), "the new code goes on"
        assert load.failures == []
        assert server.stopped() == 0
    finally:
        server.end()
    with engine.connect() as connection:
        said = Counter(connection.execute(text("SELECT source FROM comments")).scalars())
    assert {words: said[words] for words in load.acknowledged} == dict.fromkeys(load.acknowledged, 1)
    assert counts(engine, kept) == before
    previous.run(program, environ, "rebuild-reputation", "--check")
    previous.run(program, environ, "audit", "verify")
