"""What the vote control of a post shows, for a page full of posts at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.options import option
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.models import Answer, Thread
from forum.votes.actions import QUESTION_DOWN
from forum.votes.models import Vote


@dataclass(frozen=True, slots=True)
class VoteControl:
    """A score, and whether this reader may try to change it; `mine` is their live vote."""

    ref: PostRef
    score: int
    mine: int
    open: bool
    down: bool

    @property
    def key(self) -> str:
        """Names the post on its page: "answer-5"."""
        return f"{self.ref.kind}-{self.ref.id}"


def controls(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, VoteControl]:
    """The control of each post. Signed-out readers are offered it too: it leads them to sign in, and back."""
    mine = my_votes(session, actor, refs)
    question_down = option(session, QUESTION_DOWN, default=False)
    found: dict[PostRef, VoteControl] = {}
    for kind, posts in ((PostKind.THREAD, _threads), (PostKind.ANSWER, _answers)):
        ids = _ids(refs, kind)
        for row in session.execute(posts(ids)) if ids else ():
            ref = PostRef(kind, row.id)
            found[ref] = VoteControl(
                ref=ref,
                score=row.score,
                mine=mine.get(ref, 0),
                open=row.open and (actor is None or row.author_id != actor.id),
                down=kind is PostKind.ANSWER or question_down,
            )
    return found


def my_votes(session: Session, actor: Actor | None, refs: Iterable[PostRef]) -> dict[PostRef, int]:
    if actor is None:
        return {}
    found: dict[PostRef, int] = {}
    for kind in (PostKind.THREAD, PostKind.ANSWER):
        if ids := _ids(refs, kind):
            rows = session.execute(
                select(Vote.post_id, Vote.value).where(
                    Vote.account_id == actor.id, Vote.post_kind == kind, Vote.post_id.in_(ids)
                )
            )
            found |= {PostRef(kind, post_id): value for post_id, value in rows}
    return found


def _ids(refs: Iterable[PostRef], kind: PostKind) -> list[int]:
    return [ref.id for ref in refs if ref.kind is kind]


def _threads(ids: list[int]) -> Select[int, int, int, bool]:
    return select(Thread.id, Thread.score, Thread.author_id, _open().label("open")).where(Thread.id.in_(ids))


def _answers(ids: list[int]) -> Select[int, int, int, bool]:
    is_open = and_(Answer.visibility.in_(SHOWN), _open())
    return (
        select(Answer.id, Answer.score, Answer.author_id, is_open.label("open"))
        .join(Thread, Thread.id == Answer.thread_id)
        .where(Answer.id.in_(ids))
    )


def _open() -> ColumnElement[bool]:
    """Whether what stands in a thread can be voted on: the thread is shown, and not locked."""
    return and_(Thread.visibility.in_(SHOWN), or_(Thread.locked_at.is_(None), Thread.locked_until <= now()))
