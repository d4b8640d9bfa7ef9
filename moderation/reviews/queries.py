"""What the queue shows: complete rows in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.clock import now
from forum.events.moderation import Decision, FlagReason
from forum.posts import PostKind, PostRef
from forum.prepared import prepared
from forum.threads.queries import Person, PostRow, facts_of, find_posts, people
from moderation.flags.models import Flag, FlagState
from moderation.reviews.models import OPEN, WAITING, Review, ReviewDecision, ReviewKind, ReviewState
from moderation.reviews.order import Place, beyond, harm, order

PAGE = 30
SHOWN_STATES = {
    "open": OPEN,
    "appealed": (ReviewState.APPEALED,),
    "decided": (ReviewState.DECIDED, ReviewState.UPHELD, ReviewState.OVERTURNED, ReviewState.RETRACTED),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """`kind` is "flags", "approval" or a post's kind; `state` one of SHOWN_STATES."""

    state: str = "open"
    kind: str = ""

    @classmethod
    def read(cls, state: str | None, kind: str | None) -> Filters:
        known = {*ReviewKind, *PostKind}
        return cls(state if state in SHOWN_STATES else "open", kind if kind and kind in known else "")


@dataclass(frozen=True, slots=True)
class QueueRow:
    id: int
    version: int
    kind: ReviewKind
    state: ReviewState
    weight: float
    urgent: bool
    hidden: bool
    opened_at: datetime
    decided_at: datetime | None
    post: PostRow | None
    ref: PostRef
    author: Person | None
    claimed_by: Person | None
    claimed_until: datetime | None
    reasons: tuple[tuple[FlagReason, int], ...]
    decision: Decision | None
    flagged: bool
    decided_by: Person | None
    own: bool


@dataclass(frozen=True, slots=True)
class Queue:
    filters: Filters
    rows: tuple[QueueRow, ...]
    counts: dict[str, int]
    kind_counts: dict[str, int]
    more: str | None


def queue(session: Session, actor: Actor, filters: Filters, *, after: Place | None = None) -> Queue:
    """The reviews of one view, with how many there are in each."""
    page, more = reviews_page(session, actor, filters, after=after)
    return Queue(
        filters=filters,
        rows=_rows(session, actor, page),
        counts=_counts(session, actor),
        kind_counts=_kind_counts(session, actor, filters),
        more=more,
    )


def reviews_page(
    session: Session, actor: Actor, filters: Filters, *, after: Place | None = None
) -> tuple[list[Review], str | None]:
    """What waits is ordered by harm, urgency, weight and age; what is decided, newest first.

    Harm is what pending flags name: private information first, since it grows by the minute,
    then spam and abuse, then everything else, however many ask for that.

    `after` is where the page before ended; it is answered with where this one does, when there is another.
    """
    wanted, decided = (
        select(Review, harm()).where(Review.visible_to(actor), *_where(filters)),
        filters.state == "decided",
    )
    if after is not None:
        wanted = wanted.where(beyond(after, decided=decided))
    found = session.execute(wanted.order_by(*order(decided=decided)).limit(PAGE + 1)).all()
    page = [review for review, _harm in found[:PAGE]]
    return page, Place.of(*found[PAGE - 1]).written if len(found) > PAGE else None


def waiting_count(session: Session, actor: Actor) -> int:
    """How many reviews wait for a moderator; what one wrote oneself is not counted, for others must decide it."""
    return int(_waiting(session, actor).scalar_one())


@prepared
def _waiting(reader: Actor) -> Select[int]:
    query = select(func.count()).select_from(Review)
    return query.where(Review.visible_to(reader), Review.state.in_(WAITING), Review.author_id != reader.id)


def moderated(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, PostRef]:
    """Of some posts, those that the reader may decide about: a moderator's, less what they wrote themselves."""
    if actor is None or not actor.can(Privilege.MODERATE):
        return {}
    return {ref: ref for ref, facts in facts_of(session, refs).items() if facts.author_id != actor.id}


def reasons_of(session: Session, review_ids: list[int], *, pending: bool) -> dict[int, Counter[FlagReason]]:
    """Why each review was flagged; only the flags that wait, when `pending`."""
    state = Flag.state == FlagState.PENDING if pending else Flag.state != FlagState.RETRACTED
    found: dict[int, Counter[FlagReason]] = {}
    for review_id, reason, count in session.execute(
        select(Flag.review_id, Flag.reason, func.count())
        .where(Flag.review_id.in_(review_ids), state)
        .group_by(Flag.review_id, Flag.reason)
    ):
        found.setdefault(review_id, Counter())[reason] = count
    return found


def _where(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Review.state.in_(SHOWN_STATES[filters.state])]
    if filters.kind in set(ReviewKind):
        conditions.append(Review.kind == ReviewKind(filters.kind))
    elif filters.kind:
        conditions.append(Review.post_kind == PostKind(filters.kind))
    return conditions


def _rows(session: Session, actor: Actor, reviews: list[Review]) -> tuple[QueueRow, ...]:
    ids = [review.id for review in reviews]
    posts = find_posts(session, actor, [review.post for review in reviews])
    waiting = reasons_of(session, ids, pending=True)
    every = reasons_of(session, ids, pending=False)
    last = _last_decisions(session, ids)
    known = people(
        session,
        [account_id for review in reviews for account_id in (review.author_id, review.claimed_by_id)]
        + [row.actor_id for row in last.values()],
    )
    return tuple(
        _row(
            review,
            posts.get(review.post),
            reasons=waiting.get(review.id) or every.get(review.id),
            decision=last.get(review.id),
            known=known,
            own=review.author_id == actor.id,
        )
        for review in reviews
    )


def _row(
    review: Review,
    post: PostRow | None,
    *,
    reasons: Counter[FlagReason] | None,
    decision: ReviewDecision | None,
    known: dict[int, Person | None],
    own: bool,
) -> QueueRow:
    claimed = review.claimed_until is not None and review.claimed_until > now()
    decision = decision if review.state not in OPEN else None
    return QueueRow(
        id=review.id,
        version=review.version,
        kind=review.kind,
        state=ReviewState.PENDING if review.state is ReviewState.CLAIMED and not claimed else review.state,
        weight=review.weight,
        urgent=review.urgent,
        hidden=review.hidden_from is not None,
        opened_at=review.opened_at,
        decided_at=review.decided_at,
        post=post,
        ref=review.post,
        author=known.get(review.author_id),
        claimed_by=known.get(review.claimed_by_id) if claimed and review.claimed_by_id else None,
        claimed_until=review.claimed_until if claimed else None,
        reasons=tuple((reasons or Counter()).most_common()),
        decision=decision.decision if decision else None,
        flagged=decision.flagged if decision else bool(reasons),
        decided_by=known.get(decision.actor_id) if decision else None,
        own=own,
    )


def _last_decisions(session: Session, review_ids: list[int]) -> dict[int, ReviewDecision]:
    rows = session.scalars(
        select(ReviewDecision)
        .where(ReviewDecision.review_id.in_(review_ids), ReviewDecision.undone_at.is_(None))
        .order_by(ReviewDecision.id)
    )
    return {row.review_id: row for row in rows}


def _counts(session: Session, actor: Actor) -> dict[str, int]:
    by_state: dict[ReviewState, int] = {}
    for state, count in session.execute(
        select(Review.state, func.count()).where(Review.visible_to(actor)).group_by(Review.state)
    ):
        by_state[state] = count
    return {name: sum(by_state.get(state, 0) for state in states) for name, states in SHOWN_STATES.items()}


def _kind_counts(session: Session, actor: Actor, filters: Filters) -> dict[str, int]:
    found: Counter[str] = Counter()
    for kind, post_kind, count in session.execute(
        select(Review.kind, Review.post_kind, func.count())
        .where(Review.visible_to(actor), Review.state.in_(SHOWN_STATES[filters.state]))
        .group_by(Review.kind, Review.post_kind)
    ):
        found[kind.value] += count
        found[post_kind.value] += count
        found[""] += count
    return dict(found)
