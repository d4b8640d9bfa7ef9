"""What the author of a post may know of a decision about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import NotFound
from forum.events.moderation import Decision, FlagReason
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads.queries import PostRow, find_posts
from moderation.reviews.choices import AGAINST_AUTHOR
from moderation.reviews.models import OPEN, Review, ReviewState
from moderation.reviews.record import AppealRow, record


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
    decisions, statements = record(session, [review.id])
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
