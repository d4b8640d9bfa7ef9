"""Flagging a post, and taking a flag back."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require, why_not
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid
from forum.events import emit
from forum.events.moderation import FlagReason, FlagRetracted, PostFlagged
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.actions.holding import hold_post
from forum.threads.models import Post
from forum.threads.queries import find_post
from moderation.flags.hiding import hide_if_enough, show_if_nothing_left
from moderation.flags.models import Flag, FlagState
from moderation.flags.weights import weigh
from moderation.posts import hold
from moderation.reviews.models import ReviewKind
from moderation.reviews.opening import find_review, open_review, weigh_again

NOTE_LENGTH = 500


def flag_post(session: Session, actor: Actor, ref: PostRef, reason: FlagReason, note: str = "") -> Flag:
    """Say that something is wrong with a post; saying it twice is saying it once.

    Raises:
        NotFound: there is no such post, or none that the actor may see.
        Forbidden: it is the actor's own, or they may not flag for this reason yet.
        Conflict: a moderator has already settled their flag, or the post is no longer shown.
        Invalid: the reason does not suit the post, or lacks its explanation.
    """
    note = note.strip()
    _check_may(session, actor, reason)
    _check_words(ref, reason, note)
    _thread, post = hold_post(session, actor, ref)
    _check_post(actor, post)
    flag = _mine(session, actor, ref)
    if flag is not None and flag.state == FlagState.PENDING:
        return flag
    if flag is not None and flag.state != FlagState.RETRACTED:
        raise Conflict(_("A moderator has already looked at your flag on this post."))
    review = open_review(session, ref, post, ReviewKind.FLAGS)
    counts_for = weigh(session, actor.id)
    if flag is None:
        flag = Flag(review_id=review.id, post_kind=ref.kind, post_id=ref.id, account_id=actor.id)
        session.add(flag)
    flag.reason, flag.note, flag.state = reason, note, FlagState.PENDING
    flag.weight, flag.created_at, flag.settled_at, flag.decision_id = counts_for, now(), None, None
    emit(
        session,
        PostFlagged(
            actor_id=actor.id,
            post=ref,
            thread_id=review.thread_id,
            author_id=review.author_id,
            review_id=review.id,
            flag_reason=reason,
        ),
    )
    hide_if_enough(session, review, post, weigh_again(session, review))
    return flag


def retract_flag(session: Session, actor: Actor, ref: PostRef) -> None:
    """Take back one's own flag while nobody has settled it; a flag that is not there stays so.

    Raises:
        NotFound: there is no such post, or none that the actor may see.
        Conflict: a moderator has settled it.
    """
    if (flag := _mine(session, actor, ref)) is None:
        find_post(session, actor, ref)
        return
    _thread, post = hold(session, ref)
    session.refresh(flag)
    if flag.state == FlagState.RETRACTED:
        return
    if flag.state != FlagState.PENDING:
        raise Conflict(_("A moderator has already looked at your flag on this post."))
    review = find_review(session, ref)
    assert review is not None, "a flag has a review"
    flag.state, flag.settled_at = FlagState.RETRACTED, now()
    emit(session, FlagRetracted(actor_id=actor.id, post=ref, thread_id=review.thread_id, review_id=review.id))
    if not weigh_again(session, review):
        show_if_nothing_left(session, review, post)


def _check_may(session: Session, actor: Actor, reason: FlagReason) -> None:
    always = reason == FlagReason.PRIVATE and actor.can(Privilege.FLAG_PRIVATE)
    if not always and (words := why_not(session, actor, Privilege.FLAG)):
        raise Forbidden(f"{words} {_('Private information you can report at any time.')}")
    if not always:
        require(actor, Privilege.FLAG)


def _check_words(ref: PostRef, reason: FlagReason, note: str) -> None:
    if reason == FlagReason.NOT_AN_ANSWER and ref.kind != PostKind.ANSWER:
        raise Invalid({"reason": _("Only an answer can fail to be one. Choose another reason.")})
    if reason == FlagReason.OTHER and not note:
        raise Invalid({"note": _("Say in a few words what is wrong.")})
    if len(note) > NOTE_LENGTH:
        raise Invalid({"note": _("Keep it under 500 characters.")})


def _check_post(actor: Actor, post: Post) -> None:
    if post.author_id == actor.id:
        raise Forbidden(_("This is your own post: you can edit or delete it instead."))
    if post.visibility not in SHOWN:
        raise Conflict(_("This post is not shown to others any more, so there is nothing left to flag."))


def _mine(session: Session, actor: Actor, ref: PostRef) -> Flag | None:
    return session.scalars(
        select(Flag)
        .where(Flag.post_kind == ref.kind, Flag.post_id == ref.id, Flag.account_id == actor.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
