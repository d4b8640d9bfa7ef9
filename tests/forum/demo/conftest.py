"""The demonstration, played once for all these tests: they read, or put back what they change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from forum import schema
from forum.app import build_site
from forum.clock import now
from forum.demo import play
from forum.settings import Settings
from forum.web import Site
from tests.conftest import SECRET, SERVER


@pytest.fixture(scope="package")
def played(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site in demo mode, filled, in a database of its own on the engine under test."""
    var = tmp_path_factory.mktemp("demo")
    url = _own_database(migrated, var)
    settings = Settings(
        database_url=url,
        var=var,
        secret=SECRET,
        base_url="http://testserver",
        allowed_hosts=("testserver",),
    )
    site = build_site(replace(settings, demo=True), rate_limits=False, durable=False)
    play.fill(site, play.running_order(now()), lambda _count: None)
    yield site
    site.database.dispose()
    if SERVER:
        _server(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def _own_database(migrated: str, var: Path) -> str:
    if not SERVER:
        shutil.copy(migrated.removeprefix("sqlite:///"), var / "demo.sqlite3")
        return f"sqlite:///{var / 'demo.sqlite3'}"
    template = make_url(migrated)
    _server(f"CREATE DATABASE {template.database}_demo TEMPLATE template0 ENCODING 'UTF8'")
    url = template.set(database=f"{template.database}_demo").render_as_string(hide_password=False)
    schema.upgrade(url)
    return url


def _server(statement: str) -> None:
    server = create_engine(make_url(SERVER).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()
