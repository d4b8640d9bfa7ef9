"""Posts as what files are attached to: a file is seen by whoever sees the post, as long as its text is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.posts import PostKind, PostRef
from forum.slots import Slots
from forum.threads.models import POSTS, Answer, Comment, Thread
from forum.uploads.holders import Holder, Holders
from forum.uploads.queries import with_files


def register(holders: Holders, slots: Slots) -> None:
    holders.add(_holder(PostKind.THREAD, _thread_seen))
    holders.add(_holder(PostKind.ANSWER, _answer_seen))
    holders.add(_holder(PostKind.COMMENT, _comment_seen))
    slots.register("post.menu", "forum/uploads/_menu.html", menu_entries, order=70)


def menu_entries(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, PostRef]:
    """For moderators, the posts that have files to look after."""
    if actor is None or not actor.can(Privilege.MODERATE):
        return {}
    found: dict[PostRef, PostRef] = {}
    for kind in PostKind:
        ids = with_files(session, kind.value, [ref.id for ref in refs if ref.kind is kind])
        found |= {PostRef(kind, one): PostRef(kind, one) for one in ids}
    return found


def _holder(kind: PostKind, seen_by: Any) -> Holder:
    model = POSTS[kind]
    return Holder(kind.value, seen_by, lambda column: exists().where(model.id == column), Privilege.MODERATE)


def _thread_seen(actor: Actor | None, column: Any) -> ColumnElement[bool]:
    return _one(select(Thread.id).where(Thread.id == column, Thread.withheld.is_(False), Thread.visible_to(actor)))


def _answer_seen(actor: Actor | None, column: Any) -> ColumnElement[bool]:
    query = select(Answer.id).join(Thread, Thread.id == Answer.thread_id)
    shown = (Answer.withheld.is_(False), Answer.visible_to(actor), Thread.visible_to(actor))
    return _one(query.where(Answer.id == column, *shown))


def _comment_seen(actor: Actor | None, column: Any) -> ColumnElement[bool]:
    query = select(Comment.id).join(Thread, Thread.id == Comment.thread_id)
    query = query.outerjoin(Answer, Answer.id == Comment.answer_id)
    shown = (Comment.withheld.is_(False), Comment.visible_to(actor), Thread.visible_to(actor))
    return _one(query.where(Comment.id == column, *shown, or_(Comment.answer_id.is_(None), Answer.visible_to(actor))))


def _one(query: Select[Any]) -> ColumnElement[bool]:
    return query.exists()
