"""Reads of levels."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.following.models import Follow, Level, Subject
from forum.prepared import Own, prepared_for


def level_of(session: Session, actor: Actor | None, subject: Subject, subject_id: int) -> Level | None:
    """What the actor chose for a subject; None when nothing, or nobody is signed in."""
    if actor is None:
        return None
    found: Level | None = _level(session, actor, subject, subject_id=subject_id).scalar_one_or_none()
    return found


@prepared_for(follows=Own("subject_id"))
def _level(reader: Actor, subject: Subject) -> Select[Any]:
    mine = (Follow.account_id == reader.id, Follow.subject == subject, Follow.subject_id == bindparam("subject_id"))
    return select(Follow.level).where(*mine)
