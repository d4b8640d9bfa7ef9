"""Taking hold of rows before changing them: the thread first, then the post, whatever the act."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads.models import Answer, Comment, Post, Thread


def hold_thread(session: Session, actor: Actor | None, thread_id: int, *, program: bool = False) -> Thread:
    """A thread that the actor may see, locked until commit; the program itself sees every one.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    query = select(Thread).where(Thread.id == thread_id).with_for_update(of=Thread)
    if not program:
        query = query.where(Thread.visible_to(actor))
    thread = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
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
    model: type[Answer] | type[Comment] = Answer if ref.kind is PostKind.ANSWER else Comment
    thread_id = session.scalar(select(model.thread_id).where(model.id == ref.id))
    thread = hold_thread(session, actor, thread_id or 0, program=program)
    query = select(model).where(model.id == ref.id).with_for_update(of=model)
    if not program:
        query = query.where(model.visible_to(actor))
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    post = cast(Answer | Comment | None, found)
    if post is None:
        raise NotFound(_("There is no such post."))
    return thread, post


def hold_answer(session: Session, actor: Actor | None, answer_id: int) -> tuple[Thread, Answer]:
    thread, answer = hold_post(session, actor, PostRef(PostKind.ANSWER, answer_id))
    assert isinstance(answer, Answer)
    return thread, answer


def refuse_locked(thread: Thread) -> None:
    """Nobody writes in a locked thread, and the refusal says why it is locked."""
    if thread.locked:
        why = f" {thread.lock_reason}" if thread.lock_reason else ""
        raise Conflict(_("This thread is locked.") + why)
