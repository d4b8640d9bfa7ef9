"""Verifying the log from the page: asked for by an admin, done by the worker a block at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account
from forum.clock import now
from forum.jobs import Jobs, enqueue
from moderation.audit import chain
from moderation.audit.actions import Walk, go_on, lock_head
from moderation.audit.models import AuditCheck, AuditHead

VERIFY = "audit.verify"
LOST = timedelta(hours=1)
"""A check that has not ended by then is no reason not to begin another."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    id: int
    by: str
    asked_at: datetime
    ended_at: datetime | None
    checked: int
    broken_id: int | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Checks:
    """The newest checks, and how many entries the chain has."""

    entries: int
    latest: tuple[Check, ...]

    @property
    def running(self) -> bool:
        return bool(self.latest) and self.latest[0].ended_at is None


def install(jobs: Jobs) -> None:
    jobs.does(VERIFY, check_block)


def ask_for_check(session: Session, actor: Actor) -> bool:
    """Have the whole chain verified; False where that is being done already.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    lock_head(session)  # of two who press at once, the second finds the first one's
    running = select(AuditCheck.id).where(AuditCheck.ended_at.is_(None), AuditCheck.asked_at > now() - LOST)
    if session.scalar(running.limit(1)) is not None:
        return False
    check = AuditCheck(asked_by_id=actor.id, asked_at=now(), previous_hash=chain.START)
    session.add(check)
    session.flush()
    enqueue(session, VERIFY, {"check_id": check.id})
    return True


def check_block(session: Session, payload: dict[str, Any]) -> None:
    """Verify the next block, and leave what follows to a job of its own, so that no act waits for long."""
    check = session.scalar(select(AuditCheck).where(AuditCheck.id == payload["check_id"]).with_for_update())
    if check is None or check.ended_at is not None:
        return
    lock_head(session)  # or an entry that comes between the block and the head would count as missing
    walk = go_on(session, Walk(check.checked, check.previous_hash))
    check.checked, check.previous_hash = walk.number, walk.previous
    if not walk.ended:
        enqueue(session, VERIFY, payload)
        return
    check.ended_at = now()
    if walk.broken is not None:
        check.broken_id, check.why = walk.broken.entry_id, walk.broken.why


def checks(session: Session, actor: Actor) -> Checks:
    """
    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    columns = (
        AuditCheck.id,
        Account.display_name,
        AuditCheck.asked_at,
        AuditCheck.ended_at,
        AuditCheck.checked,
        AuditCheck.broken_id,
        AuditCheck.why,
    )
    query = select(*columns).join(Account, Account.id == AuditCheck.asked_by_id).order_by(AuditCheck.id.desc())
    latest = tuple(Check(*row) for row in session.execute(query.limit(SHOWN)))
    return Checks(session.scalar(select(AuditHead.count).where(AuditHead.id == 1)) or 0, latest)
