"""What admins do with work that failed for good."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsRetried(StaffAction):
    """Dead jobs are tried again: one, or without `job_id` all of a kind."""

    kind: str
    count: int
    job_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDiscarded(StaffAction):
    """A dead job need not be done; for a month it can still be retried."""

    kind: str
    job_id: int
