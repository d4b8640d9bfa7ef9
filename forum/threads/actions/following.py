"""Following a thread: who hears of what happens in it."""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from forum.access import Actor
from forum.clock import now
from forum.db import insert_on
from forum.prepared import prepared
from forum.threads.actions.holding import hold_thread
from forum.threads.models import Follow, Thread


def follow(session: Session, actor: Actor, thread_id: int) -> Thread:
    thread = hold_thread(session, actor, thread_id)
    thread.follower_count += start_following(session, thread.id, actor.id)
    session.flush()
    return thread


def unfollow(session: Session, actor: Actor, thread_id: int) -> Thread:
    thread = hold_thread(session, actor, thread_id)
    mine = (Follow.account_id == actor.id, Follow.thread_id == thread.id)
    if session.scalar(select(exists().where(*mine))):
        session.execute(delete(Follow).where(*mine))
        thread.follower_count -= 1
        session.flush()
    return thread


def start_following(session: Session, thread_id: int, account_id: int) -> bool:
    """Let somebody hear of a held thread, as who asks, answers or comments does; if it is news, the caller counts."""
    row = {"account_id": account_id, "thread_id": thread_id, "created_at": now()}
    return _follow(session, None, session.get_bind().dialect.name, **row).scalar_one_or_none() is not None


@prepared
def _follow(_reader: None, dialect: str) -> ReturningInsert[int]:
    return insert_on(dialect, Follow).on_conflict_do_nothing().returning(Follow.account_id)
