"""The search index, kept in the transaction of whatever changes a post."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import column, delete, insert, select, table
from sqlalchemy.orm import Session

from forum.posts import PostKind, PostRef, Visibility
from forum.tags.models import Tag
from forum.threads.models import Answer, Thread, ThreadTag

INDEX = table("search_index", column("rowid"), column("title"), column("body"), column("tags"))


def document_id(ref: PostRef) -> int:
    """The number of a post's document: even for questions, odd for answers, so newer ones have higher numbers."""
    return ref.id * 2 + (ref.kind is PostKind.ANSWER)


def post_of(document: int) -> PostRef:
    return PostRef(PostKind.ANSWER if document % 2 else PostKind.THREAD, document // 2)


def index_posts(session: Session, refs: Sequence[PostRef]) -> None:
    """Bring the documents of these posts up to date; comments have none."""
    session.flush()
    wanted = [ref for ref in refs if ref.kind is not PostKind.COMMENT]
    rows = _questions(session, [ref.id for ref in wanted if ref.kind is PostKind.THREAD])
    rows += _answers(session, [ref.id for ref in wanted if ref.kind is PostKind.ANSWER])
    session.execute(delete(INDEX).where(INDEX.c.rowid.in_([document_id(ref) for ref in wanted])))
    if rows:
        session.execute(insert(INDEX), rows)


def _questions(session: Session, thread_ids: Sequence[int]) -> list[dict[str, object]]:
    tags: dict[int, list[str]] = {}
    for thread_id, name in session.execute(
        select(ThreadTag.thread_id, Tag.name)
        .join(Tag, Tag.id == ThreadTag.tag_id)
        .where(ThreadTag.thread_id.in_(thread_ids))
    ):
        tags.setdefault(thread_id, []).append(name)
    rows = session.execute(
        select(Thread.id, Thread.title, Thread.text).where(
            Thread.id.in_(thread_ids), Thread.visibility == Visibility.PUBLISHED, Thread.withheld.is_(False)
        )
    )
    return [
        {
            "rowid": document_id(PostRef(PostKind.THREAD, row.id)),
            "title": row.title,
            "body": row.text,
            "tags": " ".join(tags.get(row.id, [])),
        }
        for row in rows
    ]


def _answers(session: Session, answer_ids: Sequence[int]) -> list[dict[str, object]]:
    rows = session.execute(
        select(Answer.id, Answer.text).where(
            Answer.id.in_(answer_ids), Answer.visibility == Visibility.PUBLISHED, Answer.withheld.is_(False)
        )
    )
    return [
        {"rowid": document_id(PostRef(PostKind.ANSWER, row.id)), "title": "", "body": row.text, "tags": ""}
        for row in rows
    ]
