"""Taking a decision back: everything it did is undone exactly, or the undo is refused in words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.moderation import PostClearedOfAbuse, ReviewUndone, TakenBackFromStaff
from forum.i18n import gettext as _
from forum.notifications.actions import told_otherwise
from forum.posts import Visibility
from forum.threads.actions import lock_thread, roll_back, set_visibility, unlock_thread, withhold_text
from forum.threads.models import Thread
from moderation.flags.models import Flag, FlagState
from moderation.reviews import telling
from moderation.reviews.claims import Case, hold_review, refuse_own
from moderation.reviews.effects import Effects, stamp
from moderation.reviews.models import Appeal, Review, ReviewDecision, ReviewKind, ReviewState
from moderation.reviews.opening import reopen, weigh_again
from moderation.sanctions.actions import lift
from moderation.sanctions.models import Sanction


def undo(session: Session, actor: Actor, decision_id: int) -> Review:
    """Take back the review's last decision, so that it waits for one again.

    Raises:
        NotFound: there is no such decision.
        Forbidden: the actor is no moderator, or wrote the post.
        Conflict: it was taken back already, appealed, followed by another, or a later
            act touched what it changed; the message says which.
    """
    row = session.get(ReviewDecision, decision_id)
    if row is None:
        raise NotFound(_("There is no such decision."))
    case = hold_review(session, actor, row.review_id)
    review = case.review
    session.refresh(row)
    refuse_own(actor, review)
    _refuse_late(session, review, row)
    touched = later_acts(session, row.effects, case)
    if touched:
        raise Conflict(_("This cannot be taken back as a whole any more:") + " " + " ".join(touched.values()))
    with told_otherwise(session, review.author_id):
        reverse(session, actor, case, row)
    _reopen(session, review, row)
    announce(session, actor, review, row, overturned=False)
    telling.undone(session, review, case.thread, row)
    return review


def later_acts(session: Session, effects: Effects, case: Case) -> dict[str, str]:
    """What has changed since on the same axes, in words."""
    _review, thread, post = case
    found: dict[str, str] = {}
    if (moved := effects.get("visibility")) and (
        post.visibility != moved["became"] or stamp(post.visibility_at) != moved["stamp"]
    ):
        found["visibility"] = _("the post has been published, hidden or deleted since.")
    if (edited := effects.get("revision")) and post.revision != edited["became"]:
        found["revision"] = _("the post has been edited since.")
    if (locked := effects.get("lock")) and stamp(thread.locked_at) != locked["stamp"]:
        found["lock"] = _("the thread has been unlocked or locked anew since.")
    if effects.get("withheld") and not post.withheld:
        found["withheld"] = _("the text has been given back since.")
    if (sanction_id := effects.get("sanction")) and session.get_one(
        Sanction, sanction_id, populate_existing=True
    ).lifted_at is not None:
        found["sanction"] = _("the sanction has been lifted since.")
    return found


def reverse(
    session: Session,
    actor: Actor,
    case: Case,
    row: ReviewDecision,
    *,
    skip: Collection[str] = (),
    shown: bool = False,
) -> None:
    """Undo each change, last first. `shown` publishes again what flags alone had hidden or a rule had held."""
    review, thread, _post = case
    effects = {axis: change for axis, change in row.effects.items() if axis not in skip}
    if "sanction" in effects:
        lift(session, actor, effects["sanction"], note=_("The decision was taken back."), told=True)
    if "lock" in effects:
        _restore_lock(session, actor, thread, effects["lock"]["before"])
    if "withheld" in effects:
        withhold_text(session, actor, review.post, withheld=False)
    if "visibility" in effects:
        _restore_visibility(session, actor, case, row.effects, shown=shown)
    if "revision" in effects:
        roll_back(session, actor, review.post, effects["revision"]["was"])
    said: dict[str, Any] = {"actor_id": actor.id, "thread_id": review.thread_id, "review_id": review.id}
    if "abusive" in effects:
        emit(session, PostClearedOfAbuse(post=review.post, author_id=review.author_id, **said))
    if "staff" in effects:
        emit(session, TakenBackFromStaff(**said))
    row.undone_at, row.undone_by_id = now(), actor.id


def _restore_visibility(session: Session, actor: Actor, case: Case, effects: Effects, *, shown: bool) -> None:
    moved, before = effects["visibility"], effects["review"]
    ref, post = case.review.post, case.post
    if shown and moved["was"] != Visibility.DELETED:
        held = moved["was"] == Visibility.PENDING
        back = before["hidden_from"] or (Visibility.PUBLISHED if held else moved["was"])
        set_visibility(session, actor, ref, Visibility(back))
        return
    set_visibility(session, actor, ref, Visibility(moved["was"]))
    kept = moved["kept"]
    post.visibility_before = Visibility(kept["before"]) if kept["before"] else None
    post.visibility_reason, post.visibility_by_id = kept["reason"], kept["by"]
    post.visibility_at = _moment(kept["at"])
    session.flush()


def _restore_lock(session: Session, actor: Actor, thread: Thread, before: Effects) -> None:
    until = _moment(before["until"])
    if before["at"] is None or (until is not None and until <= now()):
        unlock_thread(session, actor, thread.id)
    else:
        lock_thread(session, actor, thread.id, reason=before["reason"] or _("Locked by a moderator"), until=until)
    thread.locked_at, thread.locked_until = _moment(before["at"]), until
    thread.locked_by_id, thread.lock_reason = before["by"], before["reason"]
    session.flush()


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _refuse_late(session: Session, review: Review, row: ReviewDecision) -> None:
    if row.undone_at is not None:
        raise Conflict(_("This decision was taken back already."))
    if review.state is ReviewState.APPEALED:
        raise Conflict(_("The author has appealed: judge the appeal instead."))
    if review.state in (ReviewState.UPHELD, ReviewState.OVERTURNED):
        raise Conflict(_("An appeal has settled this for good."))
    last = session.scalar(
        select(ReviewDecision.id)
        .where(ReviewDecision.review_id == review.id, ReviewDecision.undone_at.is_(None))
        .order_by(ReviewDecision.id.desc())
        .limit(1)
    )
    if last != row.id:
        raise Conflict(_("There is a later decision about this post: take that back first."))


def _reopen(session: Session, review: Review, row: ReviewDecision) -> None:
    """The review waits again as it did before, with its flags, its weight and its place in the queue."""
    before = row.effects["review"]
    for flag in session.scalars(select(Flag).where(Flag.decision_id == row.id)):
        flag.state, flag.settled_at, flag.decision_id = FlagState.PENDING, None, None
    if (statement_id := row.effects.get("statement")) is not None:
        statement = session.get_one(Appeal, statement_id)
        statement.decided_at = statement.decided_by_id = None
    reopen(review)
    review.kind = ReviewKind(before["kind"])
    if before["hidden_from"]:
        review.hidden_from = Visibility(before["hidden_from"])
    review.urgent = before["urgent"] or review.urgent
    review.opened_at = datetime.fromisoformat(before["opened_at"])
    weigh_again(session, review)


def announce(session: Session, actor: Actor, review: Review, row: ReviewDecision, *, overturned: bool) -> None:
    emit(
        session,
        ReviewUndone(
            actor_id=actor.id,
            review_id=review.id,
            decision_id=row.id,
            decision=row.decision,
            post=review.post,
            thread_id=review.thread_id,
            author_id=review.author_id,
            overturned=overturned,
            batch_id=row.batch_id,
        ),
    )
