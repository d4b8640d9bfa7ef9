"""A newcomer's first post with a link waits for approval."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.errors import Conflict, Invalid
from forum.events.moderation import Decision, FlagReason
from forum.markup import cook
from forum.options import set_option
from forum.posts import Visibility
from forum.threads.actions import edit_post, post_answer
from moderation.reviews.models import Review, ReviewKind, ReviewState
from tests.moderation.conftest import ref

LINK = cook("The cure is described at https://example.com/cure in detail.")
PLAIN = cook("Restart it, wait a minute, and it goes on.")


@pytest.fixture
def write(bench, thread):
    """Answer as somebody, in a transaction of its own."""

    def writing(account, cooked=LINK):
        actor = bench.actor(account)
        return bench.database.write(lambda session: post_answer(session, actor, thread.id, cooked))

    return writing


def reviews(database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Review)) or 0


def test_the_first_post_with_a_link_waits_and_opens_a_review(bench, make, write):
    answer = write(make.account())
    assert bench.again(answer).visibility is Visibility.PENDING
    assert (bench.review(answer).kind, bench.review(answer).state) == (ReviewKind.APPROVAL, ReviewState.PENDING)


def test_without_a_link_nothing_waits(bench, database, make, write):
    assert bench.again(write(make.account(), PLAIN)).visibility is Visibility.PUBLISHED
    assert reviews(database) == 0


def test_a_first_link_is_not_slipped_into_what_is_shown_already(bench, make, write):
    newcomer = make.account()
    answer, actor = write(newcomer, PLAIN), bench.actor(newcomer)
    with pytest.raises(Invalid) as refusal:
        bench.database.write(lambda session: edit_post(session, actor, ref(answer), LINK))
    bench.database.write(lambda session: edit_post(session, actor, ref(answer), cook("It helped me as well.")))

    assert set(refusal.value.fields) == {"body"}
    assert bench.again(answer).source == "It helped me as well."


def test_who_is_known_does_not_wait(bench, write):
    assert bench.again(write(bench.member())).visibility is Visibility.PUBLISHED


def test_once_one_was_published_the_next_does_not_wait(bench, make, moderator, write):
    newcomer = make.account()
    first = write(newcomer)
    bench.decide(moderator, first, Decision.APPROVE, grounds=None)
    assert bench.again(first).visibility is Visibility.PUBLISHED
    assert bench.again(write(newcomer)).visibility is Visibility.PUBLISHED


def test_the_option_switches_it_off(bench, database, make, write):
    with database.writing() as session:
        set_option(session, "moderation.hold_first_link", False)
    assert bench.again(write(make.account())).visibility is Visibility.PUBLISHED


@pytest.mark.parametrize(
    ("decision", "became"), [(Decision.REJECT, Visibility.REJECTED), (Decision.APPROVE, Visibility.PUBLISHED)]
)
def test_what_was_decided_can_be_undone_and_waits_again(bench, make, moderator, write, decision, became):
    answer = write(make.account())
    row = bench.decide(moderator, answer, decision)
    assert bench.again(answer).visibility is became
    bench.undo(moderator, row)
    assert bench.again(answer).visibility is Visibility.PENDING
    assert (bench.review(answer).kind, bench.review(answer).state) == (ReviewKind.APPROVAL, ReviewState.PENDING)


def test_a_rejected_author_reads_why_and_may_appeal(bench, browser, database, make, moderator, write):
    newcomer = make.account()
    answer = write(newcomer)
    bench.decide(moderator, answer, Decision.REJECT, grounds=FlagReason.SPAM)
    page = browser.sign_in(newcomer).get(f"/moderation/reviews/{bench.review(answer).id}/appeal")
    assert "was not published" in page.text
    assert "Appeal" in page.text


def test_what_waits_cannot_be_flagged_by_those_who_do_not_see_it(bench, make, write, moderator):
    answer = write(make.account())
    with pytest.raises(Conflict):
        bench.flag(answer, moderator)
    with bench.database.reading() as session:
        assert session.get_one(Account, answer.author_id)


def test_approving_what_waited_claims_nothing_about_flags(bench, browser, make, moderator, write):
    answer = write(make.account())
    review = bench.review(answer)
    browser.sign_in(moderator)
    page = browser.post(
        f"/moderation/reviews/{review.id}/decision", {"version": str(review.version), "decision": "approve"}
    )
    assert "Decided. The author was told." in page.text
    pages = ["/moderation/log", f"/moderation/reviews/{review.id}", f"/moderation/people/{answer.author_id}"]
    for path in [*pages, "/moderation/queue?state=decided"]:
        text = browser.get(path).text
        assert "approved it" in text
        assert "found the flags wrong" not in text


def test_the_author_of_what_waits_is_not_sent_to_a_page_that_says_the_same(browser, make, thread, write):
    author = make.account()
    write(author)
    page = browser.sign_in(author).get(f"/threads/{thread.id}/x")
    assert "waits for a moderator’s approval" in page.text
    assert "More about this</a>" not in page.text
