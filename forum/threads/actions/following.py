"""The level of a thread, which its followers are counted by."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from forum.access import Actor
from forum.clock import now
from forum.db import insert_on
from forum.following.models import HEARING, Follow, Level, Subject
from forum.prepared import prepared
from forum.threads.actions.holding import hold_thread
from forum.threads.models import Thread


def follow(session: Session, actor: Actor, thread_id: int) -> Thread:
    return choose_level(session, actor, thread_id, Level.FOLLOW)


def choose_level(session: Session, actor: Actor, thread_id: int, level: Level | None) -> Thread:
    """Hear so much of a thread from now on; None goes back to having chosen nothing.

    Raises:
        NotFound: there is no such thread, or none that the actor may see.
    """
    thread = hold_thread(session, actor, thread_id)
    mine = (Follow.account_id == actor.id, Follow.subject == Subject.THREAD, Follow.subject_id == thread.id)
    before = session.scalar(select(Follow.level).where(*mine))
    if level is None:
        session.execute(delete(Follow).where(*mine))
    else:
        session.merge(
            Follow(account_id=actor.id, subject=Subject.THREAD, subject_id=thread.id, level=level, created_at=now())
        )
    thread.follower_count += (level in HEARING) - (before in HEARING)
    session.flush()
    return thread


def start_following(session: Session, thread_id: int, account_id: int) -> bool:
    """Let somebody hear of a held thread, as who asks, answers or comments does; if it is news, the caller counts.

    Whoever chose a level for it keeps that.
    """
    row = {"account_id": account_id, "subject": Subject.THREAD, "subject_id": thread_id}
    values = {**row, "level": Level.FOLLOW, "created_at": now()}
    return _follow(session, None, session.get_bind().dialect.name, **values).scalar_one_or_none() is not None


@prepared
def _follow(_reader: None, dialect: str) -> ReturningInsert[int]:
    return insert_on(dialect, Follow).on_conflict_do_nothing().returning(Follow.account_id)
