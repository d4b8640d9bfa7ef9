"""Statements that go to SQLite's driver itself fail as any other does, and are not tried again."""

import pytest
from sqlalchemy import Insert, Select, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from forum.options import Option
from forum.prepared import prepared
from tests.conftest import SERVER

pytestmark = pytest.mark.skipif(bool(SERVER), reason="PostgreSQL's statements go through SQLAlchemy")


@prepared
def _insert(_reader: None) -> Insert:
    return insert(Option)


def test_a_refused_write_is_sqlalchemys_error_and_leaves_nothing(database):
    def twice(session):
        for value in (1, 2):
            _insert(session, None, name="one", value=value)

    with pytest.raises(IntegrityError):
        database.write(twice)
    with database.reading() as session:
        assert session.scalars(select(Option.name)).all() == []


def test_a_write_after_a_transaction_that_a_full_disk_ended_is_not_made_by_itself(database):
    def too_much(session):
        _insert(session, None, name="one", value=1)
        driver = session.connection().connection.driver_connection
        driver.execute(f"PRAGMA max_page_count = {driver.execute('PRAGMA page_count').fetchone()[0]}")
        try:
            _insert(session, None, name="two", value="x" * 1_000_000)
        finally:
            driver.execute("PRAGMA max_page_count = 1000000000")

    with pytest.raises(OperationalError):
        database.write(too_much)
    with database.reading() as session:
        assert session.scalars(select(Option.name)).all() == []


@prepared
def _among_texts(_reader: None) -> Select[str]:
    return select(Option.name).where(Option.name.in_(("one", "two")))


def test_a_list_of_texts_in_a_statement_goes_in_as_it_is(database):
    with database.writing() as session:
        for name in ("one", "two", "three"):
            _insert(session, None, name=name, value=1)
    with database.reading() as session:
        assert sorted(_among_texts(session, None).scalars()) == ["one", "two"]
