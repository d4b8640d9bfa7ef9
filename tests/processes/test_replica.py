"""Pages from a replica: whoever wrote reads it, nobody reads what is long past, and none waits for a dead one."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from forum import checks, schema
from forum import replica as replicas
from forum.accounts import passwords
from forum.app import build_site, create_app
from forum.db import from_replica
from forum.settings import Settings
from forum.web.written import COOKIE
from tests.browse import Browser
from tests.conftest import SERVER
from tests.processes.cluster import Cluster, primary_and_replica
from tests.processes.running import until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("replica"),
    pytest.mark.skipif(not SERVER, reason="PostgreSQL alone has replicas"),
]


@pytest.fixture(scope="module")
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    with primary_and_replica() as (primary, replica):
        schema.upgrade(primary.url)
        yield primary, replica


@pytest.fixture
def primary(clusters: tuple[Cluster, Cluster]) -> Cluster:
    return clusters[0]


@pytest.fixture
def follower(clusters: tuple[Cluster, Cluster]) -> Cluster:
    """The replica, which has caught up."""
    primary, follower = clusters
    _catch_up(primary, follower)
    return follower


@pytest.fixture
def settings(settings: Settings, primary: Cluster, follower: Cluster) -> Settings:
    return replace(settings, database_url=primary.url, read_database_url=follower.url, redis_url=None)


@pytest.fixture
def asker(make):
    return make.account(f"ana{secrets.token_hex(4)}", reputation=100)


@contextmanager
def held_back(follower: Cluster) -> Iterator[None]:
    """The replica receives what is written, and shows none of it."""
    follower.ask("SELECT pg_wal_replay_pause()")
    assert until(lambda: follower.ask("SELECT pg_get_wal_replay_pause_state()") == "paused", 5)
    try:
        yield
    finally:
        follower.ask("SELECT pg_wal_replay_resume()")


def _catch_up(primary: Cluster, follower: Cluster) -> None:
    there = primary.ask("SELECT pg_current_wal_flush_lsn()")
    assert until(lambda: follower.ask(f"SELECT pg_last_wal_replay_lsn() >= '{there}'") is True, 20)


@pytest.fixture
def asked(database) -> Callable[[], int]:
    """How many statements the replica has been sent since this was last asked."""
    seen: list[str] = []
    event.listen(
        database.replica.engine, "before_cursor_execute", lambda _c, _k, statement, *_rest: seen.append(statement)
    )

    def asked() -> int:
        count = len(seen)
        seen.clear()
        return count

    return asked


@pytest.fixture
def reader(browser, make):
    """Somebody who is signed in and writes nothing."""
    return browser.another().sign_in(make.account(f"rea{secrets.token_hex(4)}"))


def test_pages_of_the_signed_in_come_from_the_replica(reader, make, asker, primary, follower, asked):
    thread = make.thread(author=asker, title="Served from afar")
    _catch_up(primary, follower)
    asked()

    assert "Served from afar" in reader.get(f"/threads/{thread.id}").text
    assert asked() > 2


def test_pages_of_nobody_in_particular_come_from_the_primary_since_they_are_kept(browser, make, asker, follower, asked):
    browser.get("/threads")
    asked()
    with held_back(follower):
        thread = make.thread(author=asker)
        make.comment(thread, body="Everybody sees this at once.")

        assert "Everybody sees this at once." in browser.get(f"/threads/{thread.id}/{thread.slug}").text
        assert asked() == 0


def test_whoever_wrote_reads_it_and_others_do_so_once_the_replica_has_it(
    browser, reader, make, asker, primary, follower, asked
):
    thread = make.thread(author=asker)
    _catch_up(primary, follower)
    browser.sign_in(asker)
    reader.get(f"/threads/{thread.id}")
    with held_back(follower):
        browser.post(f"/posts/thread/{thread.id}/comments", {"body": "And on the second floor, too."})

        assert "And on the second floor" in browser.get(f"/threads/{thread.id}").text
        assert "And on the second floor" not in reader.get(f"/threads/{thread.id}").text
    _catch_up(primary, follower)
    asked()

    assert "And on the second floor" in browser.get(f"/threads/{thread.id}").text
    assert asked() > 2, "the writer is led to the replica again"
    assert "And on the second floor" in reader.get(f"/threads/{thread.id}").text


def test_it_holds_whichever_process_or_host_answers_next(browser, make, asker, primary, follower, settings):
    thread = make.thread(author=asker)
    _catch_up(primary, follower)
    browser.sign_in(asker)
    elsewhere = build_site(settings, rate_limits=False, durable=False)
    with held_back(follower), Browser(create_app(elsewhere), elsewhere) as other:
        browser.post(f"/posts/thread/{thread.id}/comments", {"body": "And on the third floor, too."})
        other.client.cookies = browser.client.cookies

        assert "And on the third floor" in other.get(f"/threads/{thread.id}").text
    elsewhere.database.dispose()


def test_who_has_just_registered_or_signed_in_is_known_at_once(browser, make, follower):
    handle = f"ben{secrets.token_hex(4)}"
    joined = make.account(f"cleo{secrets.token_hex(4)}", password_hash=passwords.hash_password("correct horse battery"))
    with held_back(follower):
        entry = {"handle": handle, "email": f"{handle}@example.org", "password": "correct horse battery staple"}
        browser.post("/register", entry)
        assert handle in browser.get(f"/people/{handle}").text

        second = browser.another()
        second.post("/login", {"name": joined.handle, "password": "correct horse battery"})
        assert second.get("/settings/profile", follow_redirects=False).status_code == 200


def test_a_session_that_was_ended_opens_nothing_though_the_replica_still_has_it(browser, asker, primary, follower):
    browser.sign_in(asker)
    _catch_up(primary, follower)
    stolen = browser.another()
    stolen.client.cookies.set("session", browser.client.cookies["session"])
    with held_back(follower):
        assert stolen.get("/settings/profile", follow_redirects=False).status_code == 200
        browser.post("/logout")

        assert stolen.get("/settings/profile", follow_redirects=False).headers["location"].startswith("/login")


def test_a_role_that_was_taken_away_opens_nothing_though_the_replica_still_has_it(
    browser, make, primary, follower, database
):
    moderator = make.moderator(f"mo{secrets.token_hex(4)}")
    _catch_up(primary, follower)
    browser.sign_in(moderator)
    with held_back(follower):
        assert browser.get("/moderation/queue").status_code == 200
        with database.writing() as session:
            session.get_one(type(moderator), moderator.id).moderator = False

        assert browser.get("/moderation/queue").status_code == 403


def test_nobody_reads_what_is_older_than_the_limit(reader, make, asker, primary, follower, monkeypatch):
    monkeypatch.setattr(replicas, "OLDEST", 0.6)
    monkeypatch.setattr(replicas, "SAMPLED_EVERY", 0.1)
    thread = make.thread(author=asker)
    _catch_up(primary, follower)
    reader.get("/threads")
    with held_back(follower):
        make.comment(thread, body="Seen within the limit.")
        assert until(lambda: "Seen within the limit." in reader.get(f"/threads/{thread.id}").text, 1.2)


def test_what_the_replica_does_not_have_yet_is_looked_for_on_the_primary(reader, make, asker, follower):
    reader.get("/threads")
    with held_back(follower):
        thread = make.thread(author=asker)

        assert reader.get(f"/threads/{thread.id}").status_code == 200


def test_a_made_up_cookie_leads_nobody_to_the_primary(reader, asked, primary, follower):
    session = reader.client.cookies["session"]
    _catch_up(primary, follower)
    asked()
    for forged in ("7fffffffffffffff.0", "7fffffffffffffff", "x.y", "", ".", "é.é".encode().decode("latin-1")):
        cookies = f"session={session}; {COOKIE}={forged}".encode("latin-1", "replace")
        page = reader.get("/threads", headers={"Cookie": cookies})
        assert page.status_code == 200
        assert asked() > 1


def test_a_session_tells_where_it_reads(database, follower):
    with database.reading() as session:
        assert not from_replica(session)
    with database.writing() as session:
        assert not from_replica(session)
    assert database.read(from_replica) is True
    assert database.read(from_replica, after=2**62) is False


def test_a_dead_replica_costs_nobody_a_wait_and_is_used_again_when_it_is_back(reader, follower, asked, monkeypatch):
    monkeypatch.setattr(replicas, "RETRIED_AFTER", 0.3)
    reader.get("/threads")
    follower.stop()
    try:
        took = [_seconds(lambda: reader.get("/threads").raise_for_status()) for _ in range(20)]
        assert max(took) < 1
    finally:
        follower.start()
    time.sleep(0.4)
    asked()

    assert until(lambda: bool(reader.get("/threads").status_code == 200 and asked() > 2), 10)


def test_a_frozen_replica_is_given_up_on(reader, follower, monkeypatch):
    monkeypatch.setattr(replicas, "ANSWERS_WITHIN", 0.5)
    reader.get("/threads")
    follower.freeze()
    try:
        took = [_seconds(lambda: reader.get("/threads").raise_for_status()) for _ in range(5)]
    finally:
        follower.thaw()

    assert took[0] < 3
    assert max(took[1:]) < 1


def test_a_server_that_takes_writes_is_not_taken_for_a_replica(settings, primary):
    site = build_site(replace(settings, read_database_url=primary.url), rate_limits=False)

    with capture_logs() as lines:
        assert site.database.read(from_replica) is False
    assert "names a server that takes writes" in lines[0]["why"]
    site.database.dispose()


def test_the_check_says_how_far_it_is_behind_or_what_is_wrong(site, primary, follower, make):
    with held_back(follower):
        make.account(f"eve{secrets.token_hex(4)}")
        behind = _finding(site)
    follower.stop()
    try:
        away = _finding(site)
    finally:
        follower.start()
    taken = build_site(replace(site.settings, read_database_url=primary.url), rate_limits=False)

    assert behind.well
    assert re.fullmatch(r"answers, [1-9][0-9]* bytes of log behind", behind.words)
    assert not away.well
    assert _finding(taken).words == "is no replica: it takes writes"
    taken.database.dispose()


def _finding(site):
    return next(finding for finding in checks.check(site) if finding.what == "replica")


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
