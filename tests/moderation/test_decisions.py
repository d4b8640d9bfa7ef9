"""Deciding: what each decision does, that there is exactly one, and that undoing restores everything."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.clock import at, now
from forum.errors import Conflict, Forbidden, Invalid, NotFound, PorchlightError
from forum.events.moderation import (
    Decision,
    FlagReason,
    HandedToStaff,
    PostClearedOfAbuse,
    PostConfirmedAbusive,
    SanctionKind,
    TakenBackFromStaff,
)
from forum.markup import cook
from forum.posts import Visibility
from forum.threads.actions import delete_post, lock_thread, restore_post, set_visibility
from forum.threads.models import Thread
from moderation.flags.models import Flag, FlagState
from moderation.reviews.choices import Terms
from moderation.reviews.claims import Stale, claim_review, release_review
from moderation.reviews.models import ReviewDecision, ReviewState
from tests.moderation.conftest import ref

V = Visibility


def states(database) -> list[FlagState]:
    with database.reading() as session:
        return list(session.scalars(select(Flag.state).order_by(Flag.id)))


def points(database, account_id: int) -> int:
    with database.reading() as session:
        return session.get_one(Account, account_id).reputation


def claim(bench, moderator, post):
    review, actor = bench.review(post), bench.actor(moderator)
    bench.database.write(lambda session: claim_review(session, actor, review.id))


@pytest.mark.parametrize(
    ("decision", "flags", "visibility"),
    [
        (Decision.APPROVE, FlagState.DISAGREED, V.PUBLISHED),
        (Decision.IGNORE, FlagState.IGNORED, V.PUBLISHED),
        (Decision.HIDE, FlagState.AGREED, V.HIDDEN),
        (Decision.DELETE, FlagState.AGREED, V.DELETED),
        (Decision.LOCK, FlagState.AGREED, V.PUBLISHED),
    ],
)
@pytest.mark.parametrize("hidden_before", [False, True])
def test_a_decision_settles_every_flag_and_undoing_it_restores_exactly(
    bench, database, spam, moderator, decision, flags, visibility, hidden_before
):
    for _ in range(3 if hidden_before else 2):
        bench.flag(spam)
    before = snapshot(database, spam, bench.review(spam))
    row = bench.decide(moderator, spam, decision)

    assert set(states(database)) == {flags}
    expected = V.HIDDEN if hidden_before and decision is Decision.LOCK else visibility
    assert bench.again(spam).visibility is expected
    assert bench.review(spam).state is ReviewState.DECIDED

    bench.undo(moderator, row)
    assert snapshot(database, spam, bench.review(spam)) == before


def snapshot(database, post, review):
    with database.reading() as session:
        row = session.get_one(type(post), post.id)
        thread = session.get_one(Thread, review.thread_id)
        columns = ("visibility", "visibility_before", "visibility_reason", "visibility_at", "visibility_by_id", "html")
        return (
            *(getattr(row, column) for column in columns),
            (thread.locked_at, thread.lock_reason, thread.answer_count, thread.accepted_answer_id),
            (review.state, review.weight, review.urgent, review.hidden_from, review.opened_at, review.kind),
            [(flag.state, flag.decision_id, flag.weight) for flag in session.scalars(select(Flag).order_by(Flag.id))],
            session.get_one(Account, row.author_id).reputation,
            session.get_one(Account, row.author_id).silenced_until,
        )


@pytest.mark.parametrize("decision", [Decision.DELETE, Decision.HIDE, Decision.SANCTION])
def test_deleting_it_first_saves_nobody_from_the_decision(bench, database, make, thread, moderator, decision):
    author = make.account()
    post = make.answer(thread, author=author)
    bench.flag(post)
    with database.writing() as session:
        delete_post(session, make.actor(author), ref(post))
    row = bench.decide(moderator, post, decision, grounds=FlagReason.SPAM, terms=Terms(SanctionKind.WARN))
    with database.writing() as session, pytest.raises(NotFound):
        restore_post(session, make.actor(author), ref(post))

    bench.undo(moderator, row)
    with database.writing() as session:
        restore_post(session, make.actor(author), ref(post))
    assert bench.again(post).visibility is V.PUBLISHED


def test_confirmed_spam_costs_points_and_undoing_gives_back_what_it_cost(
    bench, database, heard, make, thread, moderator
):
    author = bench.member()
    post = make.answer(thread, author=author)
    bench.flag(post)
    row = bench.decide(moderator, post, Decision.DELETE, grounds=FlagReason.SPAM)
    assert [type(event) for event in heard if isinstance(event, PostConfirmedAbusive)] == [PostConfirmedAbusive]
    assert points(database, author.id) < 100

    bench.undo(moderator, row)
    assert any(isinstance(event, PostClearedOfAbuse) for event in heard)
    assert points(database, author.id) == 100


@pytest.mark.parametrize("decision", [Decision.EDIT, Decision.APPROVE, Decision.LOCK])
def test_only_removing_for_spam_or_abuse_counts_as_confirmed(bench, heard, spam, moderator, decision):
    bench.flag(spam)
    bench.decide(moderator, spam, decision, grounds=FlagReason.SPAM, cooked=cook("Something else entirely now"))
    assert not [event for event in heard if isinstance(event, PostConfirmedAbusive)]


def test_editing_keeps_the_post_and_undoing_rolls_it_back(bench, spam, moderator):
    for _ in range(3):
        bench.flag(spam)
    row = bench.decide(moderator, spam, Decision.EDIT, cooked=cook("I had the same trouble with mine."))
    assert bench.again(spam).source == "I had the same trouble with mine."
    assert bench.again(spam).visibility is V.PUBLISHED

    bench.undo(moderator, row)
    assert bench.again(spam).source == spam.source
    assert bench.again(spam).visibility is V.HIDDEN


def test_an_edit_that_changes_nothing_is_no_decision(bench, spam, moderator):
    bench.flag(spam)
    with pytest.raises(Invalid) as refusal:
        bench.decide(moderator, spam, Decision.EDIT, cooked=cook(spam.source))
    assert list(refusal.value.fields) == ["body"]
    assert bench.review(spam).state is ReviewState.PENDING


def test_locking_again_and_undoing_brings_back_the_earlier_lock(bench, database, thread, moderator):
    bench.flag(thread)
    actor = bench.actor(moderator)
    database.write(lambda session: lock_thread(session, actor, thread.id, reason="Spoilers"))
    before = bench.again(thread)
    row = bench.decide(moderator, thread, Decision.LOCK, message="Heated", lock_days=7)
    assert bench.again(thread).lock_reason == "Heated"

    bench.undo(moderator, row)
    after = bench.again(thread)
    assert (after.lock_reason, after.locked_at, after.locked_until) == ("Spoilers", before.locked_at, None)


def test_a_sanction_silences_and_undoing_lifts_it(bench, database, spam, moderator):
    bench.flag(spam)
    row = bench.decide(moderator, spam, Decision.SANCTION, terms=Terms(SanctionKind.SILENCE, 7))
    with database.reading() as session:
        assert session.get_one(Account, spam.author_id).silenced_until > now() + timedelta(days=6)
    assert bench.again(spam).visibility is V.HIDDEN

    bench.undo(moderator, row)
    with database.reading() as session:
        assert session.get_one(Account, spam.author_id).silenced_until is None


def test_handing_to_staff_says_so_and_undoing_takes_it_back(bench, heard, thread, moderator):
    bench.flag(thread, reason=FlagReason.NEEDS_STAFF)
    row = bench.decide(moderator, thread, Decision.HAND_TO_STAFF, note="A billing matter")
    assert [(e.thread_id, e.reason) for e in heard if isinstance(e, HandedToStaff)] == [(thread.id, "A billing matter")]

    bench.undo(moderator, row)
    assert [event.thread_id for event in heard if isinstance(event, TakenBackFromStaff)] == [thread.id]


def test_private_information_deleted_is_shown_to_nobody(bench, spam, moderator):
    bench.flag(spam, reason=FlagReason.PRIVATE)
    row = bench.decide(moderator, spam, Decision.DELETE, grounds=FlagReason.PRIVATE)
    assert bench.again(spam).withheld
    bench.undo(moderator, row)
    assert not bench.again(spam).withheld


def test_nobody_decides_on_their_own_post(bench, make, thread, moderator):
    post = make.answer(thread, author=moderator)
    bench.flag(post)
    with pytest.raises(Forbidden):
        bench.decide(moderator, post, Decision.APPROVE)


def test_only_moderators_decide(bench, spam, asker):
    bench.flag(spam)
    with pytest.raises(Forbidden):
        bench.decide(asker, spam, Decision.APPROVE)


@pytest.mark.parametrize(
    ("decision", "choice", "field"),
    [
        (Decision.HIDE, {"grounds": None}, "grounds"),
        (Decision.DELETE, {"grounds": FlagReason.OTHER}, "message"),
        (Decision.SANCTION, {}, "sanction"),
        (Decision.HAND_TO_STAFF, {}, "note"),
        (Decision.EDIT, {}, "body"),
        (Decision.REJECT, {}, "decision"),
        (Decision.IGNORE, {"message": "x" * 2001}, "message"),
    ],
)
def test_what_a_decision_lacks_is_said_beside_its_field(bench, spam, moderator, decision, choice, field):
    bench.flag(spam)
    with pytest.raises(Invalid) as refusal:
        bench.decide(moderator, spam, decision, **choice)
    assert field in refusal.value.fields


def test_a_decision_about_what_has_changed_since_is_stale(bench, spam, moderator, make):
    bench.flag(spam)
    seen = bench.review(spam).version
    bench.decide(make.moderator(), spam, Decision.APPROVE)
    with pytest.raises(Stale):
        bench.decide(moderator, spam, Decision.DELETE, version=seen)
    assert bench.again(spam).visibility is V.PUBLISHED


def test_a_claim_keeps_others_out_for_ten_minutes(bench, spam, moderator, make):
    other = make.moderator()
    bench.flag(spam)
    claim(bench, moderator, spam)
    with pytest.raises(Stale):
        claim(bench, other, spam)
    with pytest.raises(Stale):
        bench.decide(other, spam, Decision.HIDE)

    with at(now() + timedelta(minutes=11)):
        bench.decide(other, spam, Decision.HIDE)
    assert bench.again(spam).visibility is V.HIDDEN


def test_a_claim_given_back_lets_others_in(bench, database, spam, moderator, make):
    bench.flag(spam)
    claim(bench, moderator, spam)
    actor, review = bench.actor(moderator), bench.review(spam)
    database.write(lambda session: release_review(session, actor, review.id))
    bench.decide(make.moderator(), spam, Decision.APPROVE)


def test_of_twenty_at_once_exactly_one_decides(bench, database, spam, make):
    bench.flag(spam)
    moderators = [make.moderator() for _ in range(20)]
    start, outcomes = threading.Barrier(20), []

    def work(moderator: Account) -> None:
        start.wait()
        try:
            bench.decide(moderator, spam, Decision.DELETE, version=1, grounds=FlagReason.SPAM)
            outcomes.append("decided")
        except Stale:
            outcomes.append("stale")

    threads = [threading.Thread(target=work, args=(moderator,)) for moderator in moderators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["decided"] + ["stale"] * 19
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReviewDecision)) == 1


def test_flags_and_decisions_at_once_neither_block_nor_disagree(bench, database, make, thread, moderator):
    posts = [make.answer(thread) for _ in range(3)]
    for post in posts:
        bench.flag(post)
    failures = []

    def work(number: int) -> None:
        flagger = bench.flagger()
        for post in posts if number % 2 else reversed(posts):
            try:
                if number == 0:
                    bench.decide(moderator, post, Decision.APPROVE)
                else:
                    bench.flag(post, flagger, reason=FlagReason.OFF_TOPIC)
            except (Stale, Conflict):
                pass
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert failures == []
    with database.reading() as session:
        for post in posts:
            review = bench.review(post)
            pending = session.scalars(select(Flag.weight).filter_by(review_id=review.id, state=FlagState.PENDING)).all()
            assert review.weight == sum(pending)


def test_undo_is_refused_once_the_post_was_moved_by_hand(bench, database, spam, moderator):
    bench.flag(spam)
    row = bench.decide(moderator, spam, Decision.HIDE)
    actor = bench.actor(moderator)
    database.write(lambda session: set_visibility(session, actor, ref(spam), V.PUBLISHED))
    database.write(lambda session: set_visibility(session, actor, ref(spam), V.HIDDEN))

    with pytest.raises(Conflict, match="published, hidden or deleted since"):
        bench.undo(moderator, row)


def test_undo_is_refused_once_the_post_was_edited(bench, database, make, spam, moderator):
    bench.flag(spam)
    row = bench.decide(moderator, spam, Decision.EDIT, cooked=cook("Something else entirely"))
    bench.flag(spam)
    bench.decide(moderator, spam, Decision.EDIT, cooked=cook("Something else once more"))
    with pytest.raises(Conflict, match="later decision"):
        bench.undo(moderator, row)


def test_a_decision_is_undone_once(bench, spam, moderator):
    bench.flag(spam)
    row = bench.decide(moderator, spam, Decision.HIDE)
    bench.undo(moderator, row)
    with pytest.raises(PorchlightError, match="already"):
        bench.undo(moderator, row)


def test_an_accepted_answer_hidden_and_undone_is_the_solution_again(bench, database, make, thread, moderator):
    answer = make.answer(thread)
    with database.writing() as session:
        session.get_one(Thread, thread.id).accepted_answer_id = answer.id
    bench.flag(answer)
    row = bench.decide(moderator, answer, Decision.HIDE)
    assert bench.again(thread).accepted_answer_id is None
    bench.undo(moderator, row)
    assert bench.again(thread).accepted_answer_id == answer.id
