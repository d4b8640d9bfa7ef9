"""What is done for the index later: the words of a tag's threads, where the tag is called something else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.jobs import Jobs, enqueue
from forum.posts import PostKind, PostRef
from forum.search.index import index_posts
from forum.threads.models import ThreadTag

TAG = "search.tag"
AT_ONCE = 200


def install(jobs: Jobs) -> None:
    jobs.does(TAG, index_tag)


def index_tag(session: Session, payload: dict[str, Any]) -> None:
    """Bring a tag's threads up to date, some at a time; the rest is a job of its own, so that nobody waits for it."""
    tag_id, after = payload["tag_id"], payload.get("after", 0)
    query = select(ThreadTag.thread_id).where(ThreadTag.tag_id == tag_id, ThreadTag.thread_id > after)
    ids = list(session.scalars(query.order_by(ThreadTag.thread_id).limit(AT_ONCE)))
    index_posts(session, [PostRef(PostKind.THREAD, thread_id) for thread_id in ids])
    if len(ids) == AT_ONCE:
        enqueue(session, TAG, {"tag_id": tag_id, "after": ids[-1]})
