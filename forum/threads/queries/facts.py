"""What the packages that fill a page's places ask of its posts, and the page has mostly read already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.db import read_once
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.threads.models import POSTS, Answer, Thread
from forum.threads.queries.rows import Article, PostFacts, is_locked


def facts_of(session: Session, refs: Iterable[PostRef]) -> dict[PostRef, PostFacts]:
    """Of each post that there is, whoever asks; one query a kind for what this reading has not come upon yet."""
    noted, found = _noted(session), {}
    missing: dict[PostKind, list[int]] = {}
    for ref in refs:
        if (known := noted.get(ref)) is not None:
            found[ref] = known
        else:
            missing.setdefault(ref.kind, []).append(ref.id)
    for kind, ids in missing.items():
        found |= _read(session, kind, ids)
    return found


def note_facts(session: Session, articles: Iterable[Article]) -> None:
    """Remember what was read, to the end of a reading; where something may be written, it is read again."""
    noted = _noted(session)
    for article in articles:
        noted[article.ref] = article.facts
        for remark in article.comments:
            noted[remark.ref] = remark.facts


def _noted(session: Session) -> dict[PostRef, PostFacts]:
    return read_once(session, "post facts", dict)


def _read(session: Session, kind: PostKind, ids: list[int]) -> dict[PostRef, PostFacts]:
    post: Any = POSTS[kind]
    own: list[Any] = [post.id, post.author_id, post.visibility]
    own += [] if kind is PostKind.COMMENT else [post.score]
    own += [Answer.from_staff] if kind is PostKind.ANSWER else []
    thread_id = Thread.id if kind is PostKind.THREAD else post.thread_id
    of_thread = (Thread.visibility.label("thread_visibility"), Thread.locked_at, Thread.locked_until)
    query = select(*own, *of_thread).where(post.id.in_(ids), Thread.id == thread_id)
    return {
        PostRef(kind, row.id): facts(kind, row, row.thread_visibility, locked=is_locked(row))
        for row in session.execute(query)
    }


def facts(kind: PostKind, post: Any, around: Visibility, *, locked: bool) -> PostFacts:
    """From any row with a post's columns, in a thread of this visibility."""
    return PostFacts(
        author_id=post.author_id,
        shown=post.visibility in SHOWN,
        score=0 if kind is PostKind.COMMENT else post.score,
        from_staff=kind is PostKind.ANSWER and post.from_staff,
        open=post.visibility in SHOWN and around in SHOWN and not locked,
    )
