"""The day's cap, and what a new day changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forum.clock import at
from forum.options import set_option
from forum.posts import Visibility
from forum.threads.actions import accept_answer, set_visibility
from forum.votes.actions import cast_vote
from reputation.ledger.models import Rule

EVENING = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)
NEXT_DAY = EVENING + timedelta(minutes=1)


@pytest.fixture
def full(session, voter, moderator, up, on_answer):
    """The evening on which twenty people have voted an answer up."""
    with at(EVENING):
        up(on_answer, 0, 20)


@pytest.mark.usefixtures("full")
def test_votes_earn_no_more_than_the_cap_in_a_day(up, answer, on_answer, points, entries, clean):
    with at(EVENING):
        up(on_answer, 20, 22)

    assert points(answer.author_id) == 200
    assert entries(answer.author_id)[-2:] == [(Rule.ANSWER_UP, 0), (Rule.ANSWER_UP, 0)]
    assert clean()


@pytest.mark.usefixtures("full")
def test_a_vote_that_meets_the_cap_half_way_earns_what_is_left(session, up, answer, on_answer, points, entries):
    set_option(session, "reputation.daily_cap", 203)
    with at(EVENING):
        up(on_answer, 20, 21)

    assert points(answer.author_id) == 203
    assert entries(answer.author_id)[-1] == (Rule.ANSWER_UP, 3)


@pytest.mark.usefixtures("full")
def test_taking_a_vote_back_does_not_refill_the_cap(session, up, answer, on_answer, points, clean):
    with at(EVENING):
        cast_vote(session, up.crowd[0], on_answer, 0)
        up(on_answer, 20, 21)
        assert points(answer.author_id) == 190
        cast_vote(session, up.crowd[0], on_answer, 1)

    assert points(answer.author_id) == 190
    assert clean()


@pytest.mark.usefixtures("full")
def test_taking_back_a_vote_that_earned_nothing_takes_nothing(session, up, answer, on_answer, points, clean):
    with at(EVENING):
        up(on_answer, 20, 21)
        cast_vote(session, up.crowd[20], on_answer, 0)

    assert points(answer.author_id) == 200
    assert clean()


@pytest.mark.usefixtures("full")
def test_a_new_day_has_a_cap_of_its_own(up, answer, on_answer, points):
    with at(NEXT_DAY):
        up(on_answer, 20, 21)

    assert points(answer.author_id) == 210


@pytest.mark.usefixtures("full")
def test_a_vote_taken_back_over_midnight_leaves_the_new_days_cap_alone(session, up, answer, on_answer, points, clean):
    with at(NEXT_DAY):
        cast_vote(session, up.crowd[0], on_answer, 0)
        assert points(answer.author_id) == 190
        cast_vote(session, up.crowd[0], on_answer, 1)

    assert points(answer.author_id) == 200
    assert clean()


@pytest.mark.usefixtures("full")
def test_accepting_is_outside_the_cap(session, make_actor, asker, answer, points):
    with at(EVENING):
        accept_answer(session, make_actor(asker), answer.id)

    assert points(answer.author_id) == 215


@pytest.mark.usefixtures("full")
def test_down_votes_do_not_make_room_under_the_cap(session, voter, up, answer, on_answer, points):
    with at(EVENING):
        cast_vote(session, voter, on_answer, -1)
        up(on_answer, 20, 21)

    assert points(answer.author_id) == 198


@pytest.mark.usefixtures("full")
def test_what_a_restored_post_gets_back_is_exact_and_counts_for_no_cap(
    session, up, moderator, answer, on_answer, points, clean
):
    with at(EVENING):
        up(on_answer, 20, 21)
        set_visibility(session, moderator, on_answer, Visibility.HIDDEN)
        assert points(answer.author_id) == 0
    with at(NEXT_DAY):
        set_visibility(session, moderator, on_answer, Visibility.PUBLISHED)
        assert points(answer.author_id) == 200
        up(on_answer, 21, 22)

    assert points(answer.author_id) == 210
    assert clean()
