"""The one history of the database's shape, on either engine."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from forum.resources import folder


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision, making it first when SQLite has none."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(_config(url), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database stands at the newest revision."""
    head = ScriptDirectory.from_config(_config("")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def migration_engine(url: str) -> Engine:
    """An engine to migrate with.

    SQLite's foreign keys stay off: a batch rebuild would empty child tables by CASCADE.
    """
    return create_engine(url)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    config.attributes["url"] = url
    return config
