"""Flags, reviews, sanctions and the log, when two accounts become one: nobody may have judged themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Account
from forum.clock import now
from forum.events.moderation import SanctionKind
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.merging import QUIETLY, GivesWay, Joins, Merge
from forum.posts import PostRef
from forum.threads.models import POSTS
from moderation.audit.models import AuditCheck, AuditEntry
from moderation.flags.hiding import show_if_nothing_left
from moderation.flags.models import Flag, FlagState
from moderation.posts import hold
from moderation.reviews.models import OPEN, Appeal, Batch, Review, ReviewDecision, ReviewState
from moderation.reviews.opening import find_review, weigh_again
from moderation.sanctions.actions import settle
from moderation.sanctions.models import Sanction

NOTED = "flagged"


def refuses(session: Session, merge: Merge) -> Iterator[str]:
    """One account stood over the other: as one, somebody would have decided about themselves."""
    rows = session.execute(select(Account.id, Account.handle).where(Account.id.in_(merge.both)))
    names = {row.id: row.handle for row in rows}
    for one, other in (merge.both, merge.both[::-1]):
        who = {"one": names[one], "other": names[other]}
        decided = select(ReviewDecision.id).join(Review, Review.id == ReviewDecision.review_id)
        heard = select(Appeal.id).where(Appeal.account_id == other, Appeal.decided_by_id == one)
        if _any(session, decided.where(ReviewDecision.actor_id == one, Review.author_id == other)) or _any(
            session, heard
        ):
            yield _("@{one} decided about what @{other} wrote. Nobody decides about themselves.").format(**who)
        if _any(session, select(Sanction.id).where(Sanction.account_id == other, Sanction.by_id == one)):
            yield _("@{one} sanctioned @{other}. Nobody decides about themselves.").format(**who)
        again = select(Appeal.id).join(ReviewDecision, ReviewDecision.id == Appeal.decision_id)
        if _any(session, again.where(ReviewDecision.actor_id == one, Appeal.decided_by_id == other)):
            words = _("@{other} heard an appeal against what @{one} decided. Another moderator has to hear an appeal.")
            yield words.format(**who)


def _any(session: Session, query: Any) -> bool:
    return session.scalar(query.limit(1)) is not None


def conflicts(session: Session, merge: Merge) -> Iterator[GivesWay]:
    rows = session.scalars(select(Flag.id).where(Flag.account_id == merge.from_id, _flagged_by_both(merge))).all()
    yield GivesWay(_("flags on posts that both flagged: one of the two stays"), len(rows))
    yield GivesWay(_("flags on each other's posts, which are taken back"), len(_own_flags(session, merge)))


def _flagged_by_both(merge: Merge) -> Any:
    other = aliased(Flag)
    same = (other.account_id == merge.to_id, other.post_kind == Flag.post_kind, other.post_id == Flag.post_id)
    return select(other.id).where(*same).exists()


def _own_flags(session: Session, merge: Merge) -> list[Flag]:
    own = or_(
        *(
            and_(Flag.post_kind == kind, Flag.post_id.in_(select(model.id).where(model.author_id.in_(merge.both))))
            for kind, model in POSTS.items()
        )
    )
    waiting = (Flag.account_id.in_(merge.both), Flag.state == FlagState.PENDING, own)
    return list(session.scalars(select(Flag).where(*waiting).order_by(Flag.id)))


def withdraw_flags(session: Session, merge: Merge) -> None:
    """Of two flags on one post the one that still says something stays; on their own posts nobody flags."""
    touched: set[PostRef] = set()
    for flag in session.scalars(select(Flag).where(Flag.account_id == merge.from_id, _flagged_by_both(merge))).all():
        same = {"post_kind": flag.post_kind, "post_id": flag.post_id, "account_id": merge.to_id}
        other = session.scalars(select(Flag).filter_by(**same)).one()
        touched.add(flag.post)
        session.delete(other if other.state == FlagState.RETRACTED else flag)
    session.flush()
    for flag in _own_flags(session, merge):
        touched.add(flag.post)
        flag.state, flag.settled_at = FlagState.RETRACTED, now()
    merge.noted[NOTED] = touched


def weigh_reviews(session: Session, merge: Merge) -> None:
    for ref in sorted(merge.noted[NOTED]):
        _thread, post = hold(session, ref)
        review = find_review(session, ref)
        if review is not None and review.state in OPEN and not weigh_again(session, review):
            show_if_nothing_left(session, review, post)


def let_go(session: Session, merge: Merge) -> None:
    """What they had claimed of their own is free for others."""
    own = (Review.author_id == merge.to_id, Review.claimed_by_id == merge.to_id)
    claimed = (*own, Review.state == ReviewState.CLAIMED)
    session.execute(update(Review).where(*claimed).values(state=ReviewState.PENDING), **QUIETLY)
    session.execute(update(Review).where(*own).values(claimed_by_id=None, claimed_until=None), **QUIETLY)


def settle_sanctions(session: Session, merge: Merge) -> None:
    """The harder one stays: the longest of what now stands against the one account."""
    gone, stays = session.get_one(Account, merge.from_id), session.get_one(Account, merge.to_id)
    gone.silenced_until = gone.suspended_until = gone.sanction_reason = None
    for kind in (SanctionKind.SILENCE, SanctionKind.SUSPEND):
        settle(session, stays, kind)


JOINS = Joins(
    name="moderation",
    moves={
        Flag.account_id: lazy("flags raised"),
        Review.author_id: lazy("reviews of their posts"),
        Sanction.account_id: lazy("sanctions, of which the harder one counts"),
        Appeal.account_id: lazy("appeals"),
        ReviewDecision.actor_id: lazy("decisions as a moderator"),
        **dict.fromkeys(
            (
                Review.claimed_by_id,
                Batch.actor_id,
                ReviewDecision.undone_by_id,
                Appeal.decided_by_id,
                Sanction.by_id,
                Sanction.lifted_by_id,
                AuditCheck.asked_by_id,
            ),
            "",
        ),
    },
    stays={AuditEntry.actor_id: "the log is chained: no entry changes"},
    refuses=(refuses,),
    conflicts=(conflicts,),
    before=(withdraw_flags,),
    after=(let_go, settle_sanctions, weigh_reviews),
)
