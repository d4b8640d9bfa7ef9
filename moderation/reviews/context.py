"""One review with everything a decision needs, on one screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.events.moderation import Decision, FlagReason
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.models import POSTS
from forum.threads.queries import Person, PostRow, find_posts, people
from moderation.flags.models import Flag, FlagState
from moderation.flags.weights import Record, records
from moderation.reviews.appealing import judges, last_decision
from moderation.reviews.choices import AGAINST_AUTHOR
from moderation.reviews.claims import is_claimed
from moderation.reviews.models import OPEN, Appeal, Review, ReviewDecision, ReviewState
from moderation.sanctions.queries import SanctionRow, sanctions_of

HISTORY = 10


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
class DecisionRow:
    """A decision as the record tells it; `title` names the post's thread where it is not this review's."""

    id: int
    review_id: int
    decision: Decision
    grounds: FlagReason | None
    by: Person | None
    message: str
    note: str
    created_at: datetime
    undone_at: datetime | None
    undone_by: Person | None
    batch_id: int | None
    appeal: AppealRow | None


@dataclass(frozen=True, slots=True)
class AppealRow:
    id: int
    reason: str
    created_at: datetime
    upheld: bool | None
    decided_at: datetime | None
    decided_by: Person | None
    message: str
    by_the_first: bool


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """What is known of a post's author."""

    person: Person | None
    account_id: int
    joined_at: datetime
    posts: int
    removed: int
    decisions: tuple[DecisionRow, ...]
    sanctions: tuple[SanctionRow, ...]


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

    @property
    def last(self) -> DecisionRow | None:
        """The decision that stands."""
        return next((row for row in self.decisions if row.undone_at is None), None)

    @property
    def acted(self) -> DecisionRow | None:
        """The latest act, standing or taken back."""
        return self.decisions[0] if self.decisions else None


def review_page(session: Session, actor: Actor, review_id: int) -> ReviewPage:
    """Everything about one review.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    review = session.scalars(select(Review).where(Review.id == review_id, Review.visible_to(actor))).one_or_none()
    if review is None:
        raise NotFound(_("There is no such review."))
    thread = PostRef(PostKind.THREAD, review.thread_id)
    posts = find_posts(session, actor, {review.post, thread})
    decisions, statements = _record(session, [review.id])
    standing = last_decision(session, review.id)
    claimed = is_claimed(review)
    return ReviewPage(
        review=review,
        post=posts.get(review.post),
        parent=posts.get(thread) if review.post != thread else None,
        author=author_row(session, review.author_id, but_not=review.id),
        flags=_flags(session, review.id),
        decisions=decisions.get(review.id, ()),
        statements=statements.get(review.id, ()),
        claimed_by=people(session, [review.claimed_by_id]).get(review.claimed_by_id or 0) if claimed else None,
        mine=claimed and review.claimed_by_id == actor.id,
        own=review.author_id == actor.id,
        open=review.state in OPEN,
        may_undo=standing.id
        if standing is not None and review.author_id != actor.id and review.state in (*OPEN, ReviewState.DECIDED)
        else None,
        may_judge=review.state is ReviewState.APPEALED
        and standing is not None
        and actor.id in judges(session, review, standing),
    )


def author_row(session: Session, account_id: int, *, but_not: int = 0) -> AuthorRow:
    """A person's history, for moderators: what they posted, what was decided about it, sanctions."""
    account = session.get_one(Account, account_id)
    posts = removed = 0
    for model in POSTS.values():
        shown = func.count().filter(model.visibility.in_(SHOWN))
        total, visible = session.execute(
            select(func.count(), shown).select_from(model).where(model.author_id == account_id)
        ).one()
        posts, removed = posts + total, removed + total - visible
    ids = session.scalars(
        select(Review.id)
        .join(ReviewDecision, ReviewDecision.review_id == Review.id)
        .where(Review.author_id == account_id, Review.id != but_not)
        .group_by(Review.id)
        .order_by(func.max(ReviewDecision.id).desc())
        .limit(HISTORY)
    ).all()
    decisions, _statements = _record(session, list(ids))
    latest = sorted((row for rows in decisions.values() for row in rows), key=lambda row: -row.id)
    return AuthorRow(
        person=people(session, [account_id]).get(account_id),
        account_id=account_id,
        joined_at=account.created_at,
        posts=posts,
        removed=removed,
        decisions=tuple(latest[:HISTORY]),
        sanctions=sanctions_of(session, account_id, limit=HISTORY),
    )


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What an author reads of a decision about their post: never who flagged, nor who decided."""

    review_id: int
    post: PostRow | None
    title: str
    state: ReviewState
    hidden_by_flags: bool
    decision: Decision | None
    grounds: FlagReason | None
    message: str
    decided_at: datetime | None
    appeal: AppealRow | None
    may_appeal: bool


def own_page(session: Session, actor: Actor, review_id: int) -> OwnPage:
    """The author's own view of a review.

    Raises:
        NotFound: there is none, or it is about somebody else's post.
    """
    review = session.scalars(select(Review).where(Review.id == review_id, Review.author_id == actor.id)).one_or_none()
    if review is None:
        raise NotFound(_("There is no such decision."))
    decisions, statements = _record(session, [review.id])
    rows = decisions.get(review.id, ())
    overturned = review.state is ReviewState.OVERTURNED
    last = next((row for row in rows if row.undone_at is None or overturned), None)
    by_flags = review.state in OPEN and review.hidden_from is not None
    standing = None if review.state in OPEN else last
    if standing is None and not by_flags and review.kind != "approval":
        raise NotFound(_("There is no such decision."))
    said = next((row for row in statements.get(review.id, ()) if row.decided_at is None), None)
    appeal = said if by_flags else standing.appeal if standing else None
    may = by_flags or (review.state is ReviewState.DECIDED and last is not None and last.decision in AGAINST_AUTHOR)
    posts = find_posts(session, actor, [review.post, PostRef(PostKind.THREAD, review.thread_id)])
    post = posts.get(review.post)
    about = post or posts.get(PostRef(PostKind.THREAD, review.thread_id))
    return OwnPage(
        review_id=review.id,
        post=post,
        title=about.title if about else _("a thread that is no longer shown"),
        state=review.state,
        hidden_by_flags=by_flags,
        decision=standing.decision if standing else None,
        grounds=standing.grounds if standing else None,
        message=standing.message if standing else "",
        decided_at=standing.created_at if standing else None,
        appeal=appeal,
        may_appeal=may and appeal is None,
    )


def _flags(session: Session, review_id: int) -> tuple[FlagRow, ...]:
    flags = session.scalars(
        select(Flag).where(Flag.review_id == review_id, Flag.state != FlagState.RETRACTED).order_by(Flag.id.desc())
    ).all()
    ids = [flag.account_id for flag in flags]
    known, accuracy = people(session, ids), records(session, ids)
    return tuple(
        FlagRow(
            flagger=known.get(flag.account_id),
            record=accuracy.get(flag.account_id, Record()),
            reason=flag.reason,
            note=flag.note,
            weight=flag.weight,
            state=flag.state,
            created_at=flag.created_at,
        )
        for flag in flags
    )


def _record(
    session: Session, review_ids: list[int]
) -> tuple[dict[int, tuple[DecisionRow, ...]], dict[int, tuple[AppealRow, ...]]]:
    """The decisions of several reviews, newest first, and what authors said before there was one."""
    rows = session.scalars(
        select(ReviewDecision).where(ReviewDecision.review_id.in_(review_ids)).order_by(ReviewDecision.id.desc())
    ).all()
    appeals = session.scalars(select(Appeal).where(Appeal.review_id.in_(review_ids)).order_by(Appeal.id)).all()
    known = people(
        session,
        [account_id for row in rows for account_id in (row.actor_id, row.undone_by_id)]
        + [appeal.decided_by_id for appeal in appeals],
    )
    told = {appeal.decision_id: _appeal(appeal, known) for appeal in appeals if appeal.decision_id is not None}
    decisions: dict[int, tuple[DecisionRow, ...]] = {}
    for row in rows:
        decisions[row.review_id] = (*decisions.get(row.review_id, ()), _decision(row, told.get(row.id), known))
    statements: dict[int, tuple[AppealRow, ...]] = {}
    for appeal in appeals:
        if appeal.decision_id is None:
            statements[appeal.review_id] = (*statements.get(appeal.review_id, ()), _appeal(appeal, known))
    return decisions, statements


def _decision(row: ReviewDecision, appeal: AppealRow | None, known: dict[int, Person | None]) -> DecisionRow:
    return DecisionRow(
        id=row.id,
        review_id=row.review_id,
        decision=row.decision,
        grounds=row.grounds,
        by=known.get(row.actor_id),
        message=row.message,
        note=row.note,
        created_at=row.created_at,
        undone_at=row.undone_at,
        undone_by=known.get(row.undone_by_id or 0),
        batch_id=row.batch_id,
        appeal=appeal,
    )


def _appeal(row: Appeal, known: dict[int, Person | None]) -> AppealRow:
    return AppealRow(
        id=row.id,
        reason=row.reason,
        created_at=row.created_at,
        upheld=row.upheld,
        decided_at=row.decided_at,
        decided_by=known.get(row.decided_by_id or 0),
        message=row.message,
        by_the_first=row.by_the_first,
    )
