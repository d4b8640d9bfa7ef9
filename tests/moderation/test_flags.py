"""Flags: who may raise one, what it weighs, and when flags alone hide a post."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account, AccountSession, Organisation
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.moderation import Decision, FlagReason
from forum.options import set_option
from forum.posts import Visibility
from moderation.flags.actions import flag_post, retract_flag
from moderation.flags.models import Flag, FlagState
from moderation.flags.weights import Record, weight
from moderation.reviews.models import Review, ReviewState
from tests.moderation.conftest import ref


def flags(database, post):
    with database.reading() as session:
        one = ref(post)
        return list(session.scalars(select(Flag).filter_by(post_kind=one.kind, post_id=one.id).order_by(Flag.id)))


def retract(bench, account, post):
    actor = bench.actor(account)
    bench.database.write(lambda session: retract_flag(session, actor, ref(post)))


def test_all_flags_of_a_post_make_one_review(bench, database, spam):
    bench.flag(spam)
    bench.flag(spam, reason=FlagReason.OFF_TOPIC)

    review = bench.review(spam)
    assert {flag.review_id for flag in flags(database, spam)} == {review.id}
    assert review.weight == 2


def test_flagging_twice_is_flagging_once(bench, database, spam, asker):
    bench.flag(spam, asker)
    bench.flag(spam, asker, reason=FlagReason.ABUSE)

    assert [flag.reason for flag in flags(database, spam)] == [FlagReason.SPAM]


def test_nobody_flags_their_own_post(bench, spam, database):
    with database.reading() as session:
        author = session.get_one(Account, spam.author_id)
    with pytest.raises(Forbidden):
        bench.flag(spam, author)


def test_flagging_is_earned_in_an_established_community_but_private_information_never_waits(bench, database, spam):
    with database.writing() as session:
        set_option(session, "privileges.preset", "established")
    newcomer = bench.make.account(reputation=1)

    with pytest.raises(Forbidden):
        bench.flag(spam, newcomer)
    bench.flag(spam, newcomer, reason=FlagReason.PRIVATE)
    assert len(flags(database, spam)) == 1


def test_a_post_one_cannot_see_cannot_be_flagged(bench, make, thread):
    hidden = make.answer(thread, visibility=Visibility.HIDDEN)
    with pytest.raises(NotFound):
        bench.flag(hidden)


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [
        (FlagReason.OTHER, "", "note"),
        (FlagReason.SPAM, "x" * 501, "note"),
        (FlagReason.NOT_AN_ANSWER, "", "reason"),
    ],
)
def test_what_a_flag_lacks_is_said_beside_its_field(bench, thread, reason, note, field):
    with pytest.raises(Invalid) as refusal:
        bench.flag(thread, reason=reason, note=note)
    assert list(refusal.value.fields) == [field]


def test_a_flag_can_be_taken_back_and_raised_again_as_the_same_row(bench, database, spam, asker):
    bench.flag(spam, asker)
    retract(bench, asker, spam)
    assert bench.review(spam).state is ReviewState.RETRACTED
    bench.flag(spam, asker, reason=FlagReason.ABUSE)

    only = flags(database, spam)
    assert [(flag.state, flag.reason) for flag in only] == [(FlagState.PENDING, FlagReason.ABUSE)]
    assert bench.review(spam).state is ReviewState.PENDING


def test_a_settled_flag_cannot_be_taken_back_or_raised_again(bench, spam, asker, moderator):
    bench.flag(spam, asker)
    bench.decide(moderator, spam, Decision.APPROVE)

    with pytest.raises(Conflict):
        retract(bench, asker, spam)
    with pytest.raises(Conflict):
        bench.flag(spam, asker)


def test_a_new_flag_reopens_the_review_that_there_was(bench, database, spam, asker, moderator):
    bench.flag(spam, asker)
    bench.decide(moderator, spam, Decision.APPROVE)
    bench.flag(spam)

    assert bench.review(spam).state is ReviewState.PENDING
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 1


@pytest.mark.parametrize(
    ("reputation", "has_role", "agreed", "disagreed", "expected"),
    [
        (1, False, 0, 0, 1.0),
        (1, False, 0, 2, 1.0),
        (1, False, 3, 1, 1.0),
        (1, False, 2, 2, 0.5),
        (1, False, 1, 3, 0.0),
        (1, False, 0, 9, 0.0),
        (1, False, 9, 0, 1.5),
        (500, False, 0, 0, 1.5),
        (2000, False, 0, 0, 2.0),
        (1, True, 4, 0, 3.0),
        (2000, False, 0, 3, 0.0),
    ],
)
def test_a_flag_weighs_standing_times_accuracy(reputation, has_role, agreed, disagreed, expected):
    assert weight(reputation, has_role, Record(agreed, disagreed)) == expected


def test_a_record_of_wrong_flags_makes_the_next_weigh_nothing(bench, database, make, thread, asker, moderator):
    for _ in range(3):
        fine = make.answer(thread)
        bench.flag(fine, asker)
        bench.decide(moderator, fine, Decision.APPROVE)
    post = make.answer(thread)
    bench.flag(post, asker)

    assert [flag.weight for flag in flags(database, post)] == [0.0]


def test_three_unlinked_people_hide_a_newcomers_spam(bench, spam):
    bench.flag(spam)
    bench.flag(spam)
    assert bench.again(spam).visibility is Visibility.PUBLISHED
    bench.flag(spam, reason=FlagReason.ABUSE)

    assert bench.again(spam).visibility is Visibility.HIDDEN
    review = bench.review(spam)
    assert (review.state, review.urgent, review.hidden_from) == (ReviewState.PENDING, True, Visibility.PUBLISHED)


def test_two_people_are_not_enough_however_heavy(bench, spam, make):
    for _ in range(2):
        bench.flag(spam, make.moderator())
    assert bench.review(spam).weight == 4
    assert bench.again(spam).visibility is Visibility.PUBLISHED


def test_other_reasons_do_not_hide(bench, spam):
    for _ in range(5):
        bench.flag(spam, reason=FlagReason.OFF_TOPIC)
    assert bench.again(spam).visibility is Visibility.PUBLISHED


@pytest.mark.parametrize(("preset", "needed"), [("new", 3), ("growing", 4), ("established", 6)])
def test_the_weight_that_hides_goes_by_the_preset(bench, database, spam, preset, needed):
    with database.writing() as session:
        set_option(session, "privileges.preset", preset)
    for _ in range(needed - 1):
        bench.flag(spam)
    assert bench.again(spam).visibility is Visibility.PUBLISHED
    bench.flag(spam)
    assert bench.again(spam).visibility is Visibility.HIDDEN


def test_colleagues_speak_with_one_voice(bench, database, spam):
    with database.writing() as session:
        company = Organisation(name="Friends")
        session.add(company)
    for _ in range(4):
        bench.flag(spam, bench.flagger(organisation_id=company.id))
    assert bench.again(spam).visibility is Visibility.PUBLISHED


@pytest.mark.parametrize(("days", "hidden"), [(1, False), (31, True)])
@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8:1:2::{number}"])
def test_people_behind_one_address_within_a_month_speak_with_one_voice(bench, database, spam, address, days, hidden):
    for number in range(3):
        flagger = bench.flagger()
        with database.writing() as session:
            seen = now() - timedelta(days=days)
            session.add(
                AccountSession(
                    account_id=flagger.id,
                    token_hash=f"token{number}",
                    address=address.format(number=number),
                    last_seen_at=seen,
                    expires_at=now() + timedelta(days=90),
                )
            )
        bench.flag(spam, flagger)
    assert (bench.again(spam).visibility is Visibility.HIDDEN) is hidden


def test_somebody_known_is_not_hidden_but_goes_to_the_top(bench, make, thread):
    post = make.answer(thread, author=bench.member())
    for _ in range(4):
        bench.flag(post)
    assert bench.again(post).visibility is Visibility.PUBLISHED
    assert bench.review(post).urgent


@pytest.mark.parametrize("columns", [{"reputation": 49}, {"reputation": 500, "created_at": None}])
def test_few_points_or_few_days_are_enough_to_be_hidden(bench, make, thread, columns):
    columns = {key: value or now() - timedelta(days=13) for key, value in columns.items()}
    post = make.answer(thread, author=bench.member(**columns))
    for _ in range(3):
        bench.flag(post)
    assert bench.again(post).visibility is Visibility.HIDDEN


def test_posts_of_staff_are_never_hidden_by_flags(bench, make, thread):
    post = make.answer(thread, author=make.staff())
    for _ in range(9):
        bench.flag(post)
    assert bench.again(post).visibility is Visibility.PUBLISHED


def test_the_last_flag_taken_back_shows_again_what_flags_had_hidden(bench, spam):
    flaggers = [bench.flagger() for _ in range(3)]
    for flagger in flaggers:
        bench.flag(spam, flagger)
    for flagger in flaggers:
        retract(bench, flagger, spam)
    assert bench.again(spam).visibility is Visibility.PUBLISHED


def test_a_flag_by_a_removed_post_is_refused(bench, moderator, database, spam, asker):
    bench.flag(spam)
    bench.decide(moderator, spam, Decision.HIDE)
    with pytest.raises((Conflict, NotFound)):
        bench.flag(spam, asker)
    actor = bench.actor(moderator)
    with pytest.raises(Conflict):
        database.write(lambda session: flag_post(session, actor, ref(spam), FlagReason.SPAM))
