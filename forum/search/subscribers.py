"""Keeps the index in step, in the same transaction as the change."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.events import Bus
from forum.events.tags import TagChanged, TagMergeUndone, TagsMerged
from forum.events.threads import AnswerPosted, PostEdited, PostsReworded, PostVisibilityChanged, ThreadAsked
from forum.jobs import enqueue
from forum.posts import PostKind, PostRef
from forum.search.index import index_posts
from forum.search.jobs import TAG


def subscribe(bus: Bus) -> None:
    bus.on(ThreadAsked, on_thread_asked)
    bus.on(AnswerPosted, on_answer_posted)
    bus.on(PostEdited, on_post_changed)
    bus.on(PostVisibilityChanged, on_post_changed)
    bus.on(PostsReworded, on_posts_reworded)
    bus.on(TagChanged, on_tag_changed)
    bus.on(TagsMerged, on_tags_merged)
    bus.on(TagMergeUndone, on_merge_undone)


def on_thread_asked(session: Session, event: ThreadAsked) -> None:
    index_posts(session, [PostRef(PostKind.THREAD, event.thread_id)])


def on_answer_posted(session: Session, event: AnswerPosted) -> None:
    index_posts(session, [PostRef(PostKind.ANSWER, event.answer_id)])


def on_post_changed(session: Session, event: PostEdited | PostVisibilityChanged) -> None:
    index_posts(session, [event.post])


def on_posts_reworded(session: Session, event: PostsReworded) -> None:
    index_posts(session, event.posts)


def on_tag_changed(session: Session, event: TagChanged) -> None:
    """`tag:` finds it at once; the name as a word of its threads is a matter of a job, for there may be many."""
    if event.previous:
        enqueue(session, TAG, {"tag_id": event.tag_id})


def on_tags_merged(session: Session, event: TagsMerged) -> None:
    enqueue(session, TAG, {"tag_id": event.into_id})


def on_merge_undone(session: Session, event: TagMergeUndone) -> None:
    for tag_id in (event.tag_id, event.into_id):
        enqueue(session, TAG, {"tag_id": tag_id})
