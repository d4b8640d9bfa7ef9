"""What is left of somebody where no noun looks: queued work, letters, replies kept for programs, archives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from forum.erasures.models import ErasureRequest
from forum.exports.actions import remove
from forum.exports.models import DataExport
from forum.i18n import gettext as _
from forum.jobs import Job
from forum.letters import KIND
from forum.notifications.digests import DIGEST
from forum.notifications.mailing import LETTER
from forum.personal import AT_ONCE, Fate, Finding, Part, Section, Subject, count
from forum.settings import Settings
from forum.web.api.replays import KeptReply, forget_words


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    mine = DataExport.account_id == subject.account_id
    yield Finding(
        _("archives of their data"), count(session, DataExport, mine, DataExport.file.is_not(None)), Fate.ERASED
    )
    replies = count(session, KeptReply, KeptReply.account_id == subject.account_id)
    yield Finding(_("replies kept for their programs"), replies, Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {"asked_at": _("Asked for"), "due_at": _("Due"), "withdrawn_at": _("Taken back"), "content": _("Words too")}
    rows = session.scalars(select(ErasureRequest).filter_by(account_id=subject.account_id).order_by(ErasureRequest.id))
    found = [{name: getattr(row, name) for name in words} for row in rows]
    yield Section("erasures", _("Requests to be erased"), words, found)
    words = {"asked_at": _("Asked for"), "ready_at": _("Ready"), "expires_at": _("Removed")}
    made = session.scalars(select(DataExport).filter_by(account_id=subject.account_id).order_by(DataExport.id))
    found = [{name: getattr(row, name) for name in words} for row in made]
    yield Section("archives", _("Archives like this one"), words, found)


def forget_archives(session: Session, subject: Subject, _cursor: int) -> int | None:
    for made in session.scalars(select(DataExport).filter_by(account_id=subject.account_id)).all():
        remove(session, made)
    return None


def forget_replies(session: Session, subject: Subject, _cursor: int) -> int | None:
    """Their own, and the words of all others, in which a post of theirs may stand."""
    session.execute(delete(KeptReply).where(KeptReply.account_id == subject.account_id))
    forget_words(session)
    return None


def forget_delivered(session: Session, _subject: Subject, cursor: int) -> int | None:
    """What delivered letters said serves nothing any more; that they were, so that none is sent twice, stays.

    Of those that failed for good nothing does: without its words none could be tried again.
    """
    query = select(Job.id).where(
        Job.id > cursor, Job.kind.in_((KIND, LETTER, DIGEST)), or_(Job.done_at.is_not(None), Job.dead_at.is_not(None))
    )
    found = session.scalars(query.order_by(Job.id).limit(AT_ONCE)).all()
    session.execute(update(Job).where(Job.id.in_(found), Job.dead_at.is_(None)).values(payload={}, error=None))
    session.execute(delete(Job).where(Job.id.in_(found), Job.dead_at.is_not(None)))
    return found[-1] if len(found) == AT_ONCE else None


def forget_jobs(session: Session, subject: Subject, cursor: int) -> int | None:
    """Work that is queued for them or speaks of them is not done, nor tried again; of what was done, the words go."""
    query = select(Job).where(Job.id > cursor).order_by(Job.id).limit(AT_ONCE)
    rows = session.scalars(query).all()
    for job in rows:
        if not _concerns(job.payload, subject) and not (job.error and subject.speaks_of(job.error)):
            continue
        if job.done_at is not None:
            job.payload, job.error = {}, None
        else:
            session.delete(job)
    session.flush()
    return rows[-1].id if len(rows) == AT_ONCE else None


def _concerns(payload: Any, subject: Subject, name: str = "") -> bool:
    if isinstance(payload, dict):
        return any(_concerns(one, subject, key) for key, one in payload.items())
    if isinstance(payload, list):
        return any(_concerns(one, subject) for one in payload)
    if isinstance(payload, str):
        named = name in {"handle", "display_name", "actor"} and payload in (subject.handle, subject.display_name)
        return bool(named or subject.speaks_of(payload))
    return name == "account_id" and payload == subject.account_id


def forget_letters(session: Session, _subject: Subject, _cursor: int) -> int | None:
    """Letters that became files because no mail server is set: all, for a letter to anybody may quote them."""
    settings: Settings = session.info["settings"]
    for file in (settings.var / "mail").glob("*.eml"):
        file.unlink(missing_ok=True)
    return None


PART = Part(
    name="elsewhere",
    tables=frozenset({"jobs", "api_replies", "data_exports", "erasure_requests"}),
    sections=sections,
    findings=findings,
    steps=(forget_archives, forget_replies, forget_delivered, forget_letters, forget_jobs),
)
