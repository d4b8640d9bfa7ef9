"""Following a thread: who hears of what happens in it."""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.threads.actions.holding import hold_thread
from forum.threads.models import Follow, Thread


def follow(session: Session, actor: Actor, thread_id: int) -> Thread:
    thread = hold_thread(session, actor, thread_id)
    add_follower(session, thread, actor.id)
    return thread


def unfollow(session: Session, actor: Actor, thread_id: int) -> Thread:
    thread = hold_thread(session, actor, thread_id)
    mine = (Follow.account_id == actor.id, Follow.thread_id == thread.id)
    if session.scalar(select(exists().where(*mine))):
        session.execute(delete(Follow).where(*mine))
        thread.follower_count -= 1
        session.flush()
    return thread


def add_follower(session: Session, thread: Thread, account_id: int) -> None:
    """Let somebody hear of a held thread; those who ask, answer and comment do from then on."""
    if session.get(Follow, (account_id, thread.id)) is None:
        session.add(Follow(account_id=account_id, thread_id=thread.id))
        thread.follower_count += 1
        session.flush()
