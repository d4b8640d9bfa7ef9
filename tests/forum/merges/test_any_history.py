"""Small histories of votes, acceptance and removals, and then two of the people turn out to be one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.clock import at
from forum.db import Database
from forum.errors import PorchlightError
from forum.merging import Merge, Merging
from forum.options import set_option
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import accept_answer, set_visibility, unaccept_answer
from forum.threads.models import Answer, Thread
from forum.votes.actions import QUESTION_DOWN, cast_vote
from forum.votes.models import Vote
from reputation.ledger import rebuild
from reputation.ledger.actions import award, set_imported
from reputation.ledger.dues import Cause
from reputation.ledger.models import LedgerEntry, Rule

PEOPLE, POSTS, ANSWERS = st.integers(0, 4), st.integers(0, 6), st.integers(2, 6)
MODELS = {PostKind.THREAD: Thread, PostKind.ANSWER: Answer}


class History(RuleBasedStateMachine):
    """Two threads with answers by all; person 0 becomes person 1. Each run is rolled back at its end."""

    database: Database
    merging: Merging
    people: list[int]
    moderator_id: int
    posts: list[PostRef]

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.merged = False
        self.session: Session = self.database._write()
        self.session.begin()
        set_option(self.session, "reputation.daily_cap", 25)
        set_option(self.session, QUESTION_DOWN.option, value=True)

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    @rule(voter=PEOPLE, post=POSTS, value=st.sampled_from([1, 1, 0, -1]))
    def vote(self, voter: int, post: int, value: int) -> None:
        self._try(cast_vote, voter, self.posts[post], value)

    @rule(person=PEOPLE, answer=ANSWERS)
    def accept(self, person: int, answer: int) -> None:
        self._try(accept_answer, person, self.posts[answer].id)

    @rule(person=PEOPLE, answer=ANSWERS)
    def unaccept(self, person: int, answer: int) -> None:
        self._try(unaccept_answer, person, self.posts[answer].id)

    @rule(post=POSTS, place=st.sampled_from([Visibility.HIDDEN, Visibility.PUBLISHED]))
    def show_or_hide(self, post: int, place: Visibility) -> None:
        with at(self.moment), suppress(PorchlightError):
            set_visibility(self.session, self._actor(self.moderator_id), self.posts[post], place)

    @rule(person=st.integers(0, 1), post=POSTS)
    def punish(self, person: int, post: int) -> None:
        ref = self.posts[post]
        with at(self.moment):
            award(self.session, self._now(person), Rule.ABUSE, Cause(ref.kind.value, ref.id))

    @precondition(lambda self: not self.merged)
    @rule(person=st.integers(0, 1), points=st.integers(1, 60))
    def bring(self, person: int, points: int) -> None:
        with at(self.moment):
            set_imported(self.session, {self.people[person]: points})

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.moment += timedelta(hours=hours)

    @precondition(lambda self: not self.merged)
    @rule()
    def merge(self) -> None:
        gone, stays = self.people[:2]
        before = self._reputations()
        others, own = self._withdrawn()
        for _time in range(2):  # the second finds nothing left to do
            merge = Merge(gone, stays)
            with at(self.moment):
                self.merging.lock(self.session, merge)
                self.merging.carry_out(self.session, merge)
            after = self._reputations()
            assert after[gone] == 0
            assert after[stays] == before[gone] - self._joined(gone) + before[stays] - own
            assert {one: points for one, points in after.items() if one not in (gone, stays)} == {
                one: points - others.get(one, 0) for one, points in before.items() if one not in (gone, stays)
            }
        self.merged = True

    def _withdrawn(self) -> tuple[dict[int, int], int]:
        """What living awards others lose, and the two, because a vote or an acceptance among them makes no sense."""
        gone, stays = self.people[:2]
        authors = {
            (kind.value, number): author
            for kind, model in MODELS.items()
            for number, author in self.session.execute(select(model.id, model.author_id))
        }
        askers = dict(
            self.session.execute(
                select(Thread.accepted_answer_id, Thread.author_id).where(Thread.accepted_answer_id.is_not(None))
            ).all()
        )
        by = dict(
            self.session.execute(
                select(Thread.accepted_answer_id, Thread.accepted_by_id).where(Thread.accepted_answer_id.is_not(None))
            ).all()
        )
        votes = {(row.post_kind.value, row.post_id, row.account_id) for row in self.session.scalars(select(Vote)).all()}
        one = {gone: stays}
        others: dict[int, int] = {}
        own = 0
        for row in self._living():
            author = authors.get((row.cause_kind, row.cause_id))
            if row.rule in (Rule.ACCEPTED, Rule.ACCEPTING):
                writer = one.get(author, author)
                asker, chose = askers[row.cause_id], by[row.cause_id]
                ends = writer in (one.get(asker, asker), one.get(chose, chose))
            elif row.rule in (Rule.JOINED, Rule.ABUSE, Rule.IMPORTED):
                ends = False
            else:
                voter = int(row.key.rpartition(":")[2])
                own_post = one.get(voter, voter) == one.get(author, author)
                ends = own_post or (voter == gone and (row.cause_kind, row.cause_id, stays) in votes)
            if ends and row.account_id in (gone, stays):
                own += row.points
            elif ends:
                others[row.account_id] = others.get(row.account_id, 0) + row.points
        return others, own

    def _living(self) -> list[LedgerEntry]:
        reversed_ = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
        lives = (LedgerEntry.reverses_id.is_(None), LedgerEntry.id.not_in(reversed_))
        return list(self.session.scalars(select(LedgerEntry).where(*lives)))

    def _joined(self, account_id: int) -> int:
        joined = select(LedgerEntry.points).filter_by(account_id=account_id, rule=Rule.JOINED, reverses_id=None)
        return self.session.scalars(joined).one()

    @precondition(lambda self: self.merged)
    @rule(post=POSTS)
    def go_and_come_back(self, post: int) -> None:
        """A round trip leaves everybody what they had, across the merge as well."""
        ref = self.posts[post]
        if self.session.get_one(MODELS[ref.kind], ref.id).visibility is not Visibility.PUBLISHED:
            return
        before = self._reputations()
        self.show_or_hide(post, Visibility.HIDDEN)
        self.show_or_hide(post, Visibility.PUBLISHED)
        assert self._reputations() == before

    @invariant()
    def the_ledger_agrees(self) -> None:
        assert [str(one) for one in rebuild.check(self.session)] == []

    @invariant()
    def scores_are_the_sum_of_the_votes(self) -> None:
        for kind, model in MODELS.items():
            votes = select(func.coalesce(func.sum(Vote.value), 0)).where(
                Vote.post_kind == kind, Vote.post_id == model.id
            )
            wrong = select(model.id).where(model.score != model.score_base + votes.scalar_subquery())
            assert self.session.scalars(wrong).all() == []

    def _now(self, person: int) -> int:
        return self.people[1 if person == 0 and self.merged else person]

    def _try(self, act, person: int, *arguments) -> None:
        with at(self.moment), suppress(PorchlightError):
            act(self.session, self._actor(self._now(person)), *arguments)

    def _actor(self, account_id: int):
        return actor_of(self.session, self.session.get_one(Account, account_id))

    def _reputations(self) -> dict[int, int]:
        return dict(self.session.execute(select(Account.id, Account.reputation)).all())


def test_two_become_one_after_any_history_and_the_ledger_agrees(make, database, site, admin, gone, stays):
    third = make.account("ben", reputation=300)
    first, second = make.thread(gone), make.thread(stays)
    answers = [
        make.answer(first, stays),
        make.answer(first, third),
        make.answer(second, gone, score=3, score_base=3),
        make.answer(second, third),
        make.answer(second, admin, from_staff=True),
    ]

    class Ours(History):
        pass

    Ours.database, Ours.merging = database, site.merging
    Ours.people = [gone.id, stays.id, third.id, admin.id, make.account("cy", reputation=500).id]
    Ours.moderator_id = make.moderator().id
    threads = [PostRef(PostKind.THREAD, one.id) for one in (first, second)]
    Ours.posts = [*threads, *(PostRef(PostKind.ANSWER, one.id) for one in answers)]
    run_state_machine_as_test(
        Ours,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
