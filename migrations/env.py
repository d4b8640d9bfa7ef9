"""Alembic's way in. Only online: a database is always at hand."""

from alembic import context
from sqlalchemy import text

from forum.app import metadata
from forum.schema import migration_engine

UNMANAGED = ("search_index",)  # FTS5 and its shadow tables, which look like drift


def include_object(_object, name, kind, _reflected, _compare_to):
    return not (kind == "table" and name is not None and name.startswith(UNMANAGED))


def run() -> None:
    engine = migration_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7242118)"))
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            include_object=include_object,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
            if broken:
                raise RuntimeError(f"The migration left rows that point nowhere: {broken[:5]}")
        connection.commit()
    engine.dispose()


run()
