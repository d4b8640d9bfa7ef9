"""The time, in one place, so that a test can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fixed: ContextVar[datetime | None] = ContextVar("fixed_time", default=None)


def now() -> datetime:
    """The current time in UTC, or the one that `at` has set."""
    return _fixed.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let everything inside happen at a given moment: tests, imports and demo content live in the past."""
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)
