"""What a review hears: new posts that wait for approval, and why they do."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.admin.catalogue import Area
from forum.admin.simple import Switch
from forum.clock import now
from forum.events import Bus, emit
from forum.events.moderation import PostHeld
from forum.events.threads import AnswerPosted, CommentPosted, ThreadAsked
from forum.i18n import lazy
from forum.markup import Cooked
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.threads.models import POSTS
from moderation.posts import hold
from moderation.reviews.models import ReviewKind
from moderation.reviews.opening import open_review

NEW = timedelta(days=14)
FEW_POINTS = 50
HOLD_FIRST_LINK = Switch(
    option="moderation.hold_first_link",
    name=lazy("First link of somebody new waits for a moderator"),
    words=lazy(
        "A post with a link to elsewhere waits in the review queue while its author is new here, or has few points, "
        "and until one such post of theirs was published."
    ),
    area=Area.COMMUNITY,
    default=True,
)


def subscribe(bus: Bus) -> None:
    bus.on(ThreadAsked, on_asked)
    bus.on(AnswerPosted, on_answered)
    bus.on(CommentPosted, on_commented)


def on_asked(session: Session, event: ThreadAsked) -> None:
    _hold(session, PostRef(PostKind.THREAD, event.thread_id), event.visibility)


def on_answered(session: Session, event: AnswerPosted) -> None:
    _hold(session, PostRef(PostKind.ANSWER, event.answer_id), event.visibility)


def on_commented(session: Session, event: CommentPosted) -> None:
    _hold(session, PostRef(PostKind.COMMENT, event.comment_id), event.visibility)


def first_link(session: Session, actor: Actor, _kind: PostKind, cooked: Cooked) -> bool:
    """A rule that holds the first post with a link of somebody new, until one of theirs was published."""
    if not cooked.external_links or not HOLD_FIRST_LINK.of(session):
        return False
    account = session.get_one(Account, actor.id)
    if (
        account.roles
        or account.imported_at
        or not (account.created_at > now() - NEW or account.reputation < FEW_POINTS)
    ):
        return False
    return not any(_has_published_link(session, kind, actor.id) for kind in PostKind)


def _has_published_link(session: Session, kind: PostKind, account_id: int) -> bool:
    """Whether something of theirs that leads elsewhere is there for everybody already."""
    model = POSTS[kind]
    links = or_(model.html.contains('href="http://'), model.html.contains('href="https://'))
    mine = select(model.id).where(model.author_id == account_id, model.visibility.in_(SHOWN), links).limit(1)
    return session.scalar(mine) is not None


def _hold(session: Session, ref: PostRef, visibility: Visibility) -> None:
    if visibility is not Visibility.PENDING:
        return
    _thread, post = hold(session, ref)
    review = open_review(session, ref, post, ReviewKind.APPROVAL)
    emit(
        session,
        PostHeld(actor_id=None, post=ref, thread_id=review.thread_id, author_id=review.author_id, review_id=review.id),
    )
