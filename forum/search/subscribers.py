"""Keeps the index in step, in the same transaction as the change."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.events import Bus
from forum.events.threads import AnswerPosted, PostEdited, PostsReworded, PostVisibilityChanged, ThreadAsked
from forum.posts import PostKind, PostRef
from forum.search.index import index_posts


def subscribe(bus: Bus) -> None:
    bus.on(ThreadAsked, on_thread_asked)
    bus.on(AnswerPosted, on_answer_posted)
    bus.on(PostEdited, on_post_changed)
    bus.on(PostVisibilityChanged, on_post_changed)
    bus.on(PostsReworded, on_posts_reworded)


def on_thread_asked(session: Session, event: ThreadAsked) -> None:
    index_posts(session, [PostRef(PostKind.THREAD, event.thread_id)])


def on_answer_posted(session: Session, event: AnswerPosted) -> None:
    index_posts(session, [PostRef(PostKind.ANSWER, event.answer_id)])


def on_post_changed(session: Session, event: PostEdited | PostVisibilityChanged) -> None:
    index_posts(session, [event.post])


def on_posts_reworded(session: Session, event: PostsReworded) -> None:
    index_posts(session, event.posts)
