"""Casting a vote: who may, on what, what changes, what the rest of the site hears."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.access import Privilege
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.votes import VoteCast
from forum.options import set_option
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.models import Answer, Thread
from forum.votes.actions import QUESTION_DOWN, cast_vote
from forum.votes.models import Vote


@pytest.fixture
def voter(make):
    return make.actor(make.account("vic", reputation=500))


@pytest.fixture
def moderator(make):
    return make.actor(make.moderator())


@pytest.fixture
def on_answer(answer):
    return PostRef(PostKind.ANSWER, answer.id)


def votes(session):
    return [(vote.account_id, vote.value) for vote in session.scalars(select(Vote))]


def heard_votes(heard):
    return [(event.previous, event.value) for event in heard if isinstance(event, VoteCast)]


def test_a_vote_counts_once_however_often_it_is_cast(session, heard, voter, answer, on_answer):
    for _ in range(3):
        cast_vote(session, voter, on_answer, 1)

    assert votes(session) == [(voter.id, 1)]
    assert session.get_one(Answer, answer.id).score == 1
    assert heard_votes(heard) == [(0, 1)]


def test_turning_a_vote_round_moves_the_score_by_two(session, heard, voter, answer, on_answer):
    cast_vote(session, voter, on_answer, 1)
    cast_vote(session, voter, on_answer, -1)

    assert votes(session) == [(voter.id, -1)]
    assert session.get_one(Answer, answer.id).score == -1
    assert heard_votes(heard) == [(0, 1), (1, -1)]


def test_taking_a_vote_back_leaves_nothing(session, voter, answer, on_answer):
    cast_vote(session, voter, on_answer, 1)
    cast_vote(session, voter, on_answer, 0)

    assert votes(session) == []
    assert session.get_one(Answer, answer.id).score == 0


def test_an_imported_score_stays_underneath(session, make, voter, thread):
    answer = make.answer(thread, score=12, score_base=12)

    cast_vote(session, voter, PostRef(PostKind.ANSWER, answer.id), 1)

    assert session.get_one(Answer, answer.id).score == 13


def test_nobody_votes_on_their_own(session, make, thread, answer, heard):
    own = make.actor(session.get_one(Account, answer.author_id))

    with pytest.raises(Forbidden, match="yourself"):
        cast_vote(session, own, PostRef(PostKind.ANSWER, answer.id), 1)

    assert heard == []


def test_voting_down_takes_more_points_than_voting_up_and_says_how_many(session, make, on_answer):
    newcomer = make.actor(make.account(reputation=3))

    cast_vote(session, newcomer, on_answer, 1)
    with pytest.raises(Forbidden, match="You need 25 points of reputation to vote down; you have 3"):
        cast_vote(session, newcomer, on_answer, -1)


def test_voting_up_takes_what_the_preset_says(session, make, on_answer):
    set_option(session, "privileges.preset", "established")
    session.commit()
    newcomer = make.actor(make.account(reputation=14))

    with pytest.raises(Forbidden, match="You need 15 points of reputation to vote up; you have 14"):
        cast_vote(session, newcomer, on_answer, 1)


def test_a_vote_can_be_taken_back_after_the_privilege_is_lost(session, make, voter, on_answer):
    cast_vote(session, voter, on_answer, -1)
    session.get_one(Account, voter.id).reputation = 1
    session.commit()
    poor = make.actor(session.get_one(Account, voter.id))

    assert not poor.can(Privilege.VOTE_DOWN)
    cast_vote(session, poor, on_answer, 0)

    assert votes(session) == []


def test_questions_are_voted_down_only_where_that_is_on(session, voter, thread):
    ref = PostRef(PostKind.THREAD, thread.id)

    with pytest.raises(Invalid):
        cast_vote(session, voter, ref, -1)
    set_option(session, QUESTION_DOWN.option, value=True)
    cast_vote(session, voter, ref, -1)

    assert session.get_one(Thread, thread.id).score == -1


@pytest.mark.parametrize("value", [2, -2, 100])
def test_a_vote_is_up_down_or_none(session, voter, on_answer, value):
    with pytest.raises(Invalid):
        cast_vote(session, voter, on_answer, value)


def test_comments_are_not_voted_on(session, make, voter, thread):
    comment = make.comment(thread)

    with pytest.raises(NotFound):
        cast_vote(session, voter, PostRef(PostKind.COMMENT, comment.id), 1)


@pytest.mark.parametrize("kind", [PostKind.THREAD, PostKind.ANSWER])
def test_a_hidden_post_looks_like_none(session, make, voter, thread, answer, kind):
    model, post_id = (Thread, thread.id) if kind is PostKind.THREAD else (Answer, answer.id)
    post = session.get_one(model, post_id)
    post.visibility = Visibility.HIDDEN

    with pytest.raises(NotFound):
        cast_vote(session, voter, PostRef(kind, post.id), 1)


def test_who_sees_a_hidden_post_cannot_vote_on_it_either(session, moderator, answer, on_answer):
    session.get_one(Answer, answer.id).visibility = Visibility.HIDDEN

    with pytest.raises(Conflict):
        cast_vote(session, moderator, on_answer, 1)


def test_answers_of_a_hidden_thread_take_no_votes(session, moderator, thread, on_answer):
    session.get_one(Thread, thread.id).visibility = Visibility.HIDDEN

    with pytest.raises(Conflict):
        cast_vote(session, moderator, on_answer, 1)


def test_a_locked_thread_keeps_its_votes_until_the_lock_ends(session, voter, thread, on_answer):
    row = session.get_one(Thread, thread.id)
    row.locked_at = now()
    with pytest.raises(Conflict):
        cast_vote(session, voter, on_answer, 1)

    row.locked_until = now() - timedelta(seconds=1)
    cast_vote(session, voter, on_answer, 1)

    assert votes(session) == [(voter.id, 1)]
