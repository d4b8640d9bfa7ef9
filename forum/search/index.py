"""The search index, kept in the transaction of whatever changes a post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Delete, Insert, Select, bindparam, column, delete, insert, select, table
from sqlalchemy.orm import Session

from forum.posts import PostKind, PostRef, Visibility
from forum.prepared import among, prepared
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
    threads = [ref.id for ref in wanted if ref.kind is PostKind.THREAD]
    answers = [ref.id for ref in wanted if ref.kind is PostKind.ANSWER]
    rows = (_questions(session, threads) if threads else []) + (_answers(session, answers) if answers else [])
    _delete(session, None, documents=[document_id(ref) for ref in wanted])
    _insert.each(session, rows)


@prepared
def _delete(_reader: None) -> Delete:
    return delete(INDEX).where(among(INDEX.c.rowid, "documents"))


@prepared
def _insert(_reader: None) -> Insert:
    return insert(INDEX)


def _questions(session: Session, thread_ids: Sequence[int]) -> list[dict[str, object]]:
    tags: dict[int, list[str]] = {}
    for row in _tags(session, None, ids=thread_ids):
        tags.setdefault(row.thread_id, []).append(row.name)
    return [
        {
            "rowid": document_id(PostRef(PostKind.THREAD, row.id)),
            "title": row.title,
            "body": row.text,
            "tags": " ".join(tags.get(row.id, [])),
        }
        for row in _texts(session, None, Thread, ids=thread_ids)
    ]


@prepared
def _tags(_reader: None) -> Select[int, str]:
    query = select(ThreadTag.thread_id, Tag.name).join(Tag, Tag.id == ThreadTag.tag_id)
    return query.where(among(ThreadTag.thread_id, "ids"))


@prepared
def _texts(_reader: None, post: type[Thread] | type[Answer]) -> Select[*tuple[Any, ...]]:
    title: list[Any] = [Thread.title] if post is Thread else []
    shown = (post.visibility == Visibility.PUBLISHED, post.withheld.is_(False))
    return select(post.id, post.text, *title).where(post.id.in_(bindparam("ids", expanding=True)), *shown)


def _answers(session: Session, answer_ids: Sequence[int]) -> list[dict[str, object]]:
    return [
        {"rowid": document_id(PostRef(PostKind.ANSWER, row.id)), "title": "", "body": row.text, "tags": ""}
        for row in _texts(session, None, Answer, ids=answer_ids)
    ]
