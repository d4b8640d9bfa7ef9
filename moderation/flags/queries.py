"""What flags put on other people's pages: entries of a post's menu, notices above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.models import POSTS
from moderation.flags.models import Flag, FlagState
from moderation.reviews.choices import AGAINST_AUTHOR
from moderation.reviews.models import OPEN, WAITING, Review, ReviewDecision, ReviewKind, ReviewState


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """`flagged` is the state of the reader's own flag, None without one."""

    ref: PostRef
    flagged: FlagState | None

    @property
    def key(self) -> str:
        return f"{self.ref.kind}-{self.ref.id}"


@dataclass(frozen=True, slots=True)
class PostNotice:
    """What stands above a post: for its author why it is not shown, for moderators that it waits for them.

    `story` is "flags", "held", "rejected", "removed", "appealed" or "upheld"; for moderators "review".
    """

    story: str
    review_id: int


def my_flag(session: Session, actor: Actor, ref: PostRef) -> Flag | None:
    return session.scalars(
        select(Flag).where(Flag.account_id == actor.id, Flag.post_kind == ref.kind, Flag.post_id == ref.id)
    ).one_or_none()


def menu_entries(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, MenuEntry]:
    """For each post that the reader may flag, whether they have."""
    if actor is None or not (actor.can(Privilege.FLAG) or actor.can(Privilege.FLAG_PRIVATE)):
        return {}
    mine = {
        flag.post: flag.state
        for flag in session.scalars(select(Flag).where(Flag.account_id == actor.id, _among(Flag, refs)))
    }
    found: dict[PostRef, MenuEntry] = {}
    for kind, ids in _by_kind(refs).items():
        model = POSTS[kind]
        others = select(model.id).where(model.id.in_(ids), model.author_id != actor.id, model.visibility.in_(SHOWN))
        for post_id in session.scalars(others):
            ref = PostRef(kind, post_id)
            state = mine.get(ref)
            found[ref] = MenuEntry(ref, None if state is FlagState.RETRACTED else state)
    return found


def notices(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, PostNotice]:
    """For the author of a post why it is not shown; for moderators, that it waits to be looked at."""
    if actor is None:
        return {}
    concerned = Review.author_id == actor.id
    if actor.can(Privilege.MODERATE):
        concerned = or_(concerned, Review.state.in_(WAITING))
    reviews = session.scalars(select(Review).where(_among(Review, refs), concerned)).all()
    last: dict[int, ReviewDecision] = {
        row.review_id: row
        for row in session.scalars(
            select(ReviewDecision)
            .where(ReviewDecision.review_id.in_([review.id for review in reviews]), ReviewDecision.undone_at.is_(None))
            .order_by(ReviewDecision.id)
        )
    }
    found: dict[PostRef, PostNotice] = {}
    for review in reviews:
        own = review.author_id == actor.id
        story = _story(review, last.get(review.id)) if own else "review"
        if story:
            found[review.post] = PostNotice(story, review.id)
    return found


def _story(review: Review, decision: ReviewDecision | None) -> str:
    if review.state in OPEN:
        if review.hidden_from is not None:
            return "flags"
        return "held" if review.kind is ReviewKind.APPROVAL else ""
    if decision is None or decision.decision not in AGAINST_AUTHOR:
        return ""
    if review.state is ReviewState.APPEALED:
        return "appealed"
    if review.state is ReviewState.UPHELD:
        return "upheld"
    return decision.decision.value if review.state is ReviewState.DECIDED else ""


def _by_kind(refs: Sequence[PostRef]) -> dict[PostKind, list[int]]:
    kinds: dict[PostKind, list[int]] = {}
    for ref in refs:
        kinds.setdefault(ref.kind, []).append(ref.id)
    return kinds


def _among(model: type[Flag] | type[Review], refs: Sequence[PostRef]) -> Any:
    return or_(*(and_(model.post_kind == kind, model.post_id.in_(ids)) for kind, ids in _by_kind(refs).items()))
