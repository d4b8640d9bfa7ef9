"""Reviews as the API shows them: whole, and in a fixed number of queries however many."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor
from forum.threads.queries import Person, PostRow, find_posts, people
from forum.web.api.shapes import author
from moderation.reviews.api.shapes import AppealOut, DecisionOut, FlagRowOut, OwnReviewOut, ReviewOut, Target
from moderation.reviews.claims import is_claimed
from moderation.reviews.context import FlagRow, flag_rows, visible_review
from moderation.reviews.models import Review, ReviewState
from moderation.reviews.own import own_page
from moderation.reviews.record import AppealRow, DecisionRow, record

People = dict[int, Person | None]


def review_document(request: Request, session: Session, actor: Actor, review_id: int) -> ReviewOut:
    """
    Raises:
        NotFound: there is no such review, or none that the actor may see.
    """
    return review_documents(request, session, actor, [visible_review(session, actor, review_id)])[0]


def review_documents(request: Request, session: Session, actor: Actor, reviews: Sequence[Review]) -> list[ReviewOut]:
    ids = [review.id for review in reviews]
    posts = find_posts(session, actor, [review.post for review in reviews])
    flags, (decisions, _statements) = flag_rows(session, ids), record(session, ids)
    who = people(session, [one for review in reviews for one in (review.author_id, review.claimed_by_id)])
    return [
        ReviewOut(
            id=review.id,
            version=review.version,
            kind=review.kind,
            state=_state(review),
            target=_target(request, review, posts.get(review.post), who),
            flags=[_flag(row) for row in flags.get(review.id, ())],
            weight=review.weight,
            urgent=review.urgent,
            hidden=review.hidden_from is not None,
            claimed_by=_holder(review, who),
            claimed_until=review.claimed_until if is_claimed(review) else None,
            decisions=[_decision(row) for row in decisions.get(review.id, ())],
            opened_at=review.opened_at,
            decided_at=review.decided_at,
        )
        for review in reviews
    ]


def own_document(request: Request, session: Session, actor: Actor, review_id: int) -> OwnReviewOut:
    """The author's own view.

    Raises:
        NotFound: there is none, or it is about somebody else's post.
    """
    page = own_page(session, actor, review_id)
    review = session.get_one(Review, review_id)
    who = people(session, [review.author_id])
    return OwnReviewOut(
        id=page.review_id,
        state=page.state,
        target=_target(request, review, page.post, who),
        hidden=page.hidden_by_flags,
        decision=page.decision,
        grounds=page.grounds,
        message=page.message,
        decided_at=page.decided_at,
        appeal=_appeal(page.appeal),
        may_appeal=page.may_appeal,
    )


def _state(review: Review) -> ReviewState:
    """A claim that has lapsed reads as none."""
    lapsed = review.state is ReviewState.CLAIMED and not is_claimed(review)
    return ReviewState.PENDING if lapsed else review.state


def _holder(review: Review, who: People) -> str | None:
    holder = who.get(review.claimed_by_id or 0) if is_claimed(review) else None
    return holder.handle if holder else None


def _target(request: Request, review: Review, post: PostRow | None, who: People) -> Target:
    return Target(
        kind=review.post_kind,
        id=review.post_id,
        thread_id=review.thread_id,
        url=f"{request.state.site.settings.base_url}{post.path}" if post else None,
        title=post.title if post else "",
        body=post.source if post else "",
        author=author(who.get(review.author_id)),
        visibility=post.visibility if post else None,
    )


def _flag(row: FlagRow) -> FlagRowOut:
    return FlagRowOut(
        reason=row.reason,
        note=row.note,
        author=author(row.flagger),
        weight=row.weight,
        state=row.state,
        created_at=row.created_at,
    )


def _decision(row: DecisionRow) -> DecisionOut:
    return DecisionOut(
        decision=row.decision,
        grounds=row.grounds,
        message=row.message,
        note=row.note,
        by=author(row.by),
        created_at=row.created_at,
        undone_at=row.undone_at,
        appeal=_appeal(row.appeal),
    )


def _appeal(row: AppealRow | None) -> AppealOut | None:
    if row is None:
        return None
    return AppealOut(
        reason=row.reason,
        upheld=row.upheld,
        message=row.message,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
