"""Whatever people and moderators do, in any order: what was undone leaves no trace, and figures agree."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import integers, sampled_from
from sqlalchemy import select

from forum.accounts.models import Account
from forum.errors import PorchlightError
from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.posts import SHOWN, Visibility
from forum.threads.models import Answer, Thread
from moderation.audit.actions import verify
from moderation.flags.actions import retract_flag
from moderation.flags.models import Flag, FlagState
from moderation.reviews.choices import Terms
from moderation.reviews.models import OPEN, Review, ReviewState
from reputation.ledger.models import LedgerEntry
from tests.moderation.conftest import Bench, ref

DECISIONS = [Decision.APPROVE, Decision.IGNORE, Decision.HIDE, Decision.DELETE, Decision.LOCK, Decision.SANCTION]


def machine(bench: Bench) -> type[RuleBasedStateMachine]:
    class Moderation(RuleBasedStateMachine):
        """Four flaggers, one newcomer's answer, two moderators."""

        def __init__(self) -> None:
            super().__init__()
            self.thread = bench.make.thread()
            self.post = bench.make.answer(self.thread, author=bench.make.account(reputation=40))
            self.flaggers = [bench.flagger() for _ in range(4)]
            self.moderators = [bench.make.moderator() for _ in range(2)]
            self.decided: list[tuple[object, object]] = []

        @rule(who=integers(0, 3), reason=sampled_from([FlagReason.SPAM, FlagReason.ABUSE, FlagReason.OFF_TOPIC]))
        def flag(self, who: int, reason: FlagReason) -> None:
            self.attempt(lambda: bench.flag(self.post, self.flaggers[who], reason=reason))

        @rule(who=integers(0, 3))
        def retract(self, who: int) -> None:
            actor = bench.actor(self.flaggers[who])
            self.attempt(lambda: bench.database.write(lambda session: retract_flag(session, actor, ref(self.post))))

        @precondition(lambda self: self.review() is not None and self.review().state in OPEN)
        @rule(
            who=integers(0, 1),
            decision=sampled_from(DECISIONS),
            grounds=sampled_from([FlagReason.SPAM, FlagReason.OFF_TOPIC]),
        )
        def decide(self, who: int, decision: Decision, grounds: FlagReason) -> None:
            before = self.snapshot()
            terms = Terms(SanctionKind.SILENCE, 7)
            row = bench.decide(self.moderators[who], self.post, decision, grounds=grounds, terms=terms)
            self.decided = [(row, before)]

        @precondition(lambda self: self.decided and self.review().state is ReviewState.DECIDED)
        @rule(who=integers(0, 1))
        def undo(self, who: int) -> None:
            row, before = self.decided.pop()
            bench.undo(self.moderators[who], row)
            assert self.snapshot() == before

        @invariant()
        def the_review_weighs_what_waits(self) -> None:
            if (review := self.review()) is None:
                return
            with bench.database.reading() as session:
                pending = session.scalars(
                    select(Flag.weight).filter_by(review_id=review.id, state=FlagState.PENDING)
                ).all()
            assert review.weight == round(sum(pending), 2)
            assert bool(pending) <= (review.state in OPEN)
            assert review.hidden_from is None or bench.again(self.post).visibility is Visibility.HIDDEN

        @invariant()
        def counters_and_points_agree(self) -> None:
            with bench.database.reading() as session:
                answer = session.get_one(Answer, self.post.id)
                thread = session.get_one(Thread, self.thread.id)
                assert thread.answer_count == (1 if answer.visibility in SHOWN else 0)
                applied = session.scalars(select(LedgerEntry.points).filter_by(account_id=answer.author_id)).all()
                assert session.get_one(Account, answer.author_id).reputation == sum(applied)

        def teardown(self) -> None:
            with bench.database.reading() as session:
                assert verify(session)[1] is None

        def attempt(self, act) -> None:
            with contextlib.suppress(PorchlightError):
                act()

        def review(self) -> Review | None:
            with bench.database.reading() as session:
                return session.scalars(
                    select(Review).filter_by(post_kind=ref(self.post).kind, post_id=self.post.id)
                ).one_or_none()

        def snapshot(self) -> object:
            review = self.review()
            with bench.database.reading() as session:
                post = session.get_one(Answer, self.post.id)
                thread = session.get_one(Thread, self.thread.id)
                author = session.get_one(Account, post.author_id)
                flags = session.scalars(select(Flag).filter_by(review_id=review.id).order_by(Flag.id))
                return (
                    (post.visibility, post.visibility_before, post.visibility_reason, post.visibility_at),
                    (thread.locked_at, thread.lock_reason, thread.answer_count),
                    (author.reputation, author.silenced_until, author.sanction_reason),
                    (review.weight, review.urgent, review.hidden_from, review.opened_at, review.kind),
                    [(flag.state, flag.weight, flag.decision_id) for flag in flags],
                )

    return Moderation


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_flag_decide_and_undo_in_any_order(bench):
    run_state_machine_as_test(
        machine(bench),
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
