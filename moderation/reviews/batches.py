"""A wave of spam: several reviews decided in one act, and taken back in one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.i18n import gettext as _
from moderation.posts import hold_threads
from moderation.reviews.choices import Choice, check_choice
from moderation.reviews.claims import Stale
from moderation.reviews.deciding import decide, lock_order
from moderation.reviews.models import Batch, Review, ReviewDecision, ReviewKind
from moderation.reviews.undoing import undo

MOST = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: how many were done, and how many were left because somebody had acted on them."""

    batch_id: int
    done: int
    left: int


def decide_batch(session: Session, actor: Actor, versions: dict[int, int], choice: Choice) -> Outcome:
    """Decide several reviews alike; each as the moderator saw it (`versions`), any other is left alone.

    Raises:
        Forbidden: the actor is no moderator.
        Invalid: nothing was chosen, too much, or the choice does not suit.
        Stale: none of them was still as the moderator saw it.
    """
    require(actor, Privilege.MODERATE, _("Only moderators decide about posts."))
    if not 1 <= len(versions) <= MOST:
        raise Invalid({"review": _("Choose between 1 and 100 posts.")})
    check_choice(ReviewKind.FLAGS, choice)
    order = lock_order(session, list(versions))
    hold_threads(session, [thread_id for thread_id, _review_id in order])
    batch = Batch(actor_id=actor.id, created_at=now())
    session.add(batch)
    session.flush()
    done = 0
    for _thread_id, review_id in order:
        try:
            with session.begin_nested():
                decide(session, actor, review_id, choice, version=versions[review_id], batch_id=batch.id)
        except (Conflict, Forbidden):
            continue
        done += 1
    if not done:
        raise Stale(next(iter(versions)))
    return Outcome(batch.id, done, len(versions) - done)


def undo_batch(session: Session, actor: Actor, batch_id: int) -> Outcome:
    """Take back every decision of a batch that still can be; what later acts have touched is left.

    Raises:
        NotFound: there is no such batch.
        Conflict: none of it can be taken back any more.
    """
    require(actor, Privilege.MODERATE, _("Only moderators decide about posts."))
    batch = session.get(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound(_("There is no such act."))
    rows = session.execute(
        select(ReviewDecision.id, Review.thread_id)
        .join(Review, Review.id == ReviewDecision.review_id)
        .where(ReviewDecision.batch_id == batch_id, ReviewDecision.undone_at.is_(None))
        .order_by(Review.thread_id, Review.id)
    ).all()
    hold_threads(session, [thread_id for _decision_id, thread_id in rows])
    done = 0
    for decision_id, _thread_id in rows:
        try:
            with session.begin_nested():
                undo(session, actor, decision_id)
        except (Conflict, Forbidden):
            continue
        done += 1
    if not done:
        raise Conflict(_("None of this can be taken back any more: others have acted since."))
    batch.undone_at = now()
    return Outcome(batch_id, done, len(rows) - done)
