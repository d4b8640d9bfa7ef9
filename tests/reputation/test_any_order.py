"""Votes, acceptances and removals in every order: the ledger agrees after each step."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.clock import at
from forum.db import Database
from forum.errors import PorchlightError
from forum.options import set_option
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import accept_answer, set_visibility, unaccept_answer
from forum.threads.models import Answer, Thread
from forum.votes.actions import QUESTION_DOWN, cast_vote
from forum.votes.models import Vote
from reputation.ledger import rebuild
from reputation.ledger.actions import award
from reputation.ledger.dues import Cause
from reputation.ledger.growth import growth
from reputation.ledger.models import Rule

PLACES = st.sampled_from(list(Visibility))
VOTERS, ANSWERS = st.integers(0, 4), st.integers(0, 3)
POSTS = st.integers(0, 4)


class Everything(RuleBasedStateMachine):
    """One thread with answers by a stranger, the asker, an admin and staff; each run is rolled back at its end."""

    database: Database
    people: list[int]
    moderator_id: int
    posts: list[PostRef]

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.session: Session = self.database._write()
        self.session.begin()
        set_option(self.session, "reputation.daily_cap", 25)
        set_option(self.session, QUESTION_DOWN.option, value=True)

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    @rule(voter=VOTERS, post=POSTS, value=st.sampled_from([1, 0, -1]))
    def vote(self, voter: int, post: int, value: int) -> None:
        self._try(cast_vote, self.people[voter], self.posts[post], value)

    @rule(person=VOTERS, answer=ANSWERS)
    def accept(self, person: int, answer: int) -> None:
        self._try(accept_answer, self.people[person], self.posts[1 + answer].id)

    @rule(person=VOTERS, answer=ANSWERS)
    def unaccept(self, person: int, answer: int) -> None:
        self._try(unaccept_answer, self.people[person], self.posts[1 + answer].id)

    @rule(post=POSTS, place=PLACES)
    def move(self, post: int, place: Visibility) -> None:
        self._try(set_visibility, self.moderator_id, self.posts[post], place)

    @rule(post=POSTS, gone=st.sampled_from([Visibility.HIDDEN, Visibility.DELETED]))
    def go_and_come_back(self, post: int, gone: Visibility) -> None:
        """Whatever came before, a round trip leaves everybody what they had."""
        ref = self.posts[post]
        model = Thread if ref.kind is PostKind.THREAD else Answer
        if self.session.get_one(model, ref.id).visibility is not Visibility.PUBLISHED:
            return
        before = self._reputations()
        self._try(set_visibility, self.moderator_id, ref, gone)
        self._pass(timedelta(days=1))
        self._try(set_visibility, self.moderator_id, ref, Visibility.PUBLISHED)
        assert self._reputations() == before

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self._pass(timedelta(hours=hours))

    @invariant()
    def the_ledger_agrees(self) -> None:
        assert [str(one) for one in rebuild.check(self.session)] == []

    @invariant()
    def the_parts_of_every_profile_add_up(self) -> None:
        for account_id in self.people:
            for reader in (None, self._actor(account_id)):
                found = growth(self.session, reader, [account_id])[account_id]
                assert sum(source.points for source in found.sources) == found.reputation
            assert None not in {source.rule for source in found.sources}, "to oneself, nothing is left unsaid"

    @rule(person=VOTERS, post=POSTS)
    def punish(self, person: int, post: int) -> None:
        ref = self.posts[post]
        with at(self.moment):
            award(self.session, self.people[person], Rule.ABUSE, Cause(ref.kind.value, ref.id))

    @invariant()
    def scores_are_the_sum_of_the_votes(self) -> None:
        for model, kind in ((Thread, PostKind.THREAD), (Answer, PostKind.ANSWER)):
            votes = select(func.coalesce(func.sum(Vote.value), 0)).where(
                Vote.post_kind == kind, Vote.post_id == model.id
            )
            wrong = select(model.id).where(model.score != model.score_base + votes.scalar_subquery())
            assert self.session.scalars(wrong).all() == []

    def _pass(self, time: timedelta) -> None:
        self.moment += time

    def _try(self, act, person_id: int, *arguments) -> None:
        """Do it, unless the rules forbid it, which changes nothing."""
        with at(self.moment), suppress(PorchlightError):
            act(self.session, self._actor(person_id), *arguments)

    def _actor(self, account_id: int) -> Actor:
        return actor_of(self.session, self.session.get_one(Account, account_id))

    def _reputations(self) -> dict[int, int]:
        return dict(self.session.execute(select(Account.id, Account.reputation)).all())


def test_every_order_leaves_the_ledger_right(make, database):
    asker, stranger = make.account("ana", reputation=200), make.account("ben", reputation=3)
    admin, staff = make.admin(), make.staff()
    thread = make.thread(asker)
    answers = [
        make.answer(thread, stranger, score=4, score_base=4),
        make.answer(thread, asker),
        make.answer(thread, admin),
        make.answer(thread, staff, from_staff=True),
    ]

    class Ours(Everything):
        pass

    Ours.database = database
    Ours.people = [asker.id, stranger.id, admin.id, staff.id, make.account("cy", reputation=500).id]
    Ours.moderator_id = make.moderator().id
    Ours.posts = [PostRef(PostKind.THREAD, thread.id), *(PostRef(PostKind.ANSWER, one.id) for one in answers)]
    run_state_machine_as_test(
        Ours,
        settings=settings(
            max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
