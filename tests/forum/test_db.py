"""The two ways into the database."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from forum.accounts.models import Account
from forum.options import option, set_option
from forum.schema import is_current


def test_a_reading_session_cannot_write(database, asker):
    with database.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("UPDATE accounts SET display_name = 'Mallory'"))

    with database.reading() as session:
        assert session.get_one(Account, asker.id).display_name == "Ana Lopes"


def test_a_refused_act_leaves_nothing_behind(database):
    def work(session):
        set_option(session, "colour", "red")
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(work)

    with database.reading() as session:
        assert option(session, "colour", "none") == "none"


def test_times_come_back_in_utc_whatever_zone_they_went_in_with(database, make):
    noon_in_tokyo = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    person = make.account(last_seen_at=noon_in_tokyo)

    with database.reading() as session:
        seen = session.get_one(Account, person.id).last_seen_at
    assert seen == noon_in_tokyo
    assert seen.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(make):
    with pytest.raises(Exception, match="without a zone"):
        make.account(last_seen_at=datetime(2026, 3, 1, 12))  # noqa: DTZ001


def test_many_writers_at_once_lose_no_update(database):
    def add_one() -> None:
        for _ in range(10):
            with database.writing() as session:
                lock = text("SELECT 1") if database.dialect == "sqlite" else text("SELECT pg_advisory_xact_lock(1)")
                session.execute(lock)
                set_option(session, "count", option(session, "count", 0) + 1)

    threads = [threading.Thread(target=add_one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as session:
        assert option(session, "count", 0) == 100


def test_a_deadlocks_victim_runs_again(database, make):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer, so no deadlock")
    one, two = make.account(), make.account()
    both_hold_one = threading.Barrier(2)
    tries: list[int] = []

    def in_order(first: Account, second: Account) -> None:
        def work(session):
            tries.append(1)
            for number, account in enumerate((first, second)):
                session.execute(select(Account).where(Account.id == account.id).with_for_update())
                if number == 0 and len(tries) <= 2:
                    both_hold_one.wait(10)

        database.write(work)

    threads = [threading.Thread(target=in_order, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(tries) == 3


def test_a_migrated_database_says_that_it_is_current(database):
    assert is_current(database.writer)
