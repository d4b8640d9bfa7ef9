"""Taking hold of rows before changing them: the thread first, then the post, whatever the act."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.prepared import prepared
from forum.threads.models import POSTS, Answer, Comment, Post, Thread


def hold_thread(session: Session, actor: Actor | None, thread_id: int, *, program: bool = False) -> Thread:
    """A thread that the actor may see, locked until commit; the program itself sees every one.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    thread: Thread | None = _held(session, actor, PostKind.THREAD, program, post_id=thread_id)
    if thread is None:
        raise NotFound(_("There is no such question."))
    return thread


def hold_post(session: Session, actor: Actor | None, ref: PostRef, *, program: bool = False) -> tuple[Thread, Post]:
    """A post that the actor may see, and its thread, both locked until commit.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    if ref.kind is PostKind.THREAD:
        thread = hold_thread(session, actor, ref.id, program=program)
        return thread, thread
    thread_id = _thread_of(session, None, ref.kind, post_id=ref.id).scalar_one_or_none()
    try:
        thread = hold_thread(session, actor, thread_id or 0, program=program)
    except NotFound:  # in other words than for a post that is hidden, it would tell the two apart
        raise NotFound(_("There is no such post.")) from None
    post: Answer | Comment | None = _held(session, actor, ref.kind, program, post_id=ref.id)
    if post is None:
        raise NotFound(_("There is no such post."))
    return thread, post


def _held(session: Session, actor: Actor | None, kind: PostKind, program: bool, *, post_id: int) -> Any:
    return _hold.objects(session, actor, kind, program, post_id=post_id).one_or_none()


@prepared
def _hold(reader: Actor | None, kind: PostKind, program: bool) -> Select[Any]:
    model = POSTS[kind]
    query = select(model).where(model.id == bindparam("post_id")).with_for_update(of=model)
    if not program:
        query = query.where(model.visible_to(reader))
    return query.execution_options(populate_existing=True)


@prepared
def _thread_of(_reader: None, kind: PostKind) -> Select[int]:
    model: Any = POSTS[kind]
    return select(model.thread_id).where(model.id == bindparam("post_id"))


def hold_answer(session: Session, actor: Actor | None, answer_id: int) -> tuple[Thread, Answer]:
    thread, answer = hold_post(session, actor, PostRef(PostKind.ANSWER, answer_id))
    assert isinstance(answer, Answer)
    return thread, answer


def refuse_locked(thread: Thread) -> None:
    """Nobody writes in a locked thread, and the refusal says why it is locked."""
    if thread.locked:
        why = f" {thread.lock_reason}" if thread.lock_reason else ""
        raise Conflict(_("This thread is locked.") + why)
