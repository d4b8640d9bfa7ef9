"""Servers of several processes, started as the command starts them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.db import Database
from tests.doors import open_doors
from tests.processes.running import Running

SECRET = "s" * 32


@pytest.fixture
def environ(tmp_path: Path, database_url: str) -> dict[str, str]:
    open_doors(database_url)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    return clean | {
        "PORCHLIGHT_VAR": str(tmp_path / "served"),
        "PORCHLIGHT_DATABASE_URL": database_url,
        "PORCHLIGHT_SECRET": SECRET,
    }


@pytest.fixture
def serve(tmp_path: Path, environ: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts servers, and sees to it that none is left."""
    started: list[Running] = []

    def serve(*options: str, port: int | None = None, **more: str) -> Running:
        running = Running(environ | more, tmp_path / f"server-{len(started)}.log", *options, port=port)
        started.append(running)
        return running

    yield serve
    for running in started:
        running.end()


@pytest.fixture
def cookie_of(database: Database) -> Callable[[Account], str]:
    """Signs somebody in, and gives the header that says so."""

    def cookie_of(account: Account) -> str:
        token = secrets.token_urlsafe(32)
        row = AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=now() + timedelta(days=1))
        with database.writing() as session:
            session.add(row)
        return f"session={token}"

    return cookie_of
