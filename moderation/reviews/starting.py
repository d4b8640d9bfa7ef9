"""A moderator's own way to a review: from the post, with no flag."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.events import emit
from forum.events.moderation import ReviewStarted
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostRef
from forum.threads.actions.holding import hold_post
from moderation.reviews.claims import refuse_own
from moderation.reviews.models import WAITING, Review, ReviewKind
from moderation.reviews.opening import find_review, open_review


def start_review(session: Session, actor: Actor, ref: PostRef) -> Review:
    """The post's review, opened for a decision without anybody having flagged it.

    One that waits already is it, and so is a settled one of a post that is not
    shown any more: there is its decision to take back.

    Raises:
        NotFound: there is no such post, or none that the actor may see.
        Forbidden: the actor is no moderator, or wrote the post.
    """
    require(actor, Privilege.MODERATE, _("Only moderators decide about posts."))
    _thread, post = hold_post(session, actor, ref)
    refuse_own(actor, post)
    review = find_review(session, ref)
    if review is not None and (review.state in WAITING or post.visibility not in SHOWN):
        return review
    review = open_review(session, ref, post, ReviewKind.FLAGS)
    emit(
        session,
        ReviewStarted(
            actor_id=actor.id,
            post=ref,
            thread_id=review.thread_id,
            author_id=review.author_id,
            review_id=review.id,
        ),
    )
    return review
