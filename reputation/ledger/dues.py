"""What the ledger ought to hold, read off the votes and acceptances themselves.

A post earns by its own visibility alone: while it is shown, each vote on it and its
acceptance have one live award; while it is not, none has. So hiding an answer takes back
what votes on it moved and what its acceptance paid, also to the asker; hiding a question
leaves its answerers what they earned. An answer given for the company earns nothing, and
nobody earns by accepting what they wrote, nor by a moderator's accepting the asker's own.
What an import brought was earned elsewhere: its votes are no rows here, and an acceptance
that came with it has nobody who chose it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from forum.events.votes import VoteCast
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.models import Answer, Thread
from forum.votes.models import Vote
from reputation.ledger.models import Rule


@dataclass(frozen=True, slots=True)
class Cause:
    """What points were moved for, such as one answer."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Due:
    """An award that should live. `cause` is shown to people, `key` names it once and for all."""

    account_id: int
    rule: Rule
    cause: Cause
    actor_id: int | None
    voter_id: int | None = None

    @property
    def key(self) -> str:
        return key(self.rule, self.cause, self.voter_id)


def key(rule: Rule, cause: Cause, voter_id: int | None = None) -> str:
    name = f"{rule.value}:{cause.kind}:{cause.id}"
    return name if voter_id is None else f"{name}:{voter_id}"


def of_vote(vote: VoteCast) -> list[Due]:
    """What a vote is due that was just cast."""
    voted = [(vote.post.id, vote.actor_id, vote.value, vote.author_id, not vote.from_staff)] if vote.value else []
    return list(_due_to_votes(vote.post.kind, voted))


def of_votes(session: Session, ref: PostRef) -> list[Due]:
    """What the live votes on a post are due."""
    return list(_due_to_votes(ref.kind, session.execute(_votes(ref.kind, Vote.post_id == ref.id))))


def of_acceptance(session: Session, answer_ids: Iterable[int]) -> list[Due]:
    """What those of these answers that are accepted are due."""
    return list(_of_acceptance(session, Answer.id.in_(list(answer_ids))))


def of_range(session: Session, kind: PostKind, first: int, last: int) -> Iterator[Due]:
    """Everything that posts of a kind are due, ids from `first` to `last`."""
    yield from _due_to_votes(kind, session.execute(_votes(kind, Vote.post_id.between(first, last))))
    if kind is PostKind.ANSWER:
        yield from _of_acceptance(session, Answer.id.between(first, last))


def of_posts(session: Session, kind: PostKind, post_ids: Collection[int]) -> Iterator[Due]:
    """Everything that these posts of a kind are due."""
    yield from _due_to_votes(kind, session.execute(_votes(kind, Vote.post_id.in_(post_ids))))
    if kind is PostKind.ANSWER:
        yield from _of_acceptance(session, Answer.id.in_(post_ids))


def _votes(kind: PostKind, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    post = Thread if kind is PostKind.THREAD else Answer
    return (
        select(Vote.post_id, Vote.account_id, Vote.value, post.author_id, _earns(kind))
        .join(post, post.id == Vote.post_id)
        .where(Vote.post_kind == kind, which, post.visibility.in_(SHOWN))
    )


def _due_to_votes(kind: PostKind, rows: Iterable[Any]) -> Iterator[Due]:
    up, down = (Rule.QUESTION_UP, Rule.QUESTION_DOWN) if kind is PostKind.THREAD else (Rule.ANSWER_UP, Rule.ANSWER_DOWN)
    for post_id, voter_id, value, author_id, earns in rows:
        cause = Cause(kind.value, post_id)
        if earns:
            yield Due(author_id, up if value == 1 else down, cause, voter_id, voter_id)
        if value == -1 and kind is PostKind.ANSWER:
            yield Due(voter_id, Rule.DOWN_CAST, cause, voter_id, voter_id)


def _earns(kind: PostKind) -> ColumnElement[bool]:
    return true() if kind is PostKind.THREAD else Answer.from_staff.is_(False)


def _of_acceptance(session: Session, which: ColumnElement[bool]) -> Iterator[Due]:
    rows = session.execute(
        select(Answer.id, Answer.author_id, Answer.from_staff, Thread.author_id, Thread.accepted_by_id)
        .join(Thread, Thread.accepted_answer_id == Answer.id)
        .where(which, Answer.visibility.in_(SHOWN), Thread.accepted_by_id.is_not(None))
    )
    for answer_id, author_id, from_staff, asker_id, by_id in rows:
        cause = Cause(PostKind.ANSWER.value, answer_id)
        if author_id in (asker_id, by_id):
            continue
        if not from_staff:
            yield Due(author_id, Rule.ACCEPTED, cause, by_id)
        if by_id == asker_id:
            yield Due(asker_id, Rule.ACCEPTING, cause, by_id)
