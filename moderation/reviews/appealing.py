"""An author's word against a decision, and who may judge it."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.moderation import AppealDecided, ReviewAppealed
from forum.i18n import gettext as _
from forum.notifications.actions import told_otherwise
from forum.posts import PostRef
from moderation.flags.models import Flag, FlagState
from moderation.posts import hold
from moderation.reviews import telling
from moderation.reviews.choices import AGAINST_AUTHOR, WORDS
from moderation.reviews.claims import Stale, hold_review, lock_review, refuse_own
from moderation.reviews.models import OPEN, Appeal, Review, ReviewDecision, ReviewState
from moderation.reviews.opening import pending_flags, reopen, weigh_again
from moderation.reviews.own import own_page
from moderation.reviews.undoing import announce as announce_undone
from moderation.reviews.undoing import later_acts, reverse

LEAST = 10


def appeal(session: Session, actor: Actor, review_id: int, reason: str) -> Appeal:
    """Ask for a second look: at a decision, or, while flags alone hide the post, at the post.

    Raises:
        NotFound: there is no such review, or none that the actor has a page of.
        Conflict: there is nothing to appeal, or it was appealed already.
        Invalid: too few or too many words.
    """
    review = _hold_own(session, actor, review_id)
    own_page(session, actor, review_id)  # a refusal in other words would tell that the post was flagged
    decision = last_decision(session, review.id)
    appealed = _appealable(session, review, decision)
    reason = reason.strip()
    if not LEAST <= len(reason) <= WORDS:
        raise Invalid({"reason": _("Say in 10 to 2000 characters why this should be looked at again.")})
    row = Appeal(review_id=review.id, decision_id=appealed, account_id=actor.id, reason=reason, created_at=now())
    session.add(row)
    if appealed is None:
        review.urgent = True
    else:
        review.state = ReviewState.APPEALED
    review.version += 1
    session.flush()
    if appealed is not None:
        emit(
            session,
            ReviewAppealed(actor_id=actor.id, review_id=review.id, decision_id=appealed, author_id=review.author_id),
        )
    return row


def judge(session: Session, actor: Actor, review_id: int, *, upheld: bool, message: str = "", version: int) -> Appeal:
    """Uphold a decision that was appealed, or overturn it with everything it did.

    Another moderator judges; with no other, an admin; failing that the first, and
    then the author and the record are told so.

    Raises:
        Forbidden: somebody else has to judge this.
        Stale: the review is not at `version` any more.
    """
    case = hold_review(session, actor, review_id)
    review = case.review
    refuse_own(actor, review)
    decision = last_decision(session, review.id)
    if review.version != version or review.state is not ReviewState.APPEALED or decision is None:
        raise Stale(review_id)
    allowed = judges(session, review, decision)
    if actor.id not in allowed:
        raise Forbidden(_("This appeal is for somebody else to judge; the review’s page says for whom."))
    message = message.strip()
    if len(message) > WORDS:
        raise Invalid({"message": _("Keep it under 2000 characters.")})
    row = session.scalars(select(Appeal).where(Appeal.decision_id == decision.id)).one()
    row.upheld, row.decided_at, row.decided_by_id, row.message = upheld, now(), actor.id, message
    row.by_the_first = actor.id == decision.actor_id
    if not upheld:
        skip = set(later_acts(session, decision.effects, case))
        with told_otherwise(session, review.author_id):
            reverse(session, actor, case, decision, skip=skip, shown=True)
        _disagree(session, decision)
        announce_undone(session, actor, review, decision, overturned=True)
    review.state = ReviewState.UPHELD if upheld else ReviewState.OVERTURNED
    review.version += 1
    if pending_flags(session, review.id):
        reopen(review)
        weigh_again(session, review)
    session.flush()
    emit(
        session,
        AppealDecided(
            actor_id=actor.id,
            review_id=review.id,
            decision_id=decision.id,
            author_id=review.author_id,
            upheld=upheld,
            by_the_first=row.by_the_first,
            reason=message,
        ),
    )
    telling.appeal_decided(session, review, case.thread, row)
    return row


def judges(session: Session, review: Review, decision: ReviewDecision) -> set[int]:
    """Who may judge an appeal against a decision: other moderators, else other admins, else whoever decided."""
    serving = select(Account.id, Account.moderator).where(
        or_(Account.moderator, Account.admin),
        Account.anonymised_at.is_(None),
        Account.offboarded_at.is_(None),
        Account.id.not_in((decision.actor_id, review.author_id)),
    )
    others = session.execute(serving).all()
    moderators = {account_id for account_id, moderator in others if moderator}
    return moderators or {account_id for account_id, _moderator in others} or {decision.actor_id}


def last_decision(session: Session, review_id: int) -> ReviewDecision | None:
    """The decision that stands."""
    return session.scalars(
        select(ReviewDecision)
        .where(ReviewDecision.review_id == review_id, ReviewDecision.undone_at.is_(None))
        .order_by(ReviewDecision.id.desc())
        .limit(1)
    ).one_or_none()


def _hold_own(session: Session, actor: Actor, review_id: int) -> Review:
    row = session.execute(
        select(Review.post_kind, Review.post_id).where(Review.id == review_id, Review.author_id == actor.id)
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such decision."))
    hold(session, PostRef(row[0], row[1]))
    return lock_review(session, review_id)


def _appealable(session: Session, review: Review, decision: ReviewDecision | None) -> int | None:
    """Which decision an appeal is against; None for what flags alone have hidden."""
    if review.state in OPEN and review.hidden_from is not None:
        said = select(Appeal.id).where(
            Appeal.review_id == review.id, Appeal.decision_id.is_(None), Appeal.decided_at.is_(None)
        )
        if session.scalar(said) is not None:
            raise Conflict(_("You have said this already; moderators will read it."))
        return None
    if review.state is ReviewState.APPEALED:
        raise Conflict(_("You have appealed already; another moderator will look at it."))
    if review.state in (ReviewState.UPHELD, ReviewState.OVERTURNED):
        raise Conflict(_("Your appeal has been judged already."))
    if review.state is not ReviewState.DECIDED or decision is None or decision.decision not in AGAINST_AUTHOR:
        raise Conflict(_("There is nothing here to appeal."))
    return decision.id


def _disagree(session: Session, decision: ReviewDecision) -> None:
    """Overturned, a decision shows that the flags it agreed with were wrong."""
    for flag in session.scalars(select(Flag).where(Flag.decision_id == decision.id, Flag.state == FlagState.AGREED)):
        flag.state = FlagState.DISAGREED
