"""Whether a failure is the state of the database or the disk rather than a fault of the program.

Pages and the API ask this of any exception, and answer with what comes back as with any other refusal.
"""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from forum.errors import Full, Unavailable
from forum.i18n import gettext as _

ERRORS: tuple[type[Exception], ...] = (DBAPIError, PoolTimeout, OSError)
"""What `outage_of` may know something of."""
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
SQLITE_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
SQLITE_AWAY = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR})
# By SQLSTATE: out of disk; too many connections or waiting too long; lost or shutting down.
POSTGRESQL_FULL = ("53100",)
POSTGRESQL_BUSY = ("40001", "40P01", "53", "55P03", "57014")
POSTGRESQL_AWAY = ("08", "57P", "58")


def outage_of(error: BaseException) -> Unavailable | None:
    """The refusal that tells a person of it, or None when this is no outage but a fault."""
    if isinstance(error, PoolTimeout):
        return busy()
    if isinstance(error, OSError):
        return _full() if error.errno in FULL_DISK else None
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite(error.orig)
    return _postgresql(error)


def _sqlite(error: sqlite3.Error) -> Unavailable | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    kind = code & 0xFF
    if code in SQLITE_FULL or kind in SQLITE_FULL:
        return _full()
    if kind in SQLITE_BUSY:
        return busy()
    return _away() if kind in SQLITE_AWAY else None


def _postgresql(error: DBAPIError) -> Unavailable | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:
        lost = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
        return _away() if lost else None
    if state.startswith(POSTGRESQL_FULL):
        return _full()
    if state.startswith(POSTGRESQL_BUSY):
        return busy()
    return _away() if state.startswith(POSTGRESQL_AWAY) else None


def _away() -> Unavailable:
    return Unavailable(_("The database does not answer at the moment."), 5)


def busy() -> Unavailable:
    return Unavailable(_("There is more to do at the moment than the database can keep up with."), 2)


def _full() -> Unavailable:
    return Full(_("The disk of this site is full: it can be read, but nothing new can be saved."), 60)
