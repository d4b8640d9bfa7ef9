"""Carrying a merge out: all of it in one transaction, and once more for what was under way meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account, AccountMerge
from forum.clock import now
from forum.jobs import Job, Jobs, enqueue
from forum.merges.actions import PERFORM
from forum.merging import Merge, Merging

DUE = "merges.due"
SETTLES = timedelta(seconds=20)
"""What was sent just before the account was shut is waited for: a write waits 15 seconds for its turn."""


class Merger:
    """The jobs of merging. A transactional job settles with its work: killed half-way, it did nothing."""

    def __init__(self, merging: Merging) -> None:
        self.merging = merging

    def install(self, jobs: Jobs) -> None:
        jobs.does(PERFORM, self.perform)
        jobs.every("*/10 * * * *", DUE, self.start_due)

    def start_due(self, session: Session, _payload: dict[str, Any]) -> None:
        """Take up again what no job is at any more."""
        waiting = select(Job.payload).where(Job.kind == PERFORM, Job.done_at.is_(None), Job.dead_at.is_(None))
        at_work = {payload.get("merge_id") for payload in session.scalars(waiting)}
        for merge_id in session.scalars(select(AccountMerge.id).where(AccountMerge.done_at.is_(None))).all():
            if merge_id not in at_work:
                enqueue(session, PERFORM, {"merge_id": merge_id})

    def perform(self, session: Session, payload: dict[str, Any]) -> None:
        """Move everything; the second time, what came late."""
        row = session.get(AccountMerge, payload["merge_id"], with_for_update=True)
        if row is None or row.done_at is not None:
            return
        merge = Merge(row.from_id, row.to_id, row.asked_by_id)
        self.merging.lock(session, merge)
        held = select(Account.id).where(Account.id.in_(merge.both)).order_by(Account.id)
        session.execute(held.with_for_update()).all()
        self.merging.carry_out(session, merge)
        row = session.get_one(AccountMerge, payload["merge_id"])
        if row.moved_at is None:
            row.moved_at = now()
            enqueue(session, PERFORM, {"merge_id": row.id}, run_at=now() + SETTLES)
        else:
            row.done_at = now()
