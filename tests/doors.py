"""A site whose doors are open though nobody runs it yet: for tests whose people come after its server."""

from __future__ import annotations

from forum.db import Database
from forum.doors import DOORS, State
from forum.options import set_option


def open_doors(url: str) -> None:
    """What its first admin would have done, in a database that is migrated."""
    database = Database(url)
    with database.writing() as session:
        set_option(session, DOORS, State(code=None, opened=True))
    database.dispose()
