"""Posts as moderation meets them: held one by one, or several at once in the order that everybody takes locks."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.posts import PostRef
from forum.threads.actions.holding import hold_post
from forum.threads.models import Post, Thread


def hold(session: Session, ref: PostRef) -> tuple[Thread, Post]:
    """A post and its thread, locked until commit, whoever is acting: moderation has checked who may."""
    return hold_post(session, None, ref, program=True)


def hold_threads(session: Session, thread_ids: Iterable[int]) -> None:
    """Lock several threads by ascending id, so that two acts on the same ones cannot stop each other."""
    query = select(Thread.id).where(Thread.id.in_(sorted(set(thread_ids)))).order_by(Thread.id)
    session.execute(query.with_for_update(of=Thread)).all()
