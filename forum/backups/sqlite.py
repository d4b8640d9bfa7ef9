"""A SQLite database copied while it is written to, and brought back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from forum.backups.manifest import BackupError

MEMBER = "database.sqlite3"


def file_of(url: str) -> Path:
    """
    Raises:
        BackupError: the database is in memory.
    """
    database = make_url(url).database
    if not database or database == ":memory:":
        raise BackupError("A database in memory cannot be backed up or restored.")
    return Path(database)


def copy(url: str, to: Path) -> tuple[str, dict[str, int]]:
    """Copy what is committed now, as one moment; writers go on meanwhile. The revision and the rows of each table.

    Raises:
        BackupError: there is no database, or it is not whole.
    """
    file = file_of(url)
    if not file.is_file():
        raise BackupError(f"There is no database at {file}.")
    with closing(sqlite3.connect(file, timeout=15)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
        if (found := target.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise BackupError(f"The database is damaged: {found}. Run sqlite3 {file} 'PRAGMA integrity_check'.")
        return _facts(target)


def facts(file: Path) -> tuple[str, dict[str, int]]:
    with closing(sqlite3.connect(file)) as connection:
        return _facts(connection)


def settle(file: Path) -> None:
    """Put everything into the one file, so that it can be moved."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")


def broken_keys(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return len(connection.execute("PRAGMA foreign_key_check").fetchall())


def _facts(connection: sqlite3.Connection) -> tuple[str, dict[str, int]]:
    listed = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    tables = sorted(name for (name,) in listed if not name.startswith("search_index"))
    if "alembic_version" not in tables:
        raise BackupError("The database is empty: nothing was ever migrated in it.")
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608
    return str(revision), counts
