"""What every test stands on: a migrated database of its own, the composed site, people and a way to browse it.

SQLite by default; `PORCHLIGHT_TEST_DATABASE_URL` (a PostgreSQL server's URL, whatever
database it names) runs the same tests there, in a database made for the run.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.orm import Session

from forum import logs, schema
from forum.accounts import passwords
from forum.accounts.models import Account
from forum.app import build_site, create_app
from forum.db import Database
from forum.events import Event
from forum.settings import Settings
from forum.threads.models import Answer, Thread
from forum.web import Site, shared_limits
from tests.browse import Browser
from tests.factories import Make

logs.configure("console")
SECRET = "0123456789abcdef0123456789abcdef"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
SERVER = os.environ.get("PORCHLIGHT_TEST_DATABASE_URL", "")
REDIS = os.environ.get("PORCHLIGHT_TEST_REDIS_URL", "")
CLEAR = """
DO $$ DECLARE one record; filled boolean; BEGIN
  SET session_replication_role = replica;
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.tablename) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %I', one.tablename); END IF;
  END LOOP;
  SET session_replication_role = DEFAULT;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """Argon2 costs a tenth of a second by design; tests hash by the hundred."""
    passwords.COST.update(memory_cost=8, time_cost=1, parallelism=1)


@pytest.fixture(autouse=True)
def patience_with_redis(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with tests is no dead Redis; what is done about a dead one has tests of its own."""
    if REDIS and request.module.__name__ != "tests.forum.web.test_limits":
        monkeypatch.setattr(shared_limits, "PATIENCE", 2.0)


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The URL of a database with nothing in it: a SQLite file in a folder, or one of PostgreSQL, dropped at the end."""
    if not SERVER:
        yield f"sqlite:///{folder / 'porchlight.sqlite3'}"
        return
    name = f"porchlight_test_{uuid.uuid4().hex[:12]}"
    server = create_engine(make_url(SERVER).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The URL of a migrated, empty database."""
    with empty_database(folder) as url:
        schema.upgrade(url)
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, started once; only CI must have it."""
    if not CHROMIUM.exists():
        line = f"There is no Chromium at {CHROMIUM}; install it, or name another with CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(line, pytrace=False)
        pytest.skip(line)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only the browser tests need it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated, empty database: a SQLite file to copy, or a PostgreSQL database to clear."""
    with fresh_database(tmp_path_factory.mktemp("template")) as url:
        yield url


@pytest.fixture
def database_url(migrated: str, tmp_path: Path) -> str:
    """A migrated database with nothing in it, for this test alone."""
    if migrated.startswith("sqlite"):
        shutil.copy(migrated.removeprefix("sqlite:///"), tmp_path / "test.sqlite3")
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    engine = create_engine(migrated)
    with engine.begin() as connection:
        connection.execute(text(CLEAR))
    engine.dispose()
    return migrated


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    var = tmp_path / "var"
    var.mkdir()
    return Settings(
        database_url=database_url,
        var=var,
        secret=SECRET,
        base_url="http://testserver",
        allowed_hosts=("testserver", "127.0.0.1", "localhost"),
        redis_url=REDIS or None,
    )


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    site = build_site(settings, rate_limits=False, durable=False, redis_prefix=f"test-{uuid.uuid4().hex}")
    yield site
    site.database.dispose()


@pytest.fixture
def database(site: Site) -> Database:
    return site.database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction that a test acts in, rolled back at its end; commit to let others see."""
    with database._write() as session:
        yield session
        session.rollback()


@pytest.fixture
def heard(site: Site) -> list[Event]:
    """Everything that was announced, in order."""
    events: list[Event] = []
    site.bus.on(Event, lambda _session, event: events.append(event))
    return events


@pytest.fixture
def make(database: Database) -> Make:
    """Makes people and posts, committed at once."""
    return Make(database)


@pytest.fixture
def asker(make: Make) -> Account:
    return make.account("ana", display_name="Ana Lopes")


@pytest.fixture
def thread(make: Make, asker: Account) -> Thread:
    return make.thread(author=asker)


@pytest.fixture
def answer(make: Make, thread: Thread) -> Answer:
    return make.answer(thread)


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    """Somebody with a browser that runs no scripts; nobody is signed in yet."""
    with Browser(create_app(site), site) as browser:
        yield browser


@pytest.fixture
def queries(database: Database) -> Callable[[], AbstractContextManager[list[str]]]:
    """Counts the statements sent while a block runs."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        for engine in database.engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in database.engines:
                event.remove(engine, "before_cursor_execute", note)

    return counting
