"""The one history of the database's shape, on either engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, create_engine

from forum.resources import folder

if TYPE_CHECKING:  # a web process never migrates, and holds 5 MB less without
    from alembic.config import Config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision, making it first when SQLite has none."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    from alembic import command  # noqa: PLC0415

    command.downgrade(_config(url), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database stands at the newest revision."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    head = ScriptDirectory.from_config(_config("")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def knows(revision: str) -> bool:
    """Whether a revision is one of this program's history, and not of a later one."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return revision in {one.revision for one in ScriptDirectory.from_config(_config("")).walk_revisions()}


def migration_engine(url: str) -> Engine:
    """An engine to migrate with.

    SQLite's foreign keys stay off: a batch rebuild would empty child tables by CASCADE.
    """
    return create_engine(url)


def _config(url: str) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    config.attributes["url"] = url
    return config
