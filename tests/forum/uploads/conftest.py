"""Somebody who brings files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.db import Database
from forum.jobs import Workshop
from forum.uploads.actions import add_file
from forum.uploads.intake import Kept, keep, look_at
from forum.uploads.limits import Limits
from forum.uploads.models import File, FileUse
from forum.web import Site
from tests.browse import Browser
from tests.factories import Make
from tests.forum.uploads.pictures import picture

Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def tag(make: Make) -> None:
    make.tag("sync")


@pytest.fixture
def send(browser: Browser) -> Send:
    """Send one file as the script of a composer does."""

    def sent(name: str = "screen.png", data: bytes | None = None) -> Any:
        part = (name, picture() if data is None else data, "application/x-whatever")
        return browser.client.post("/files", files={"file": part}, headers={"HX-Request": "true"})

    return sent


@pytest.fixture
def bring(site: Site, database: Database, make: Make) -> Callable[..., Kept]:
    """A file that somebody has brought and nothing shows yet."""

    def brought(account: Account, name: str = "screen.png", data: bytes | None = None) -> Kept:
        kept = keep(site.storage, look_at(name, picture() if data is None else data, Limits()))
        with database.writing() as session:
            add_file(session, make.actor(account), kept)
        return kept

    return brought


@pytest.fixture
def uses(database: Database) -> Callable[[], list[tuple[str, str, bool]]]:
    """Which file is in what, and whether its text shows it now."""

    def read() -> list[tuple[str, str, bool]]:
        with database.reading() as session:
            query = select(File.name, FileUse.holder_kind, FileUse.current).join(File, File.id == FileUse.file_id)
            return [tuple(row) for row in session.execute(query.order_by(File.id, FileUse.holder_kind))]

    return read


@pytest.fixture
def drain(site: Site) -> Callable[[], int]:
    return lambda: Workshop(site.database, site.jobs).drain()
