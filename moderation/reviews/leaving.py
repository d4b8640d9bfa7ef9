"""What a moderator who leaves was looking at."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.clock import now
from forum.i18n import lazy
from forum.offboarding import Duties, Duty, Leaving
from moderation.reviews.claims import CLAIM, lock_review
from moderation.reviews.models import Review, ReviewState


def install(duties: Duties) -> None:
    duties.add(Duty(lazy("Claimed reviews"), count_claims, hand_claims))


def count_claims(session: Session, account_id: int) -> int:
    claimed = (Review.claimed_by_id == account_id, Review.state == ReviewState.CLAIMED)
    return session.scalar(select(func.count()).where(*claimed)) or 0


def hand_claims(session: Session, leaving: Leaving) -> int:
    """To a successor who moderates, unless a review is about their own post; the others are free for anybody."""
    claimed = (Review.claimed_by_id == leaving.account_id, Review.state == ReviewState.CLAIMED)
    found = session.scalars(select(Review.id).where(*claimed).order_by(Review.id)).all()
    moderates = or_(Account.moderator.is_(True), Account.admin.is_(True))
    takes = session.scalar(select(Account.id).where(Account.id == leaving.to_id, moderates)) is not None
    for review_id in found:
        review = lock_review(session, review_id)
        if takes and review.author_id != leaving.to_id:
            review.claimed_by_id, review.claimed_until = leaving.to_id, now() + CLAIM
        else:
            review.state, review.claimed_by_id, review.claimed_until = ReviewState.PENDING, None, None
    return len(found)
