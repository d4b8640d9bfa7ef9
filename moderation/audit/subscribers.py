"""The log hears every `StaffAction`, and writes at the very end of the transaction.

The chain's head is the one row that all staff share. Locked while an act still takes
other locks, it would make two acts wait for each other; locked last, just before the
commit, it cannot, and it is held for a moment only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event as sql
from sqlalchemy.orm import Session, SessionTransaction

from forum.events import Bus, StaffAction
from moderation.audit.actions import append

KEY = "audit_waiting"
Waiting = list[tuple[StaffAction, SessionTransaction | None]]


def subscribe(bus: Bus) -> None:
    bus.on(StaffAction, on_staff_action)


def on_staff_action(session: Session, event: StaffAction) -> None:
    waiting: Waiting | None = session.info.get(KEY)
    if waiting is None:
        waiting = session.info[KEY] = []
        sql.listen(session, "before_commit", _write)
        sql.listen(session, "after_soft_rollback", _forget)
    waiting.append((event, session.get_nested_transaction()))


def _write(session: Session) -> None:
    waiting: Waiting = session.info[KEY]
    if waiting and session.get_nested_transaction() is None:
        session.flush()
        append(session, [event for event, _savepoint in waiting])
        waiting.clear()


def _forget(session: Session, ended: Any) -> None:
    """What was rolled back did not happen: to a savepoint, only what was done since."""
    session.info[KEY][:] = [pair for pair in session.info[KEY] if pair[1] is not ended] if ended.nested else []
