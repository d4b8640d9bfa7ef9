"""What people see of reputation: leaders, helpers, a profile's growth, the history, and what it gives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forum.accounts.models import Account
from forum.clock import at, now
from forum.events import emit
from forum.events.imports import ReputationImported
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import accept_answer, set_visibility
from forum.threads.models import Thread
from forum.votes.actions import cast_vote
from reputation.ledger.actions import award
from reputation.ledger.dues import Cause
from reputation.ledger.growth import growth
from reputation.ledger.leaders import Period, helpers, leaders
from reputation.ledger.models import Rule
from reputation.ledger.queries import PAGE, history


@pytest.fixture
def ben(make):
    return make.account("ben", display_name="Ben Okri")


@pytest.fixture
def bens(make, thread, ben):
    return make.answer(thread, ben)


@pytest.fixture
def on_bens(bens):
    return PostRef(PostKind.ANSWER, bens.id)


def names(found):
    return [(leader.handle, leader.points, leader.accepted) for leader in found]


def test_leaders_of_a_period_earned_their_points_in_it(session, make_actor, voter, asker, ben, bens, on_bens):
    with at(now() - timedelta(days=20)):
        cast_vote(session, voter, on_bens, 1)
    accept_answer(session, make_actor(asker), bens.id)

    assert names(leaders(session, Period.WEEK)) == [("ben", 15, 1), ("ana", 2, 0)]
    assert names(leaders(session, Period.MONTH)) == [("ben", 25, 1), ("ana", 2, 0)]


def test_leaders_of_all_time_are_those_with_the_most_points(session, voter, ben):
    assert names(leaders(session, Period.ALL)) == [("vic", 500, 0)]


def test_what_was_taken_back_does_not_count(session, make_actor, asker, moderator, bens, on_bens):
    accept_answer(session, make_actor(asker), bens.id)
    set_visibility(session, moderator, on_bens, Visibility.HIDDEN)

    assert leaders(session, Period.WEEK) == ()


def test_staff_are_no_leaders_even_for_what_they_said_as_people(session, make, voter, thread):
    staff = make.staff("sam", reputation=900)
    cast_vote(session, voter, PostRef(PostKind.ANSWER, make.answer(thread, staff).id), 1)

    assert [leader.handle for leader in leaders(session, Period.WEEK)] == []
    assert [leader.handle for leader in leaders(session, Period.ALL)] == ["vic"]


def test_an_import_makes_nobody_this_weeks_helper(session, ben):
    emit(session, ReputationImported(actor_id=None, totals={ben.id: 900}))

    assert helpers(session, None, [0]) == {}
    assert names(leaders(session, Period.ALL)) == [("ben", 901, 0)]


def test_getting_back_what_a_down_vote_cost_is_no_help(session, voter, moderator, ben, on_bens):
    with at(now() - timedelta(days=20)):
        cast_vote(session, voter, on_bens, -1)
    cast_vote(session, voter, on_bens, 0)

    assert leaders(session, Period.WEEK) == ()


def test_the_list_of_people_leads_to_the_leaders(browser, ben):
    assert 'href="/people/leaders"' in browser.get("/people").text


def test_the_front_page_names_this_weeks_helpers(session, browser, voter, on_bens):
    cast_vote(session, voter, on_bens, 1)
    session.commit()

    assert "Ben Okri" in browser.get("/").text


@pytest.mark.parametrize("period", ["week", "month", "year", "all", "nonsense"])
def test_the_leaderboard_shows_each_period(session, browser, voter, on_bens, period):
    cast_vote(session, voter, on_bens, 1)
    session.commit()

    page = browser.get(f"/people/leaders?period={period}")

    assert page.status_code == 200
    assert "Ben Okri" in page.text


def test_an_empty_leaderboard_says_what_to_do(browser):
    assert "See what is unanswered" in browser.get("/people/leaders").text


def test_a_profile_says_in_words_where_the_points_came_from(session, browser, make_actor, asker, voter, bens, on_bens):
    cast_vote(session, voter, on_bens, 1)
    accept_answer(session, make_actor(asker), bens.id)
    session.commit()

    text = browser.get("/people/ben").text

    assert "15 points from 1 accepted answer" in text
    assert "10 points from 1 up vote on answers" in text


def test_a_profile_says_its_losses_as_losses_and_adds_up(session, browser, make, voter, ben, on_bens):
    cast_vote(session, voter, on_bens, -1)
    award(session, voter.id, Rule.ABUSE, Cause("answer", on_bens.id))
    vic = session.get_one(Account, voter.id)
    session.commit()

    mine = browser.sign_in(vic).get("/people/vic").text
    assert "1 point lost by voting answers down" in mine
    assert "100 points lost to 1 post confirmed as spam or abuse" in mine

    others = browser.sign_in(ben).get("/people/vic").text
    assert "101 points lost for other reasons" in others
    assert "confirmed as spam" not in others


@pytest.mark.parametrize(("days", "points_drawn"), [(0, 1), (1, 2), (30, 31), (4000, 41)])
def test_growth_is_drawn_from_the_first_day_until_today(session, voter, ben, on_bens, days, points_drawn):
    with at(now() + timedelta(days=days)):
        cast_vote(session, voter, on_bens, 1)
        line = growth(session, None, [ben.id])[ben.id].line

    assert len(line) == points_drawn
    assert line[-1].reputation == 11
    assert [moment.day for moment in line] == sorted({moment.day for moment in line})


def test_a_longer_history_costs_a_profile_no_more_queries(session, browser, make, thread, voter, ben, on_bens, queries):
    others = [PostRef(PostKind.ANSWER, make.answer(thread, ben).id) for _ in range(5)]
    with queries() as few:
        browser.get("/people/ben/reputation")
    for ref in others:
        cast_vote(session, voter, ref, 1)
    cast_vote(session, voter, on_bens, 1)
    session.commit()
    with queries() as many:
        browser.get("/people/ben/reputation")

    # One look-up of the posts, which the empty page had no need of.
    assert len(many) == len(few) + 1 > 1


def test_the_history_links_each_entry_to_its_post(session, browser, voter, thread, bens, on_bens):
    cast_vote(session, voter, on_bens, 1)
    session.commit()

    text = browser.get("/people/ben/reputation").text

    assert "Answer voted up" in text
    assert "Sync stops halfway" in text
    assert f"#answer-{bens.id}" in text


def test_the_history_names_no_post_that_the_reader_may_not_see(session, browser, moderator, voter, thread, on_bens):
    session.get_one(Thread, thread.id).title = "CANARY in a title"
    cast_vote(session, voter, on_bens, 1)
    set_visibility(session, moderator, PostRef(PostKind.THREAD, thread.id), Visibility.HIDDEN)
    session.commit()

    text = browser.get("/people/ben/reputation").text

    assert "CANARY" not in text
    assert "canary" not in text
    assert "no longer shown" in text


def test_who_voted_down_is_their_own_business(session, make, make_actor, voter, ben, on_bens):
    cast_vote(session, voter, on_bens, -1)

    def rules(actor):
        return [str(entry.rule) for entry in history(session, actor, "vic").entries]

    assert "down_cast" not in rules(None)
    assert "down_cast" not in rules(make_actor(ben))
    assert "down_cast" in rules(voter)


def test_a_history_pages_by_key_without_losing_or_repeating(session, voter, on_bens):
    for value in [1, 0] * PAGE:
        cast_vote(session, voter, on_bens, value)

    seen, before = [], None
    while True:
        found = history(session, None, "ben", before=before)
        seen += [entry.id for entry in found.entries]
        before = found.older
        if before is None:
            break

    assert len(seen) == len(set(seen)) == 2 * PAGE + 1
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "1.5"])
def test_a_broken_page_key_shows_the_first_page(browser, ben, before):
    assert browser.get(f"/people/ben/reputation?before={before}").status_code == 200


def test_nobody_has_no_history(browser):
    assert browser.get("/people/nobody/reputation").status_code == 404


def test_privileges_say_what_is_missing(browser, make):
    browser.sign_in(make.account(reputation=20))

    text = browser.get("/privileges").text

    assert "5 more to go" in text
    assert "25 points" in text


def test_privileges_are_explained_to_strangers_too(browser):
    assert browser.get("/privileges").status_code == 200


def test_the_page_promises_only_what_there_is(browser):
    page = browser.get("/privileges").text.lower()

    assert "vote down" in page
    assert "suggest" not in page


def test_a_refused_vote_says_how_many_points_it_takes_and_leads_to_the_explanation(browser, make, bens):
    browser.sign_in(make.account(reputation=3))

    page = browser.post(f"/answers/{bens.id}/vote", {"value": -1})

    assert page.status_code == 403
    assert "You need 25 points of reputation to vote down; you have 3." in page.text
    assert 'href="/privileges"' in page.text


def test_growth_is_read_again_when_there_is_a_new_entry(session, database, voter, ben, on_bens, queries):
    def points():
        with database.reading() as reading:
            return growth(reading, None, [ben.id])[ben.id].line[-1].reputation

    assert points() == 1
    cast_vote(session, voter, on_bens, 1)
    session.commit()
    with queries() as first:
        assert points() == 11
    with queries() as again:
        assert points() == 11

    assert len(again) < len(first)


def test_who_helped_is_counted_again_when_an_entry_grows_too_old(session, database, voter, on_bens):
    def found(days):
        with at(begun + timedelta(days=days)), database.reading() as reading:
            return names(leaders(reading, Period.WEEK))

    begun = now()
    with at(begun):
        cast_vote(session, voter, on_bens, 1)
    with at(begun + timedelta(days=2)):
        cast_vote(session, voter, on_bens, 0)
        cast_vote(session, voter, on_bens, 1)
    session.commit()

    assert found(6) == [("ben", 10, 0)]
    assert found(8) == []


def test_a_transaction_that_is_given_up_leaves_nothing_behind(session, database, voter, ben, on_bens):
    cast_vote(session, voter, on_bens, 1)
    assert growth(session, None, [ben.id])[ben.id].line[-1].reputation == 11
    session.rollback()
    cast_vote(session, voter, on_bens, -1)
    session.commit()

    with database.reading() as reading:
        assert growth(reading, None, [ben.id])[ben.id].line[-1].reputation == 1
