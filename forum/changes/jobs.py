"""What was long noted is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Text, cast, delete, func, insert
from sqlalchemy.orm import Session

from forum.changes.models import EVERYTHING, Change
from forum.clock import now
from forum.jobs import Jobs

KEPT = timedelta(hours=1)


def install(jobs: Jobs) -> None:
    jobs.every("13 * * * *", "changes.forget", forget)


def forget(session: Session, _payload: dict[str, Any]) -> None:
    """Drop old rows, and leave one that tells everything to whoever slept through them."""
    values: dict[str, Any] = {"noun": EVERYTHING, "at": now()}
    if session.get_bind().dialect.name == "postgresql":
        values["transaction"] = cast(cast(func.pg_current_xact_id(), Text), BigInteger)
    # In this order, or SQLite would give the id of a dropped row to the new one.
    session.execute(insert(Change).values(**values))
    session.execute(delete(Change).where(Change.at < now() - KEPT))
