"""What names an account where no noun looks: archives, requests to be erased, kept replies, queued work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.erasures.models import ErasureRequest
from forum.exports.actions import remove
from forum.exports.models import DataExport
from forum.i18n import lazy
from forum.jobs import Job
from forum.merging import Joins, Merge
from forum.web.api.replays import KeptReply

NAMES = frozenset({"account_id", "actor_id", "author_id", "thread_author_id", "parent_author_id"})


def remove_archives(session: Session, merge: Merge) -> None:
    """They hold what one account had; the other can have one made of all of it."""
    for made in session.scalars(select(DataExport).filter_by(account_id=merge.from_id)).all():
        remove(session, made)


def address_jobs(session: Session, merge: Merge) -> None:
    """Work that waits for the account that goes is done for the other."""
    for job in session.scalars(select(Job).where(Job.done_at.is_(None), Job.dead_at.is_(None))).all():
        changed = _named(job.payload, merge)
        if changed != job.payload:
            job.payload = changed


def _named(payload: Any, merge: Merge) -> Any:
    if isinstance(payload, dict):
        return {
            name: merge.to_id if name in NAMES and said == merge.from_id else _named(said, merge)
            for name, said in payload.items()
        }
    return [_named(one, merge) for one in payload] if isinstance(payload, list) else payload


JOINS = Joins(
    name="elsewhere",
    moves={
        DataExport.account_id: "",
        DataExport.asked_by_id: "",
        ErasureRequest.account_id: "",
        ErasureRequest.asked_by_id: "",
        ErasureRequest.owner_id: lazy("requests to be erased they answer for"),
    },
    ends={KeptReply.account_id: ""},
    before=(remove_archives, address_jobs),
)
