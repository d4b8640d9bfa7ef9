"""What the ledger hears of, in the transaction in which it happens."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.events import Bus
from forum.events.accounts import AccountJoined
from forum.events.imports import ReputationImported
from forum.events.moderation import PostClearedOfAbuse, PostConfirmedAbusive
from forum.events.threads import AnswerAccepted, AnswerUnaccepted, PostVisibilityChanged
from forum.events.votes import VoteCast
from forum.posts import SHOWN, PostKind
from reputation.ledger import actions
from reputation.ledger.dues import Cause
from reputation.ledger.models import Rule


def subscribe(bus: Bus) -> None:
    bus.on(AccountJoined, on_joined)
    bus.on(ReputationImported, on_imported)
    bus.on(VoteCast, on_vote)
    bus.on(AnswerAccepted, on_accepted)
    bus.on(AnswerUnaccepted, on_unaccepted)
    bus.on(PostVisibilityChanged, on_visibility)
    bus.on(PostConfirmedAbusive, on_abuse)
    bus.on(PostClearedOfAbuse, on_cleared)


def on_joined(session: Session, event: AccountJoined) -> None:
    actions.award(session, event.account_id, Rule.JOINED, Cause("account", event.account_id))


def on_imported(session: Session, event: ReputationImported) -> None:
    actions.set_imported(session, event.totals)


def on_vote(session: Session, event: VoteCast) -> None:
    if event.actor_id is not None:
        actions.settle_vote(session, event)


def on_accepted(session: Session, event: AnswerAccepted) -> None:
    answer_ids = [event.answer_id]
    if event.replaced_answer_id is not None:
        answer_ids.append(event.replaced_answer_id)
    actions.settle_acceptance(session, answer_ids, actor_id=event.actor_id, restoring=event.again)


def on_unaccepted(session: Session, event: AnswerUnaccepted) -> None:
    actions.settle_acceptance(session, [event.answer_id], actor_id=event.actor_id)


def on_visibility(session: Session, event: PostVisibilityChanged) -> None:
    shown, was_shown = event.became in SHOWN, event.was in SHOWN
    if event.post.kind is not PostKind.COMMENT and shown != was_shown:
        actions.settle_post(session, event.post, actor_id=event.actor_id)


def on_abuse(session: Session, event: PostConfirmedAbusive) -> None:
    cause = Cause(event.post.kind.value, event.post.id)
    actions.award(session, event.author_id, Rule.ABUSE, cause, actor_id=event.actor_id)


def on_cleared(session: Session, event: PostClearedOfAbuse) -> None:
    cause = Cause(event.post.kind.value, event.post.id)
    actions.reverse(session, Rule.ABUSE, cause, actor_id=event.actor_id)
