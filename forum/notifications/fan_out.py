"""Telling many: a few at once, a crowd by a job, a slice at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from forum.jobs import enqueue
from forum.notifications.actions import Notice, tell
from forum.posts import PostKind, PostRef
from forum.prepared import prepared
from forum.threads.models import Follow
from forum.threads.queries import PostRow

FOLLOWERS = "notifications.followers"
PUBLISHED = "notifications.published"
AT_ONCE = 50


def tell_followers(
    session: Session,
    thread_id: int,
    notice: Notice,
    *,
    about: PostRow | None = None,
    but: Collection[int] = (),
) -> None:
    """Tell everybody who follows a thread, `but` those who were told already; more than a few of them later."""
    followers = _followers(session, thread_id, after=0)
    if len(followers) <= AT_ONCE:
        tell(session, set(followers).difference(but), notice, about=about)
        return
    enqueue(session, FOLLOWERS, {"thread_id": thread_id, "after": 0, "notice": asdict(notice)})


def tell_slice(session: Session, payload: dict[str, Any]) -> None:
    """Tell the next few followers, and leave the rest to the job after this one."""
    told = dict(payload["notice"])
    if told["post"] is not None:
        kind, post_id = told["post"]
        told["post"] = PostRef(PostKind(kind), post_id)
    followers = _followers(session, payload["thread_id"], after=payload["after"])
    tell(session, followers[:AT_ONCE], Notice(**told))
    if len(followers) > AT_ONCE:
        enqueue(session, FOLLOWERS, {**payload, "after": followers[AT_ONCE - 1]})


def _followers(session: Session, thread_id: int, *, after: int) -> list[int]:
    """The next followers in order, one more than are told at once."""
    return list(_next_followers(session, None, thread_id=thread_id, after=after).scalars())


@prepared
def _next_followers(_reader: None) -> Select[int]:
    query = select(Follow.account_id).where(
        Follow.thread_id == bindparam("thread_id"), Follow.account_id > bindparam("after")
    )
    return query.order_by(Follow.account_id).limit(AT_ONCE + 1)
