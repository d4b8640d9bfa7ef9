"""Hiding by flags alone, before anybody has decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.clock import now
from forum.events import emit
from forum.events.moderation import FlagReason, PostHiddenByFlags
from forum.posts import Visibility
from forum.threads.actions import set_visibility
from forum.threads.models import Answer, Post
from moderation.flags.models import Flag
from moderation.flags.weights import enough_to_hide
from moderation.reviews.models import OPEN, Review, ReviewState

HIDING = (FlagReason.SPAM, FlagReason.ABUSE)
YOUNG = timedelta(days=14)
FEW_POINTS = 50


def hide_if_enough(session: Session, review: Review, post: Post, flags: Iterable[Flag]) -> None:
    """Hide a newcomer's post once enough people call it spam or abuse; anybody else's goes to the top of the queue."""
    if review.hidden_from is not None or not enough_to_hide(session, [f for f in flags if f.reason in HIDING]):
        return
    review.urgent = True
    if not can_be_hidden(session, post):
        return
    review.hidden_from = post.visibility
    review.version += 1
    set_visibility(session, None, review.post, Visibility.HIDDEN)
    emit(
        session,
        PostHiddenByFlags(
            actor_id=None,
            post=review.post,
            thread_id=review.thread_id,
            author_id=review.author_id,
            review_id=review.id,
        ),
    )


def can_be_hidden(session: Session, post: Post) -> bool:
    """Only the posts of people who are new or have few points, and never those of staff."""
    author = session.get_one(Account, post.author_id)
    if author.roles or (isinstance(post, Answer) and post.from_staff):
        return False
    return author.created_at > now() - YOUNG or author.reputation < FEW_POINTS


def show_if_nothing_left(session: Session, review: Review, post: Post) -> None:
    """With its last flag taken back, a review that nobody decided closes, and what flags had hidden returns."""
    if review.state not in OPEN or review.kind != "flags":
        return
    if review.hidden_from is not None and post.visibility == Visibility.HIDDEN:
        set_visibility(session, None, review.post, review.hidden_from)
    review.state, review.hidden_from, review.urgent = ReviewState.RETRACTED, None, False
    review.claimed_by_id = review.claimed_until = None
    review.version += 1
