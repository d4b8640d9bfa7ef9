"""What the vote control of a post shows, for a page full of posts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.posts import PostKind, PostRef
from forum.prepared import Own, among, prepared_for
from forum.threads.models import Answer
from forum.threads.queries import facts_of
from forum.votes.actions import QUESTION_DOWN, VOTED
from forum.votes.models import Vote


class VoteControl(NamedTuple):
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
    question_down = QUESTION_DOWN.of(session)
    return {
        ref: VoteControl(
            ref=ref,
            score=facts.score,
            mine=mine.get(ref, 0),
            open=facts.open and (actor is None or facts.author_id != actor.id),
            down=ref.kind is PostKind.ANSWER or question_down,
        )
        for ref, facts in facts_of(session, [ref for ref in refs if ref.kind in VOTED]).items()
    }


def stake(reader: Actor) -> ColumnElement[bool]:
    """They voted on a post of the thread."""
    thread_id: Any = bindparam("thread_id")
    voted = Vote.account_id == reader.id
    on_thread = and_(Vote.post_kind == PostKind.THREAD, Vote.post_id == thread_id)
    # By the answers: joined, SQLite would go through all votes of the reader.
    answers = select(Answer.id).where(Answer.thread_id == thread_id)
    on_answer = and_(Vote.post_kind == PostKind.ANSWER, Vote.post_id.in_(answers))
    return or_(exists().where(voted, on_thread), exists().where(voted, on_answer))


def control_after(session: Session, ref: PostRef, score: int, value: int) -> VoteControl:
    """The control of a post on which somebody has just voted, and so may."""
    down = ref.kind is PostKind.ANSWER or QUESTION_DOWN.of(session)
    return VoteControl(ref=ref, score=score, mine=value, open=True, down=down)


def my_votes(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> dict[PostRef, int]:
    if actor is None:
        return {}
    rows = _my_votes(session, actor, **{kind: [ref.id for ref in refs if ref.kind is kind] for kind in VOTED})
    return {PostRef(row.post_kind, row.post_id): row.value for row in rows}


@prepared_for(votes=Own("thread", "answer"))
def _my_votes(reader: Actor) -> Select[*tuple[Any, ...]]:
    of_posts = or_(*(and_(Vote.post_kind == kind, among(Vote.post_id, kind.value)) for kind in VOTED))
    return select(Vote.post_kind, Vote.post_id, Vote.value).where(Vote.account_id == reader.id, of_posts)
