"""Whether a reader has something in a thread that its page shows to them alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Ignored
from forum.following.models import Follow, Subject
from forum.prepared import prepared_for
from forum.slots import Stake
from forum.threads.models import Answer, Comment, Thread, Unhelpful

THREAD: Any = bindparam("thread_id")


def has_stake(session: Session, actor: Actor, stakes: tuple[Stake, ...], thread_id: int) -> bool:
    """Whether any of these conditions is true of the reader and the thread."""
    found: bool = _has_stake(session, actor, stakes, thread_id=thread_id).scalar_one()
    return found


@prepared_for(
    threads="thread_id",
    answers="thread_id",
    comments="thread_id",
    follows="thread_id",
    me_too="thread_id",
    ignored="reader_id",
)
def _has_stake(reader: Actor, stakes: tuple[Stake, ...]) -> Select[*tuple[bool]]:
    return select(or_(*(stake(reader) for stake in stakes)))


def ignores(reader: Actor) -> ColumnElement[bool]:
    """They ignore somebody who wrote something in it. Who ignores nobody is known after one look into an index."""
    wrote = or_(
        exists().where(Thread.id == THREAD, Thread.author_id == Ignored.other_id),
        exists().where(Answer.thread_id == THREAD, Answer.author_id == Ignored.other_id),
        exists().where(Comment.thread_id == THREAD, Comment.author_id == Ignored.other_id),
    )
    return exists().where(Ignored.account_id == reader.id, wrote)


def stake(reader: Actor) -> ColumnElement[bool]:
    """They wrote something in it, chose a level for it, or said that an answer did not help."""
    unhelpful = exists().where(Unhelpful.answer_id == Answer.id, Unhelpful.account_id == reader.id)
    return or_(
        exists().where(Thread.id == THREAD, Thread.author_id == reader.id),
        exists().where(Answer.thread_id == THREAD, or_(Answer.author_id == reader.id, unhelpful)),
        exists().where(Comment.thread_id == THREAD, Comment.author_id == reader.id),
        exists().where(Follow.subject == Subject.THREAD, Follow.subject_id == THREAD, Follow.account_id == reader.id),
    )
