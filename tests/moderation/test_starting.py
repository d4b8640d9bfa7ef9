"""A moderator decides about a post that nobody flagged."""

from __future__ import annotations

import pytest

from forum.errors import Forbidden
from forum.events.moderation import Decision, ReviewStarted
from forum.options import set_option
from forum.posts import Visibility
from moderation.reviews.models import ReviewState
from moderation.reviews.starting import start_review
from tests.moderation.conftest import ref


@pytest.fixture
def start(bench):
    def starting(account, post):
        actor = bench.actor(account)
        return bench.database.write(lambda session: start_review(session, actor, ref(post)))

    return starting


def test_a_post_is_hidden_in_two_steps_without_a_flag(bench, browser, spam, moderator):
    action = f"/moderation/posts/answer/{spam.id}"
    assert f'action="{action}"' in browser.sign_in(moderator).get(f"/threads/{spam.thread_id}/x").text
    page = browser.post(action)
    review = bench.review(spam)
    assert page.url.path == f"/moderation/reviews/{review.id}"
    assert "Keep it as it is" in page.text
    assert "Ignore the flags" not in page.text
    assert "Opened by a moderator" in browser.get("/moderation/queue").text

    page = browser.post(
        f"/moderation/reviews/{review.id}/decision",
        {"version": str(review.version), "decision": "hide", "grounds": "off_topic"},
    )
    assert "Decided. The author was told." in page.text
    assert bench.again(spam).visibility is Visibility.HIDDEN


def test_keeping_it_claims_nothing_about_flags(bench, browser, spam, moderator, start):
    start(moderator, spam)
    bench.decide(moderator, spam, Decision.APPROVE)
    assert "kept it as it is" in browser.sign_in(moderator).get("/moderation/log").text


def test_what_waits_already_is_not_opened_twice(spam, moderator, start, heard):
    assert start(moderator, spam).id == start(moderator, spam).id
    assert len([event for event in heard if isinstance(event, ReviewStarted)]) == 1


def test_what_is_hidden_stays_decided(bench, spam, moderator, start):
    bench.flag(spam)
    bench.decide(moderator, spam, Decision.HIDE)
    assert start(moderator, spam).state is ReviewState.DECIDED


def test_nobody_starts_about_their_own_or_without_the_right(bench, browser, make, thread, spam, moderator, start):
    own = make.answer(thread, author=moderator)
    for account, post in ((moderator, own), (bench.member(), spam)):
        with pytest.raises(Forbidden):
            start(account, post)
        action = f'action="/moderation/posts/answer/{post.id}"'
        assert action not in browser.sign_in(account).get(f"/threads/{thread.id}/x").text
    assert browser.sign_in(moderator).post("/moderation/posts/poem/1").status_code == 404


def test_the_form_says_what_spam_costs_by_the_rules_in_force(bench, browser, database, spam, moderator):
    bench.flag(spam)
    path = f"/moderation/reviews/{bench.review(spam).id}"
    assert "As spam or abuse: −100 points." in browser.sign_in(moderator).get(path).text
    with database.writing() as session:
        set_option(session, "reputation.rules", {"abuse": -30})
    assert "As spam or abuse: −30 points." in browser.get(path).text
    assert "For each author: −30 points." in browser.get("/moderation/queue").text
