"""Posts as subjects of replies."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.posts import PostKind, PostRef
from forum.threads import queries
from forum.web.api.subjects import Subjects, number


def register(subjects: Subjects) -> None:
    for noun, kind in (("threads", PostKind.THREAD), ("answers", PostKind.ANSWER), ("comments", PostKind.COMMENT)):
        subjects.register(noun, partial(_threads_of_post, kind))


def _threads_of_post(kind: PostKind, session: Session, actor: Actor, key: str) -> set[int]:
    return {queries.find_post(session, actor, PostRef(kind, number(key))).thread_id}
