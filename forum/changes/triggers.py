"""The SQL that notes a write, on either engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

PREFIX = "changes_of_"
_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def triggers(dialect: str, table: str, key: str | None, columns: Iterable[str]) -> Iterator[str]:
    """What makes a table's writes leave rows: inserts, deletes, and updates of the given columns.

    A migration that adds a column people see, or builds the table anew (SQLite loses triggers
    then, silently), has to run these again; a test compares what stands at head.
    """
    yield from drops(dialect, table)
    yield from (_sqlite if dialect == "sqlite" else _postgresql)(table, key, sorted(columns))


def drops(dialect: str, table: str) -> Iterator[str]:
    """What stops a table's writes from being noted, whether they were or not."""
    name = PREFIX + table
    if dialect == "sqlite":
        yield from (f"DROP TRIGGER IF EXISTS {name}_{act}" for act in ("insert", "update", "delete"))
    else:
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        yield f"DROP FUNCTION IF EXISTS {name}()"


def _sqlite(table: str, key: str | None, columns: list[str]) -> Iterator[str]:
    name = PREFIX + table
    note = "INSERT INTO changes (noun, key, at) SELECT '{table}', {key}, {now}"
    new, old = (
        note.format(table=table, key=f"{row}.{key}" if key else "NULL", now=_SQLITE_NOW) for row in ("NEW", "OLD")
    )
    moved = f"; {old} WHERE OLD.{key} IS NOT NEW.{key}" if key else ""
    yield f"CREATE TRIGGER {name}_insert AFTER INSERT ON {table} BEGIN {new}; END"
    yield f"CREATE TRIGGER {name}_update AFTER UPDATE OF {', '.join(columns)} ON {table} BEGIN {new}{moved}; END"
    yield f"CREATE TRIGGER {name}_delete AFTER DELETE ON {table} BEGIN {old}; END"


def _postgresql(table: str, key: str | None, columns: list[str]) -> Iterator[str]:
    name = PREFIX + table
    note = (
        "INSERT INTO changes (noun, key, transaction, at) "
        "VALUES ('{table}', {key}, pg_current_xact_id()::text::bigint, clock_timestamp());"
    )
    new, old = (note.format(table=table, key=f"{row}.{key}" if key else "NULL") for row in ("NEW", "OLD"))
    moved = f" IF TG_OP = 'UPDATE' AND OLD.{key} IS DISTINCT FROM NEW.{key} THEN {old} END IF;" if key else ""
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN {old} ELSE {new}{moved} END IF; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER INSERT OR DELETE OR UPDATE OF {', '.join(columns)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def wakes() -> Iterator[str]:
    """What PostgreSQL tells every listening process, once a transaction, and what it answers when it is asked.

    `changes_since` gives a first row with the snapshot it was answered in, then what that sees and the one given
    could not. Ids would not do: they are given out before the commit, so a larger one can be seen first.
    """
    yield (
        "CREATE FUNCTION changes_since(before pg_snapshot, most integer) "
        "RETURNS TABLE (snapshot text, noun text, key bigint) LANGUAGE plpgsql STABLE AS $$ BEGIN "
        "RETURN QUERY SELECT pg_current_snapshot()::text, NULL::text, NULL::bigint; "
        "IF pg_current_snapshot()::text = before::text THEN RETURN; END IF; "
        "RETURN QUERY SELECT DISTINCT NULL::text, news.noun::text, news.key FROM changes AS news "
        "WHERE news.transaction >= pg_snapshot_xmin(before)::text::bigint "
        "AND NOT pg_visible_in_snapshot(news.transaction::text::xid8, before) LIMIT most; END $$"
    )
    yield (
        "CREATE FUNCTION changes_wake() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('changes', ''); RETURN NULL; END $$"
    )
    yield ("CREATE TRIGGER changes_wake AFTER INSERT ON changes FOR EACH STATEMENT EXECUTE FUNCTION changes_wake()")
