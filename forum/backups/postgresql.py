"""A PostgreSQL database, by its own programs: pg_dump and pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

from forum.backups.manifest import BackupError

MEMBER = "database.dump"


def copy(url: str, to: Path) -> tuple[str, dict[str, int]]:
    """Dump what is committed now, as one moment; writers go on meanwhile. The revision and the rows of each table.

    Raises:
        BackupError: pg_dump is not there, is older than the server, or failed.
    """
    engine = create_engine(url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            dump = _program("pg_dump", connection)
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            found = facts(connection)
            to.touch(0o600)
            _run([dump, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"], url, ["-f", to])
            return found
    finally:
        engine.dispose()


def load(url: str, dump: Path) -> None:
    """Load a dump in place of all that the database holds, in one transaction for what is loaded.

    Raises:
        BackupError: pg_restore is not there, is older than the server, or failed.
    """
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            restore = _program("pg_restore", connection)
            _clear(connection)
    finally:
        engine.dispose()
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run([restore, *options], url, [dump])


def facts(connection: Connection) -> tuple[str, dict[str, int]]:
    """The revision and the rows of each table.

    Raises:
        BackupError: nothing was ever migrated.
    """
    listed = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    if "alembic_version" not in listed:
        raise BackupError("The database is empty: nothing was ever migrated in it.")
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    names = sorted(name for name in listed if not name.startswith("search_index"))
    counts = {name: int(connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in names}  # noqa: S608
    return str(revision), counts


def _clear(connection: Connection) -> None:
    connection.execute(text("DROP SCHEMA public CASCADE"))
    connection.execute(text("CREATE SCHEMA public"))


def _program(name: str, connection: Connection) -> str:
    """One of PostgreSQL's programs, no older than the server."""
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not on the PATH; install the client programs of PostgreSQL (postgresql-client).")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)(?:\.\d+)?", said)
    own = int(number[1]) if number else 0
    server = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10000
    if own < server:
        raise BackupError(f"{name} is of version {own}, and the server of {server}: install one no older than that.")
    return found


def _run(command: list[str], url: str, rest: list[str | Path]) -> None:
    """Run a program on a database, with the password where no list of processes shows it."""
    parts = make_url(url)
    env = os.environ | ({"PGPASSWORD": parts.password} if parts.password else {})
    named = URL.create("postgresql", parts.username, None, parts.host, parts.port, parts.database, parts.query)
    where = named.render_as_string()
    done = subprocess.run(
        [*command, f"--dbname={where}", *map(str, rest)], capture_output=True, text=True, check=False, env=env
    )
    if done.returncode:
        words = next((line for line in done.stderr.splitlines() if line.strip()), "it said nothing")
        raise BackupError(f"{Path(command[0]).name} failed: {words}")


def engine_for(url: str) -> Engine:
    return create_engine(url)
