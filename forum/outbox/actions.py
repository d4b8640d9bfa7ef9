"""What admins do with jobs that failed for good."""

from __future__ import annotations

from sqlalchemy import CursorResult, Update, update
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import NotFound
from forum.events import emit
from forum.events.outbox import JobDiscarded, JobsRetried
from forum.i18n import gettext as _
from forum.jobs import Job


def retry_job(session: Session, actor: Actor, job_id: int) -> bool:
    """Let a dead job be tried again from the beginning, discarded or not; False where it is no longer dead.

    Raises:
        NotFound: there is no such job, or none any more.
        Forbidden: the actor is no admin.
    """
    kind = _kind_of(session, actor, job_id)
    if not _moved(session, _alive_again().where(Job.id == job_id)):
        return False
    emit(session, JobsRetried(actor_id=actor.id, kind=kind, count=1, job_id=job_id))
    return True


def retry_kind(session: Session, actor: Actor, kind: str) -> int:
    """Let all dead jobs of a kind be tried again, but for those that were discarded; how many.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    count = _moved(session, _alive_again().where(Job.kind == kind, Job.discarded_at.is_(None)))
    if count:
        emit(session, JobsRetried(actor_id=actor.id, kind=kind, count=count))
    return count


def discard_job(session: Session, actor: Actor, job_id: int) -> bool:
    """Put a dead job aside: it need not be done. False where it is not dead, or aside already.

    Raises:
        NotFound: there is no such job, or none any more.
        Forbidden: the actor is no admin.
    """
    kind = _kind_of(session, actor, job_id)
    dead = (Job.id == job_id, Job.dead_at.is_not(None), Job.discarded_at.is_(None))
    if not _moved(session, update(Job).where(*dead).values(discarded_at=now())):
        return False
    emit(session, JobDiscarded(actor_id=actor.id, kind=kind, job_id=job_id))
    return True


def _kind_of(session: Session, actor: Actor, job_id: int) -> str:
    require(actor, Privilege.ADMINISTER)
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(_("There is no such job any more."))
    return job.kind


def _alive_again() -> Update:
    """The condition is part of the write, so of two who press at once one moves the row."""
    again = {"dead_at": None, "discarded_at": None, "attempts": 0, "run_at": now(), "leased_until": None}
    return update(Job).where(Job.dead_at.is_not(None)).values(again)


def _moved(session: Session, statement: Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return result.rowcount if isinstance(result, CursorResult) else 0
