"""What leaves with a post that is hidden or deleted, and comes back with it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.clock import now
from forum.options import set_option
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import accept_answer, set_visibility, unaccept_answer
from forum.threads.models import Thread
from forum.votes.actions import cast_vote
from reputation.ledger.models import LedgerEntry

GONE = [Visibility.HIDDEN, Visibility.DELETED]


@pytest.fixture
def another(make, thread):
    return make.answer(thread)


@pytest.mark.parametrize("gone", GONE)
def test_an_answer_takes_its_votes_points_with_it_and_brings_them_back(
    session, voter, up, moderator, answer, on_answer, points, clean, gone
):
    up(on_answer, 0, 3)
    cast_vote(session, voter, on_answer, -1)
    assert (points(answer.author_id), points(voter.id)) == (28, -1)

    set_visibility(session, moderator, on_answer, gone)
    assert (points(answer.author_id), points(voter.id)) == (0, 0)
    assert clean()

    set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)
    assert (points(answer.author_id), points(voter.id)) == (28, -1)
    assert clean()


@pytest.mark.parametrize("gone", GONE)
def test_an_accepted_answer_takes_both_shares_with_it(
    session, make_actor, asker, moderator, answer, on_answer, points, clean, gone
):
    accept_answer(session, make_actor(asker), answer.id)

    set_visibility(session, moderator, on_answer, gone)
    assert (points(answer.author_id), points(asker.id)) == (0, 0)
    assert clean()

    set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)
    assert (points(answer.author_id), points(asker.id)) == (15, 2)
    assert clean()


def test_an_answer_that_comes_back_after_another_was_chosen_stays_unpaid(
    session, make_actor, asker, moderator, answer, on_answer, another, points, clean
):
    accept_answer(session, make_actor(asker), answer.id)
    set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
    accept_answer(session, make_actor(asker), another.id)
    set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)

    assert (points(answer.author_id), points(another.author_id), points(asker.id)) == (0, 15, 2)
    assert clean()


def test_what_comes_back_is_what_went_even_when_the_rules_have_changed(
    session, make_actor, asker, up, moderator, answer, on_answer, points, clean
):
    up(on_answer)
    accept_answer(session, make_actor(asker), answer.id)
    set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
    set_option(session, "reputation.rules", {"answer_up": 3, "accepted": 4, "accepting": 1})
    set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)

    assert (points(answer.author_id), points(asker.id)) == (25, 2)
    assert clean()


def test_a_penalty_that_met_the_floor_comes_back_as_it_was(session, voter, up, moderator, answer, on_answer, points):
    cast_vote(session, voter, on_answer, -1)
    assert points(answer.author_id) == 0
    set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
    set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)

    assert points(answer.author_id) == 0


def test_a_hidden_question_leaves_its_answerers_their_points(
    session, make_actor, asker, up, moderator, answer, on_answer, on_thread, points, clean
):
    up(on_answer)
    up(on_thread)
    accept_answer(session, make_actor(asker), answer.id)

    set_visibility(session, moderator, on_thread, Visibility.HIDDEN)

    assert (points(answer.author_id), points(asker.id)) == (25, 2)
    assert clean()


def test_unlisting_a_question_moves_nothing(session, asker, up, moderator, on_thread, points, clean):
    up(on_thread)

    set_visibility(session, moderator, on_thread, Visibility.UNLISTED)

    assert points(asker.id) == 10
    assert clean()


def test_a_post_can_go_and_come_back_any_number_of_times(
    session, make_actor, asker, up, moderator, answer, on_answer, points, clean
):
    up(on_answer, 0, 2)
    for _ in range(3):
        accept_answer(session, make_actor(asker), answer.id)
        set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
        set_visibility(session, moderator, on_answer, Visibility.DELETED)
        assert points(answer.author_id) == 0
        set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)
        assert points(answer.author_id) == 35
        unaccept_answer(session, make_actor(asker), answer.id)
        assert points(answer.author_id) == 20

    assert clean()


def test_nothing_is_taken_back_twice(session, up, moderator, on_answer):
    up(on_answer)
    set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
    set_visibility(session, moderator, on_answer, Visibility.DELETED)

    taken_back = session.scalars(select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))).all()

    assert len(taken_back) == len(set(taken_back)) == 1


def test_a_hidden_comment_concerns_the_ledger_not(session, make, thread):
    comment = make.comment(thread)
    moderator = make.actor(make.moderator())
    before = session.scalars(select(Account.reputation).order_by(Account.id)).all()

    set_visibility(session, moderator, PostRef(PostKind.COMMENT, comment.id), Visibility.HIDDEN)

    assert session.scalars(select(Account.reputation).order_by(Account.id)).all() == before


def test_an_acceptance_that_was_imported_pays_nothing_not_even_by_coming_back(
    session, moderator, asker, thread, answer, on_answer, points, clean
):
    row = session.get_one(Thread, thread.id)
    row.accepted_answer_id, row.accepted_at = answer.id, now()
    assert clean()

    set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
    set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)

    assert session.get_one(Thread, thread.id).accepted_answer_id == answer.id
    assert (points(answer.author_id), points(asker.id)) == (0, 0)
    assert clean()
