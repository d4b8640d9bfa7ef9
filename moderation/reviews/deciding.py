"""Deciding a review: one decision, whatever happens at the same time, and everything it settles in one transaction."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.events import emit
from forum.events.moderation import Decision, ReviewDecided
from forum.notifications.actions import told_otherwise
from forum.threads.models import Thread
from moderation.flags.models import Flag, FlagState
from moderation.reviews import telling
from moderation.reviews.choices import Choice, check_choice
from moderation.reviews.claims import Stale, claimed_by_another, hold_review, refuse_own
from moderation.reviews.effects import Effects, apply, stamp
from moderation.reviews.models import OPEN, Appeal, Review, ReviewDecision, ReviewState
from moderation.reviews.opening import pending_flags

SETTLES = {Decision.APPROVE: FlagState.DISAGREED, Decision.IGNORE: FlagState.IGNORED}
"""What a decision says of the flags; every other agrees with them."""


def decide(
    session: Session, actor: Actor, review_id: int, choice: Choice, *, version: int, batch_id: int | None = None
) -> ReviewDecision:
    """Decide a review that still is as the moderator saw it.

    Everything pending about the post is settled: its flags, what flags alone had
    hidden, what its author said to that. Flaggers and author are told.

    Raises:
        NotFound: there is no such review.
        Forbidden: the actor is no moderator, or wrote the post.
        Stale: it is not at `version` any more, is decided, or somebody else has claimed it.
        Invalid: the choice does not fit or lacks what it needs.
    """
    case = hold_review(session, actor, review_id)
    review = case.review
    refuse_own(actor, review)
    if review.version != version or review.state not in OPEN or claimed_by_another(actor, review):
        raise Stale(review_id)
    check_choice(review.kind, choice)
    effects: Effects = {"review": _as_it_was(review, flags=len(pending_flags(session, review.id)))}
    with told_otherwise(session, review.author_id):
        effects |= apply(session, actor, case, choice)
    row = ReviewDecision(
        review_id=review.id,
        batch_id=batch_id,
        actor_id=actor.id,
        decision=choice.decision,
        grounds=choice.grounds,
        message=choice.message,
        note=choice.note,
        effects=effects,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    flags = _settle_flags(session, review, row)
    _settle_statement(session, review, row)
    shown_again = effects.get("visibility", {}).get("became") in ("published", "unlisted")
    _close(review)
    session.flush()
    _announce(session, actor, review, row)
    told = telling.decided(session, case.thread, row, choice.terms, shown_again=shown_again, review=review)
    row.effects = row.effects | {"told": told}
    telling.flags_settled(session, review, case.thread, flags)
    return row


def lock_order(session: Session, review_ids: list[int]) -> list[tuple[int, int]]:
    """Reviews with their threads, in the order in which several may be held without crossing another act."""
    rows = session.execute(
        select(Review.thread_id, Review.id)
        .where(Review.id.in_(review_ids))
        .join(Thread, Thread.id == Review.thread_id)
        .order_by(Review.thread_id, Review.id)
    )
    return [(thread_id, review_id) for thread_id, review_id in rows]


def _as_it_was(review: Review, *, flags: int) -> Effects:
    return {
        "kind": review.kind.value,
        "hidden_from": review.hidden_from.value if review.hidden_from else None,
        "urgent": review.urgent,
        "opened_at": stamp(review.opened_at),
        "flags": flags,
    }


def _settle_flags(session: Session, review: Review, row: ReviewDecision) -> list[Flag]:
    flags = pending_flags(session, review.id)
    for flag in flags:
        flag.state, flag.settled_at, flag.decision_id = SETTLES.get(row.decision, FlagState.AGREED), now(), row.id
    return flags


def _settle_statement(session: Session, review: Review, row: ReviewDecision) -> None:
    """What the author said while flags alone hid the post is answered by the decision."""
    for statement in session.scalars(
        select(Appeal).where(Appeal.review_id == review.id, Appeal.decision_id.is_(None), Appeal.decided_at.is_(None))
    ):
        statement.decided_at, statement.decided_by_id = row.created_at, row.actor_id
        row.effects = row.effects | {"statement": statement.id}


def _close(review: Review) -> None:
    review.state, review.decided_at = ReviewState.DECIDED, now()
    review.claimed_by_id = review.claimed_until = None
    review.hidden_from, review.urgent, review.weight = None, False, 0.0
    review.version += 1


def _announce(session: Session, actor: Actor, review: Review, row: ReviewDecision) -> None:
    emit(
        session,
        ReviewDecided(
            actor_id=actor.id,
            review_id=review.id,
            decision_id=row.id,
            decision=row.decision,
            grounds=row.grounds,
            post=review.post,
            thread_id=review.thread_id,
            author_id=review.author_id,
            batch_id=row.batch_id,
            reason="\n".join(part for part in (row.message, row.note) if part),
        ),
    )
