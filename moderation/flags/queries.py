"""What flags put on other people's pages: entries of a post's menu, notices above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.db import read_once
from forum.events.moderation import Decision
from forum.posts import PostKind, PostRef
from forum.prepared import Own, among, prepared, prepared_for
from forum.threads.queries import facts_of
from moderation.flags.models import Flag, FlagState
from moderation.reviews.choices import AGAINST_AUTHOR
from moderation.reviews.models import OPEN, WAITING, Review, ReviewDecision, ReviewKind, ReviewState


class MenuEntry(NamedTuple):
    """`flagged` is the state of the reader's own flag, None without one."""

    ref: PostRef
    flagged: FlagState | None

    @property
    def key(self) -> str:
        return f"{self.ref.kind}-{self.ref.id}"


class PostNotice(NamedTuple):
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
    mine = {_post(row): row.flagged for row in _concerning(session, actor, refs)}
    found: dict[PostRef, MenuEntry] = {}
    for ref, facts in facts_of(session, refs).items():
        if facts.shown and facts.author_id != actor.id:
            state = mine.get(ref)
            found[ref] = MenuEntry(ref, None if state is FlagState.RETRACTED else state)
    return found


def notices(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, PostNotice]:
    """For the author of a post why it is not shown; for moderators, that it waits to be looked at."""
    if actor is None:
        return {}
    reviews = _concerning(session, actor, refs)
    own = [review.id for review in reviews if review.author_id == actor.id and review.state not in OPEN]
    last = {row.review_id: row.decision for row in (_decisions(session, actor, review_ids=own) if own else ())}
    found: dict[PostRef, PostNotice] = {}
    for review in reviews:
        story = ""
        if review.author_id == actor.id:
            story = _story(review, last.get(review.id))
        elif review.state in WAITING and actor.can(Privilege.MODERATE):
            story = "review"
        if story:
            found[_post(review)] = PostNotice(story, review.id)
    return found


def stake(reader: Actor) -> ColumnElement[bool]:
    """A review of the thread is about what they wrote or flagged."""
    flagged = exists().where(Flag.review_id == Review.id, Flag.account_id == reader.id)
    return exists().where(Review.thread_id == bindparam("thread_id"), or_(Review.author_id == reader.id, flagged))


def _concerning(session: Session, actor: Actor, refs: Sequence[PostRef]) -> Sequence[Row[Any]]:
    """The reviews of posts that the reader wrote, flagged or should look at, with the state of their own flag."""
    ids = {kind.value: [ref.id for ref in refs if ref.kind is kind] for kind in PostKind}
    return read_once(session, ("reviews", *refs), lambda: _reviews(session, actor, **ids).all())


@prepared_for(reviews=Own(), flags=Own())
def _reviews(reader: Actor) -> Select[*tuple[Any, ...]]:
    own_flag = and_(Flag.review_id == Review.id, Flag.account_id == reader.id)
    concerned = or_(Review.author_id == reader.id, Flag.id.is_not(None))
    if reader.can(Privilege.MODERATE):
        concerned = or_(concerned, Review.state.in_(WAITING))
    of_posts = (and_(Review.post_kind == kind, among(Review.post_id, kind.value)) for kind in PostKind)
    columns = (Review.id, Review.kind, Review.state, Review.post_kind, Review.post_id, Review.author_id)
    query = select(*columns, Review.hidden_from, Flag.state.label("flagged"))
    return query.outerjoin(Flag, own_flag).where(or_(*of_posts), concerned)


@prepared
def _decisions(_reader: Actor) -> Select[*tuple[Any, ...]]:
    """What was decided about reviews and stands, the last word last."""
    query = select(ReviewDecision.review_id, ReviewDecision.decision)
    which = among(ReviewDecision.review_id, "review_ids")
    return query.where(which, ReviewDecision.undone_at.is_(None)).order_by(ReviewDecision.id)


def _post(row: Row[Any]) -> PostRef:
    return PostRef(row.post_kind, row.post_id)


def _story(review: Row[Any], decision: Decision | None) -> str:
    if review.state in OPEN:
        if review.hidden_from is not None:
            return "flags"
        return "held" if review.kind is ReviewKind.APPROVAL else ""
    if decision not in AGAINST_AUTHOR:
        return ""
    if review.state is ReviewState.APPEALED:
        return "appealed"
    if review.state is ReviewState.UPHELD:
        return "upheld"
    return decision.value if review.state is ReviewState.DECIDED else ""
