"""One history for both engines: up, down, and the same as the models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url, text

from forum import schema
from forum.app import metadata
from tests.conftest import SERVER

UNMANAGED = ("search_index",)


@pytest.fixture
def empty_url(tmp_path: Path, worker_id: str) -> Iterator[str]:
    """The URL of a database with nothing in it, not even a history."""
    if not SERVER:
        yield f"sqlite:///{tmp_path / 'migrations.sqlite3'}"
        return
    name = f"porchlight_migrations_{worker_id}"
    server = create_engine(make_url(SERVER).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def test_the_migrated_database_is_what_the_models_say(migrated):
    engine = create_engine(migrated)
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_object": lambda _item, name, kind, *_rest: kind != "table" or not name.startswith(UNMANAGED),
        }
        drift = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()

    assert drift == []


def test_the_history_runs_up_down_and_up_again(empty_url):
    schema.upgrade(empty_url)
    schema.downgrade(empty_url, "base")
    engine = create_engine(empty_url)
    left = set(inspect(engine).get_table_names()) - {"alembic_version"}
    schema.upgrade(empty_url)
    current = schema.is_current(engine)
    engine.dispose()

    assert left == set()
    assert current


def test_upgrading_twice_changes_nothing(empty_url):
    schema.upgrade(empty_url)
    schema.upgrade(empty_url)
