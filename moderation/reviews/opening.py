"""A review's beginnings: opened by the first flag or held post, reopened by the next, closed when nothing is left."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.clock import now
from forum.posts import PostRef
from forum.threads.models import Post, Thread
from moderation.flags.models import Flag, FlagState
from moderation.reviews.models import OPEN, Review, ReviewKind, ReviewState


def open_review(session: Session, ref: PostRef, post: Post, kind: ReviewKind) -> Review:
    """The post's one review, open; the caller holds the post's thread, so there cannot be two."""
    review = find_review(session, ref)
    if review is None:
        review = Review(
            kind=kind,
            post_kind=ref.kind,
            post_id=ref.id,
            thread_id=post.id if isinstance(post, Thread) else post.thread_id,
            author_id=post.author_id,
            opened_at=now(),
        )
        session.add(review)
        session.flush()
    elif review.state not in (*OPEN, ReviewState.APPEALED):
        review.kind, review.opened_at = kind, now()
        reopen(review)
    return review


def reopen(review: Review) -> None:
    review.state = ReviewState.PENDING
    review.claimed_by_id = review.claimed_until = review.decided_at = None
    review.version += 1


def find_review(session: Session, ref: PostRef) -> Review | None:
    return session.scalars(
        select(Review)
        .where(Review.post_kind == ref.kind, Review.post_id == ref.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def pending_flags(session: Session, review_id: int) -> list[Flag]:
    return list(
        session.scalars(
            select(Flag).where(Flag.review_id == review_id, Flag.state == FlagState.PENDING).order_by(Flag.id)
        )
    )


def weigh_again(session: Session, review: Review) -> list[Flag]:
    """Let the review weigh what its pending flags weigh, and answer with them."""
    session.flush()
    flags = pending_flags(session, review.id)
    review.weight = round(sum(flag.weight for flag in flags), 2)
    return flags
