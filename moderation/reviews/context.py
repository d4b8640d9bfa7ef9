"""One review with everything a decision needs, on one screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import NotFound
from forum.events.moderation import FlagReason
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads.queries import Person, PostRow, find_posts, people
from moderation.flags.models import Flag, FlagState
from moderation.flags.weights import Record, records
from moderation.reviews.appealing import judges, last_decision
from moderation.reviews.claims import is_claimed
from moderation.reviews.history import AuthorRow, author_row
from moderation.reviews.models import OPEN, Review, ReviewState
from moderation.reviews.record import AppealRow, DecisionRow, record


@dataclass(frozen=True, slots=True)
class FlagRow:
    flagger: Person | None
    record: Record
    reason: FlagReason
    note: str
    weight: float
    state: FlagState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewPage:
    review: Review
    post: PostRow | None
    parent: PostRow | None
    author: AuthorRow
    flags: tuple[FlagRow, ...]
    decisions: tuple[DecisionRow, ...]
    statements: tuple[AppealRow, ...]
    claimed_by: Person | None
    mine: bool
    own: bool
    open: bool
    may_undo: int | None
    may_judge: bool
    judges: tuple[Person, ...]

    @property
    def pending(self) -> bool:
        """Whether flags wait for a decision."""
        return any(flag.state is FlagState.PENDING for flag in self.flags)

    @property
    def last(self) -> DecisionRow | None:
        """The decision that stands."""
        return next((row for row in self.decisions if row.undone_at is None), None)

    @property
    def acted(self) -> DecisionRow | None:
        """The latest act, standing or taken back."""
        return self.decisions[0] if self.decisions else None


def visible_review(session: Session, actor: Actor, review_id: int) -> Review:
    """
    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    review = session.scalars(select(Review).where(Review.id == review_id, Review.visible_to(actor))).one_or_none()
    if review is None:
        raise NotFound(_("There is no such review."))
    return review


def review_page(session: Session, actor: Actor, review_id: int) -> ReviewPage:
    """Everything about one review.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    review = visible_review(session, actor, review_id)
    thread = PostRef(PostKind.THREAD, review.thread_id)
    posts = find_posts(session, actor, {review.post, thread})
    decisions, statements = record(session, [review.id])
    standing = last_decision(session, review.id)
    claimed = is_claimed(review)
    appealed = standing if review.state is ReviewState.APPEALED else None
    allowed = sorted(judges(session, review, appealed)) if appealed is not None else []
    known = people(session, allowed)
    return ReviewPage(
        review=review,
        post=posts.get(review.post),
        parent=posts.get(thread) if review.post != thread else None,
        author=author_row(session, review.author_id, but_not=review.id),
        flags=flag_rows(session, [review.id]).get(review.id, ()),
        decisions=decisions.get(review.id, ()),
        statements=statements.get(review.id, ()),
        claimed_by=people(session, [review.claimed_by_id]).get(review.claimed_by_id or 0) if claimed else None,
        mine=claimed and review.claimed_by_id == actor.id,
        own=review.author_id == actor.id,
        open=review.state in OPEN,
        may_undo=standing.id
        if standing is not None and review.author_id != actor.id and review.state in (*OPEN, ReviewState.DECIDED)
        else None,
        may_judge=actor.id in allowed,
        judges=tuple(person for one in allowed if (person := known.get(one)) is not None),
    )


def flag_rows(session: Session, review_ids: list[int]) -> dict[int, tuple[FlagRow, ...]]:
    """The flags of each review, the newest first."""
    flags = session.scalars(
        select(Flag).where(Flag.review_id.in_(review_ids), Flag.state != FlagState.RETRACTED).order_by(Flag.id.desc())
    ).all()
    ids = [flag.account_id for flag in flags]
    known, accuracy = people(session, ids), records(session, ids)
    found: dict[int, tuple[FlagRow, ...]] = {}
    for flag in flags:
        row = FlagRow(
            flagger=known.get(flag.account_id),
            record=accuracy.get(flag.account_id, Record()),
            reason=flag.reason,
            note=flag.note,
            weight=flag.weight,
            state=flag.state,
            created_at=flag.created_at,
        )
        found[flag.review_id] = (*found.get(flag.review_id, ()), row)
    return found
