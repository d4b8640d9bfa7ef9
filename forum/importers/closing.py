"""Questions that were closed or locked there are locked here, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forum.importers.dump import Row, moment
from forum.importers.staging import CLOSED, LOCKED, REOPENED, UNLOCKED, Change

DUPLICATE = frozenset({"1", "101"})
REASONS = {
    "2": "off-topic",
    "3": "a matter of opinion",
    "4": "not a real question",
    "7": "too localised",
    "102": "off-topic",
    "103": "unclear what is asked",
    "104": "too broad",
    "105": "a matter of opinion",
}
"""Stack Exchange's numbers, those under 100 until 2013."""


def columns(row: Row, history: Sequence[Change]) -> dict[str, Any]:
    """The lock of a thread. A duplicate is no lock: its link says so (see `links`)."""
    closed = _last(history, CLOSED, REOPENED)
    locked = _last(history, LOCKED, UNLOCKED)
    if row.get("ClosedDate") and not (closed and closed.note in DUPLICATE):
        why = REASONS.get(closed.note if closed else "")
        reason = f"Closed on the former site: {why}." if why else row.get("LockReason") or "Closed on the former site."
        return {"locked_at": moment(row["ClosedDate"]), "lock_reason": reason}
    if locked is not None and locked.kind == LOCKED:
        return {"locked_at": moment(locked.made), "lock_reason": "Locked on the former site."}
    return {"locked_at": None, "lock_reason": None}


def _last(history: Sequence[Change], *kinds: int) -> Change | None:
    return next((line for line in reversed(history) if line.kind in kinds), None)
