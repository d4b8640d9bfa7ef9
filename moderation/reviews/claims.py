"""Holding a review: who may act on it now, and who is looking at it for the next ten minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Conflict, Forbidden, NotFound
from forum.i18n import gettext as _
from forum.posts import PostRef
from forum.threads.models import Post, Thread
from moderation.posts import hold
from moderation.reviews.models import OPEN, Review, ReviewState

CLAIM = timedelta(minutes=10)


class Stale(Conflict):
    """Somebody else has acted on the review since the page was opened, or is about to."""

    def __init__(self, review_id: int) -> None:
        super().__init__(_("Somebody else was quicker."))
        self.review_id = review_id


def claim_review(session: Session, actor: Actor, review_id: int) -> Review:
    """Say that one is looking at a review, so that nobody else decides it for ten minutes; again, to go on.

    Raises:
        Stale: somebody else is looking, or has decided.
    """
    require(actor, Privilege.MODERATE)
    review = lock_review(session, review_id)
    refuse_own(actor, review)
    if review.state not in OPEN or claimed_by_another(actor, review):
        raise Stale(review_id)
    review.state, review.claimed_by_id, review.claimed_until = ReviewState.CLAIMED, actor.id, now() + CLAIM
    return review


def release_review(session: Session, actor: Actor, review_id: int) -> Review:
    """Let others have a review that one had claimed."""
    require(actor, Privilege.MODERATE)
    review = lock_review(session, review_id)
    if review.state is ReviewState.CLAIMED and review.claimed_by_id == actor.id:
        review.state, review.claimed_by_id, review.claimed_until = ReviewState.PENDING, None, None
    return review


def claimed_by_another(actor: Actor, review: Review) -> bool:
    return is_claimed(review) and review.claimed_by_id != actor.id


def is_claimed(review: Review) -> bool:
    """Whether somebody's claim stands now; it lapses by itself."""
    return review.state is ReviewState.CLAIMED and review.claimed_until is not None and review.claimed_until > now()


class Case(NamedTuple):
    """A review with what it is about, all held until commit."""

    review: Review
    thread: Thread
    post: Post


def hold_review(session: Session, actor: Actor, review_id: int) -> Case:
    """A review with its thread and post, locked in that order: thread, post, review."""
    require(actor, Privilege.MODERATE, _("Only moderators decide about posts."))
    row = session.execute(
        select(Review.post_kind, Review.post_id).where(Review.id == review_id, Review.visible_to(actor))
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such review."))
    thread, post = hold(session, PostRef(row[0], row[1]))
    return Case(lock_review(session, review_id), thread, post)


def lock_review(session: Session, review_id: int) -> Review:
    review = session.scalars(
        select(Review).where(Review.id == review_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if review is None:
        raise NotFound(_("There is no such review."))
    return review


def refuse_own(actor: Actor, about: Review | Post) -> None:
    if about.author_id == actor.id:
        raise Forbidden(_("This is about your own post: nobody decides about their own."))
