"""When the database is away, busy or full, people are told so, and what they typed is there to be copied."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import PlainTextResponse
from wtforms import StringField

from forum.app import build_site, create_app
from forum.clock import now
from forum.jobs import Worker
from forum.options import option, set_option
from forum.outages import outage_of
from forum.web import Access, Form, Route, act, page
from tests.browse import Browser

TYPED = "Where did I leave the lamp"


class NoteForm(Form):
    note = StringField("Your note")


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return error


def wrapped(orig: Exception, kind: type[DBAPIError] = OperationalError) -> DBAPIError:
    return kind("SELECT 1", None, orig)


AWAY = [
    wrapped(sqlite_error(sqlite3.SQLITE_CANTOPEN)),
    wrapped(sqlite_error(sqlite3.SQLITE_IOERR_FSYNC)),
    wrapped(psycopg.OperationalError("connection refused")),
    wrapped(psycopg.InterfaceError("the connection is closed"), InterfaceError),
    wrapped(errors.AdminShutdown("terminating connection")),
    wrapped(errors.CannotConnectNow("the database system is starting up")),
]
BUSY = [
    wrapped(sqlite_error(sqlite3.SQLITE_BUSY)),
    wrapped(sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT)),
    wrapped(errors.TooManyConnections("sorry, too many clients already")),
    wrapped(errors.DeadlockDetected("deadlock detected")),
    PoolTimeout("QueuePool limit reached"),
]
FULL = [
    wrapped(sqlite_error(sqlite3.SQLITE_FULL)),
    wrapped(sqlite_error(sqlite3.SQLITE_IOERR_WRITE)),
    wrapped(errors.DiskFull("could not extend file")),
    OSError(errno.ENOSPC, "No space left on device"),
]
FAULTS = [
    wrapped(sqlite_error(sqlite3.SQLITE_ERROR)),
    wrapped(sqlite_error(sqlite3.SQLITE_READONLY)),  # what a page gets that tries to write
    wrapped(errors.UndefinedTable("no such table"), ProgrammingError),
    OSError(errno.ENOENT, "No such file"),
    RuntimeError("a fault"),
]


@pytest.mark.parametrize(
    ("error", "status"),
    [(error, 503) for error in AWAY + BUSY] + [(error, 507) for error in FULL] + [(error, None) for error in FAULTS],
    ids=lambda value: repr(getattr(value, "orig", value))[:60],
)
def test_an_outage_is_told_from_a_fault(error, status):
    outage = outage_of(error)

    assert (outage.status if outage else None) == status
    assert outage is None or outage.retry_after >= 1


@act(NoteForm)
def keep(_request, session, form):
    set_option(session, "note", form.note.data * 2000)
    return PlainTextResponse("kept")


@page
def show(_request, session):
    return PlainTextResponse(str(option(session, "note", "nothing"))[:20])


ROUTES = [
    Route("/test/note", keep, name="test.keep", access=Access.EVERYONE, methods=["POST"]),
    Route("/test/show", show, name="test.show", access=Access.EVERYONE),
]


@pytest.fixture
def browser(site):
    site.routes.extend(ROUTES)
    with Browser(create_app(site), site, raises=False) as browser:
        yield browser


def test_a_full_disk_refuses_what_is_written_shows_it_and_lets_everybody_read(browser, database):
    if database.dialect != "sqlite":
        pytest.skip("only SQLite can be told how large it may grow")
    assert browser.post("/test/note", {"note": "before"}).text == "kept"
    limit = {"pages": 1}

    def bound(connection, _record, _proxy):
        connection.execute(f"PRAGMA max_page_count = {limit['pages']}")

    event.listen(database.writer, "checkout", bound)
    reply = browser.post("/test/note", {"note": TYPED * 50})

    assert reply.status_code == 507
    assert reply.headers["Retry-After"] == "60"
    assert TYPED in reply.text
    assert "not saved" in reply.text
    assert browser.get("/test/show").text.startswith("before")
    limit["pages"] = 2**30
    assert browser.post("/test/note", {"note": "after"}).text == "kept"
    assert browser.get("/test/show").text.startswith("after")


@pytest.mark.parametrize("connected", [True, False])
def test_a_database_that_somebody_else_holds_is_busy_for_a_moment(browser, database, connected):
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL has no such lock")

    def hasty(connection, _record, _proxy):
        connection.execute("PRAGMA busy_timeout = 50")

    event.listen(database.writer, "checkout", hasty)
    database.writer.dispose()
    if connected:
        browser.post("/test/note", {"note": "before"})
    holder = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    reply = browser.post("/test/note", {"note": TYPED})

    assert reply.status_code == 503
    assert reply.headers["Retry-After"] == "2"
    assert TYPED in reply.text
    holder.execute("COMMIT")
    assert browser.post("/test/note", {"note": TYPED}).text == "kept"


def test_a_write_whose_turn_does_not_come_is_told_so(browser, site, monkeypatch):
    monkeypatch.setattr("forum.web.site.PATIENCE", 0.1)
    turns, site.writers.total_tokens = site.writers.total_tokens, 0

    reply = browser.post("/test/note", {"note": TYPED})

    assert reply.status_code == 503
    assert reply.headers["Retry-After"] == "2"
    assert TYPED in reply.text
    site.writers.total_tokens = turns
    assert browser.post("/test/note", {"note": TYPED}).text == "kept"


def test_connections_that_postgresql_cut_are_made_again(browser, database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no connections to cut")
    assert browser.post("/test/note", {"note": "before"}).text == "kept"
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as other:
        ours = "datname = current_database() AND pid <> pg_backend_pid()"
        other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")

    assert browser.post("/test/note", {"note": "after"}).text == "kept"
    assert browser.get("/test/show").text.startswith("after")


@act(NoteForm)
def cut_off(_request, session, form):
    """As when the server is stopped while a request is being answered."""
    if session.get_bind().dialect.name == "sqlite":
        raise wrapped(sqlite_error(sqlite3.SQLITE_IOERR))
    session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_a_database_that_goes_away_in_the_middle_is_told_of_plainly(site):
    site.routes.append(Route("/test/cut", cut_off, name="test.cut", access=Access.EVERYONE, methods=["POST"]))
    with Browser(create_app(site), site, raises=False) as browser:
        reply = browser.post("/test/cut", {"note": TYPED})

    assert reply.status_code == 503
    assert TYPED in reply.text
    assert "Traceback" not in reply.text


def test_a_script_gets_the_words_alone(site):
    site.routes.append(Route("/test/cut", cut_off, name="test.cut", access=Access.EVERYONE, methods=["POST"]))
    with Browser(create_app(site), site, raises=False) as browser:
        reply = browser.fragment("POST", "/test/cut", {"note": TYPED})

    assert reply.status_code == 503
    assert "does not answer" in reply.text
    assert "<html" not in reply.text


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite3", "postgresql+psycopg://nobody@127.0.0.1:9/none"])
def test_a_database_that_is_not_there_is_away_and_the_page_says_so(settings, url):
    site = build_site(replace(settings, database_url=url))
    with Browser(create_app(site), site, raises=False) as browser:
        for reply in (browser.get("/"), browser.get("/tags"), browser.post("/login", {"name": "ana", "password": "x"})):
            assert reply.status_code == 503
            assert reply.headers["Retry-After"] == "5"
            assert "Back in a moment" in reply.text
        assert browser.get("/healthz").status_code == 200
        assert browser.get("/readyz").status_code == 503
    site.database.dispose()


def test_a_worker_that_died_before_the_clock_was_set_back_does_not_count_as_alive(browser, database):
    with database.writing() as session:
        session.add(Worker(name="gone", seen_at=now() + timedelta(hours=1)))
    assert browser.get("/readyz").json()["worker"] == "silent"

    with database.writing() as session:
        session.add(Worker(name="here", seen_at=now()))
    assert browser.get("/readyz").json()["worker"] == "ok"
