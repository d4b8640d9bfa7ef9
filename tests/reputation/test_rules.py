"""What each rule is worth, to whom, and what takes it back."""

from __future__ import annotations

import pytest

from forum.accounts.models import Account
from forum.events import emit
from forum.events.accounts import AccountJoined
from forum.events.imports import ReputationImported
from forum.events.moderation import PostClearedOfAbuse, PostConfirmedAbusive
from forum.options import set_option
from forum.posts import PostKind, PostRef
from forum.threads.actions import accept_answer, unaccept_answer
from forum.threads.models import Answer, Thread
from forum.votes.actions import QUESTION_DOWN, cast_vote
from reputation.ledger.actions import award_edit
from reputation.ledger.models import Rule


@pytest.mark.parametrize(("value", "earned"), [(1, 10), (-1, -2)])
def test_a_vote_on_an_answer_moves_its_author(session, make, voter, thread, clean, value, earned):
    author = make.account("rich", reputation=50)
    answer = make.answer(thread, author)

    cast_vote(session, voter, PostRef(PostKind.ANSWER, answer.id), value)

    assert session.get_one(Account, author.id).reputation == 50 + earned
    assert clean()


def test_a_vote_on_a_question_moves_its_asker(session, make, voter, clean):
    set_option(session, QUESTION_DOWN.option, value=True)
    session.commit()
    asker = make.account("rich", reputation=50)
    ref = PostRef(PostKind.THREAD, make.thread(asker).id)

    cast_vote(session, voter, ref, 1)
    assert session.get_one(Account, asker.id).reputation == 60
    cast_vote(session, voter, ref, -1)
    assert session.get_one(Account, asker.id).reputation == 48

    assert clean()


def test_a_down_vote_on_an_answer_costs_its_caster_a_point_until_it_is_taken_back(
    session, voter, on_answer, points, entries, clean
):
    cast_vote(session, voter, on_answer, -1)
    assert points(voter.id) == -1
    cast_vote(session, voter, on_answer, 0)

    assert points(voter.id) == 0
    assert entries(voter.id) == [(Rule.DOWN_CAST, -1), (Rule.DOWN_CAST, 1)]
    assert clean()


def test_a_down_vote_on_a_question_costs_nothing(session, voter, on_thread, points):
    set_option(session, QUESTION_DOWN.option, value=True)

    cast_vote(session, voter, on_thread, -1)

    assert points(voter.id) == 0


def test_taking_a_vote_back_negates_it(session, voter, answer, on_answer, points, entries, clean):
    cast_vote(session, voter, on_answer, 1)
    cast_vote(session, voter, on_answer, 0)

    assert points(answer.author_id) == 0
    assert entries(answer.author_id) == [(Rule.ANSWER_UP, 10), (Rule.ANSWER_UP, -10)]
    assert clean()


def test_a_penalty_stops_at_one_and_taking_it_back_gives_only_what_it_took(
    session, make, voter, thread, entries, clean
):
    author = make.account("poor", reputation=2)
    ref = PostRef(PostKind.ANSWER, make.answer(thread, author).id)

    cast_vote(session, voter, ref, -1)
    assert session.get_one(Account, author.id).reputation == 1
    cast_vote(session, voter, ref, 0)

    assert session.get_one(Account, author.id).reputation == 2
    assert entries(author.id) == [(Rule.ANSWER_DOWN, -1), (Rule.ANSWER_DOWN, 1)]
    assert clean()


def test_accepting_pays_both(session, make, asker, answer, points, clean):
    accept_answer(session, make.actor(asker), answer.id)

    assert points(answer.author_id) == 15
    assert points(asker.id) == 2
    assert clean()


def test_unaccepting_takes_both_back(session, make, asker, answer, points, clean):
    actor = make.actor(asker)
    accept_answer(session, actor, answer.id)
    unaccept_answer(session, actor, answer.id)

    assert points(answer.author_id) == points(asker.id) == 0
    assert clean()


def test_choosing_another_answer_moves_the_points(session, make, asker, thread, answer, points, clean):
    actor, better = make.actor(asker), make.answer(thread)
    accept_answer(session, actor, answer.id)
    accept_answer(session, actor, better.id)

    assert points(answer.author_id) == 0
    assert session.get_one(Account, better.author_id).reputation == 16
    assert points(asker.id) == 2
    assert clean()


def test_accepting_ones_own_answer_earns_nothing(session, make, asker, thread, entries, clean):
    own = make.answer(thread, asker)

    accept_answer(session, make.actor(asker), own.id)

    assert entries() == []
    assert clean()


def test_an_admin_who_accepts_what_the_asker_answered_earns_them_nothing(session, make, asker, thread, entries, clean):
    admin, own = make.actor(make.admin()), make.answer(thread, asker)

    accept_answer(session, admin, own.id)

    assert entries() == []
    assert clean()


def test_an_admin_who_accepts_for_the_asker_earns_them_nothing(session, make, asker, answer, points, clean):
    admin = make.actor(make.admin())

    accept_answer(session, admin, answer.id)

    assert points(answer.author_id) == 15
    assert points(asker.id) == 0
    assert clean()


def test_an_admin_earns_nothing_by_accepting_what_they_wrote(session, make, thread, entries, clean):
    admin = make.admin()
    own = make.answer(thread, admin)

    accept_answer(session, make.actor(admin), own.id)

    assert entries() == []
    assert clean()


def test_staff_earn_nothing_by_answering_for_the_company(session, make, voter, asker, thread, points, entries, clean):
    staff = make.staff(reputation=40)
    answer = make.answer(thread, staff, from_staff=True)
    ref = PostRef(PostKind.ANSWER, answer.id)

    cast_vote(session, voter, ref, 1)
    cast_vote(session, voter, ref, -1)
    accept_answer(session, make.actor(asker), answer.id)

    assert entries(staff.id) == []
    assert points(voter.id) == -1
    assert points(asker.id) == 2
    assert clean()


def test_joining_is_worth_a_point_once(session):
    account = Account(handle="new", display_name="New")
    session.add(account)
    session.flush()
    for _ in range(2):
        emit(session, AccountJoined(actor_id=account.id, account_id=account.id))

    assert session.get_one(Account, account.id, populate_existing=True).reputation == 1


def test_an_import_says_the_total_and_a_later_one_adds_what_is_new(session, asker, points, entries, clean):
    for total in (120, 120, 135):
        emit(session, ReputationImported(actor_id=None, totals={asker.id: total}))

    assert points(asker.id) == 135
    assert entries(asker.id) == [(Rule.IMPORTED, 120), (Rule.IMPORTED, 15)]
    assert clean()


def test_an_approved_edit_is_paid_once(session, asker, points, clean):
    for _ in range(2):
        award_edit(session, asker.id, 7, actor_id=None)

    assert points(asker.id) == 2
    assert clean()


def test_confirmed_abuse_costs_a_hundred_and_clearing_gives_it_back(session, make, moderator, clean):
    author = make.account("rude", reputation=150)
    thread = make.thread(author)
    about = {
        "actor_id": moderator.id,
        "post": PostRef(PostKind.THREAD, thread.id),
        "thread_id": thread.id,
        "author_id": author.id,
        "review_id": 1,
    }

    for _ in range(2):
        emit(session, PostConfirmedAbusive(**about))
    assert session.get_one(Account, author.id, populate_existing=True).reputation == 50
    for _ in range(2):
        emit(session, PostClearedOfAbuse(**about))

    assert session.get_one(Account, author.id, populate_existing=True).reputation == 150
    assert clean()


def test_an_admin_can_change_a_rule(session, voter, answer, on_answer, points):
    set_option(session, "reputation.rules", {"answer_up": 3})

    cast_vote(session, voter, on_answer, 1)

    assert points(answer.author_id) == 3


def test_a_rule_changed_meanwhile_does_not_change_what_is_taken_back(session, voter, answer, on_answer, points, clean):
    cast_vote(session, voter, on_answer, 1)
    set_option(session, "reputation.rules", {"answer_up": 3})
    cast_vote(session, voter, on_answer, 0)

    assert points(answer.author_id) == 0
    assert session.get_one(Answer, answer.id).score == 0
    assert session.get_one(Thread, answer.thread_id).score == 0
    assert clean()
