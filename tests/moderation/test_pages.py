"""Moderation over HTTP, without scripts: flag, queue, review, decision, stale decision, appeal, sanctions, log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.clock import now
from forum.events.moderation import Decision, FlagReason
from forum.notifications.models import Notification
from forum.posts import Visibility
from moderation.flags.models import Flag, FlagState
from moderation.reviews.models import Review, ReviewDecision, ReviewState
from tests.mailing import mail_of


def told(database, account) -> list[str]:
    with database.reading() as session:
        rows = session.scalars(select(Notification).filter_by(account_id=account.id).order_by(Notification.id))
        return [row.text or row.kind for row in rows]


def decide(browser, review, **fields):
    data = {"version": str(review.version), "decision": "hide", "grounds": "off_topic"} | fields
    return browser.post(f"/moderation/reviews/{review.id}/decision", data)


def test_flagging_works_without_scripts_and_can_be_taken_back(bench, browser, database, spam):
    browser.sign_in(bench.flagger())
    page = browser.get(f"/flags/answer/{spam.id}")
    assert "Private information" in page.text
    page = browser.post(f"/flags/answer/{spam.id}", {"reason": "spam", "note": "Watches"})
    assert page.url.path.startswith("/threads/")
    assert "A moderator will look" in page.text
    assert f"/flags/answer/{spam.id}/retract" in page.text

    browser.post(f"/flags/answer/{spam.id}/retract")
    with database.reading() as session:
        assert session.scalars(select(Flag)).one().state is FlagState.RETRACTED


def test_a_flag_without_its_reason_keeps_what_was_typed(bench, browser, spam):
    browser.sign_in(bench.flagger())
    page = browser.post(f"/flags/answer/{spam.id}", {"note": "It is odd"})
    assert page.status_code == 422
    assert "Choose what is wrong." in page.text
    assert "It is odd" in page.text


def test_a_script_flags_in_place(bench, browser, spam):
    browser.sign_in(bench.flagger())
    form = browser.fragment("GET", f"/flags/answer/{spam.id}")
    assert "<html" not in form.text
    assert f'hx-target="#flag-answer-{spam.id}"' in form.text
    done = browser.fragment("POST", f"/flags/answer/{spam.id}", {"reason": "spam"})
    assert done.status_code == 200
    assert "A moderator will look" in done.text


@pytest.mark.parametrize(
    "path", ["/moderation/queue", "/moderation/log", "/moderation/reviews/1", "/moderation/people/1"]
)
def test_the_pages_of_moderators_are_for_moderators(bench, browser, spam, path):
    bench.flag(spam)
    assert browser.get(path, follow_redirects=False).status_code == 303
    browser.sign_in(bench.member())
    assert browser.get(path).status_code in (403, 404)


def test_the_queue_orders_by_urgency_weight_and_age(bench, browser, make, thread, moderator):
    light, heavy, pressing = (make.answer(thread, author=bench.member(), body=f"Text {n}") for n in range(3))
    bench.flag(light)
    for _ in range(2):
        bench.flag(heavy)
    for _ in range(3):
        bench.flag(pressing)
    page = browser.sign_in(moderator).get("/moderation/queue")

    assert page.text.index("Text 2") < page.text.index("Text 1") < page.text.index("Text 0")
    assert "Pressing" in page.text


def test_private_information_leads_the_queue_and_harm_outweighs_numbers(bench, browser, make, thread, moderator):
    reasons = [FlagReason.OFF_TOPIC, FlagReason.NEEDS_STAFF, FlagReason.ABUSE, FlagReason.PRIVATE]
    posts = [make.answer(thread, author=bench.member(), body=f"Text {n}") for n in range(4)]
    for post, reason in zip(posts, reasons, strict=True):
        for _ in range(1 if reason in (FlagReason.ABUSE, FlagReason.PRIVATE) else 4):
            bench.flag(post, reason=reason)
    pressing = make.answer(thread, author=bench.member(), body="Text pressing")
    for _ in range(3):
        bench.flag(pressing)

    text = browser.sign_in(moderator).get("/moderation/queue").text
    order = ["Text 3", "Text pressing", "Text 2", "Text 0", "Text 1"]
    assert sorted(order, key=text.index) == order
    assert "Weight is how much its flags count for together" in text


def test_the_queue_filters_by_kind_and_state(bench, browser, thread, spam, moderator):
    bench.flag(spam)
    bench.flag(thread)
    browser.sign_in(moderator)
    assert "Buy watches" in browser.get("/moderation/queue?kind=answer").text
    assert "Buy watches" not in browser.get("/moderation/queue?kind=thread").text
    assert "Buy watches" not in browser.get("/moderation/queue?state=decided").text
    bench.decide(moderator, spam, Decision.HIDE)
    assert "Buy watches" in browser.get("/moderation/queue?state=decided").text


def test_five_more_reviews_cost_no_more_queries(bench, browser, make, thread, spam, moderator, queries):
    bench.flag(spam)
    browser.sign_in(moderator)
    browser.get("/moderation/queue")
    with queries() as few:
        browser.get("/moderation/queue")
    for _ in range(5):
        bench.flag(make.answer(thread))
    with queries() as many:
        browser.get("/moderation/queue")
    assert len(many) == len(few) > 0


def test_the_queue_pages_by_key_and_leaves_nothing_out(bench, browser, database, make, thread, moderator):
    for number in range(33):
        reason = [FlagReason.PRIVATE, FlagReason.SPAM, FlagReason.OFF_TOPIC][number % 3]
        bench.flag(make.answer(thread), reason=reason)
    browser.sign_in(moderator)
    first = browser.get("/moderation/queue")
    second = browser.get("/moderation/queue?after=" + first.text.split("after=")[1].split('"')[0])
    with database.reading() as session:
        ids = list(session.scalars(select(Review.id)))
    for review_id in ids:
        seen = [f'/moderation/reviews/{review_id}"' in page.text for page in (first, second)]
        assert sum(seen) == 1


@pytest.mark.parametrize("reason", [FlagReason.PRIVATE, FlagReason.SPAM, FlagReason.OFF_TOPIC])
def test_what_was_decided_meanwhile_takes_nothing_from_the_next_page(bench, browser, make, thread, moderator, reason):
    answers = [make.answer(thread, author=bench.member()) for _ in range(33)]
    for one in answers:
        bench.flag(one, reason=reason)
    browser.sign_in(moderator)
    first = browser.get("/moderation/queue").text
    more = "/moderation/queue?after=" + first.split("after=")[1].split('"')[0]
    shown = [one for one in answers if f'/moderation/reviews/{bench.review(one).id}"' in first]
    for one in shown[-3:]:
        bench.decide(moderator, one, Decision.IGNORE)
    second = browser.get(more).text

    left = [one for one in answers if one not in shown]
    assert len(left) == 3
    assert all(f'/moderation/reviews/{bench.review(one).id}"' in second for one in left)


def test_a_place_that_no_queue_gave_out_begins_at_the_start(bench, browser, spam, moderator):
    bench.flag(spam)
    browser.sign_in(moderator)
    for place in ("1", "x", "0_0_nan_1-1", "3_0_1.0_1-1"):
        assert f'/moderation/reviews/{bench.review(spam).id}"' in browser.get(f"/moderation/queue?after={place}").text


def test_the_navigation_says_how_many_wait(bench, browser, spam, moderator):
    bench.flag(spam)
    page = browser.sign_in(moderator).get("/threads")
    assert 'href="/moderation/queue"' in page.text
    assert 'Review queue <span class="count">1</span>' in page.text


def test_a_review_shows_the_whole_context(bench, browser, spam, moderator):
    flagger = bench.flagger(display_name="Flo Flagger")
    bench.flag(spam, flagger, note="Third time today")
    page = browser.sign_in(moderator).get(f"/moderation/reviews/{bench.review(spam).id}")
    for words in ("Buy watches now", "It stops at 40 %", "Flo Flagger", "Third time today", "no flags settled yet"):
        assert words in page.text


def test_withheld_text_is_shown_to_nobody(bench, browser, spam, moderator):
    bench.flag(spam)
    bench.decide(moderator, spam, Decision.DELETE, grounds=FlagReason.PRIVATE)
    review = bench.review(spam)
    browser.sign_in(moderator)
    for path in (f"/moderation/reviews/{review.id}", "/moderation/queue?state=decided", "/moderation/log"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "Buy watches" not in page.text


def test_deciding_tells_author_and_flaggers_in_the_page_and_by_mail(bench, browser, site, database, spam, moderator):
    flagger = bench.flagger()
    bench.flag(spam, flagger)
    page = decide(browser.sign_in(moderator), bench.review(spam), grounds="spam", message="Please do not.")

    assert page.url.path == "/moderation/queue"
    with database.reading() as session:
        author = session.get_one(Account, spam.author_id)
    (words,) = told(database, author)
    assert "was hidden from others" in words
    assert "it advertises something" in words
    assert "Please do not." in words
    (words,) = told(database, flagger)
    assert "agreed with your flag" in words
    assert {letter["to"] for letter in mail_of(site)} == {author.email, flagger.email}


def test_the_preview_is_word_for_word_what_the_author_reads(bench, browser, database, spam, moderator):
    bench.flag(spam)
    review = bench.review(spam)
    fields = {"decision": "sanction", "grounds": "abuse", "message": "Be kind.", "sanction": "silence", "days": "7"}
    browser.sign_in(moderator)
    shown = browser.fragment("POST", f"/moderation/reviews/{review.id}/preview", {"version": "1", **fields}).text
    decide(browser, review, **fields)

    with database.reading() as session:
        author = session.get_one(Account, spam.author_id)
    sent = told(database, author)[0].removesuffix(" If this is wrong, you can appeal: another moderator will look.")
    assert sent in shown.replace("&#39;", "'")


def test_a_stale_decision_says_who_did_what_and_keeps_what_was_typed(bench, browser, make, spam, moderator):
    bench.flag(spam)
    review = bench.review(spam)
    other = make.moderator("olga", display_name="Olga Other")
    bench.decide(other, spam, Decision.APPROVE)
    page = decide(browser.sign_in(moderator), review, message="You know why.", note="Seen this before")

    assert page.status_code == 409
    for words in ("Olga Other", "kept it and found the flags wrong", "You know why.", "Seen this before"):
        assert words in page.text
    assert bench.again(spam).visibility is Visibility.PUBLISHED


def test_a_stale_edit_keeps_the_text_too(bench, browser, make, spam, moderator):
    bench.flag(spam)
    review = bench.review(spam)
    bench.decide(make.moderator("olga"), spam, Decision.APPROVE)
    page = decide(browser.sign_in(moderator), review, decision="edit", body="Said again, without the watches.")

    assert page.status_code == 409
    assert "Said again, without the watches." in page.text


def test_several_at_once_says_that_none_was_chosen(bench, browser, spam, moderator):
    bench.flag(spam)
    page = browser.sign_in(moderator).post("/moderation/queue", {"message": "Keep me"})

    assert page.status_code == 422
    assert "Choose between 1 and 100 posts." in page.text
    assert "Keep me" in page.text


def test_a_claimed_review_says_by_whom(bench, browser, make, spam, moderator):
    bench.flag(spam)
    review = bench.review(spam)
    other = make.moderator("olga", display_name="Olga Other")
    browser.sign_in(other).post(f"/moderation/reviews/{review.id}/claim")
    page = decide(browser.sign_in(moderator), review)
    assert page.status_code == 409
    assert "Olga Other" in page.text
    assert "Olga Other" in browser.get("/moderation/queue").text


def test_what_a_decision_lacks_is_said_and_what_was_typed_stays(bench, browser, spam, moderator):
    bench.flag(spam)
    page = decide(browser.sign_in(moderator), bench.review(spam), grounds="", message="Keep me")
    assert page.status_code == 422
    assert "the author will read it" in page.text
    assert "Keep me" in page.text


@pytest.mark.parametrize(
    "fields", [{"version": "x"}, {"decision": "explode"}, {"days": "abc", "decision": "sanction", "sanction": "burn"}]
)
def test_odd_input_is_refused_in_words(bench, browser, spam, moderator, fields):
    bench.flag(spam)
    assert decide(browser.sign_in(moderator), bench.review(spam), **fields).status_code in (409, 422)


def test_undo_from_the_notice_brings_everything_back(bench, browser, spam, moderator):
    bench.flag(spam)
    page = decide(browser.sign_in(moderator), bench.review(spam))
    action = page.text.split('action="/moderation/decisions/')[1].split('"')[0]
    page = browser.post(f"/moderation/decisions/{action}")
    assert page.url.path == f"/moderation/reviews/{bench.review(spam).id}"
    assert bench.review(spam).state is ReviewState.PENDING
    assert bench.again(spam).visibility is Visibility.PUBLISHED


def test_an_edit_decision_is_cooked_and_published(bench, browser, spam, moderator):
    bench.flag(spam)
    decide(
        browser.sign_in(moderator), bench.review(spam), decision="edit", body="Mine *also* stops at 40 %.", grounds=""
    )
    assert "<em>also</em>" in bench.again(spam).html


def test_a_spam_wave_is_deleted_and_undone_in_one_act(bench, browser, database, make, thread, moderator):
    posts = [make.answer(thread, body=f"Spam number {number}") for number in range(4)]
    for post in posts:
        bench.flag(post)
    chosen = [f"{bench.review(post).id}:{bench.review(post).version}" for post in posts]
    bench.decide(make.moderator(), posts[3], Decision.APPROVE)
    page = browser.sign_in(moderator).post("/moderation/queue", {"review": chosen})

    assert "3 posts deleted as spam. 1 was left" in page.text
    assert [bench.again(post).visibility.value for post in posts] == ["deleted"] * 3 + ["published"]
    action = page.text.split('action="/moderation/batches/')[1].split('"')[0]
    browser.post(f"/moderation/batches/{action}")
    assert [bench.again(post).visibility.value for post in posts] == ["published"] * 4
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(ReviewDecision.undone_at.is_not(None))) == 3


def test_nothing_chosen_is_no_wave(browser, moderator):
    assert browser.sign_in(moderator).post("/moderation/queue", {"message": "x"}).status_code == 422


def test_a_hidden_author_is_told_why_with_a_way_to_appeal(bench, browser, database, spam):
    for _ in range(3):
        bench.flag(spam)
    with database.reading() as session:
        author = session.get_one(Account, spam.author_id)
    page = browser.sign_in(author).get(f"/threads/{spam.thread_id}/x")
    review = bench.review(spam)
    assert "Several people flagged this as spam or abuse" in page.text
    assert f"/moderation/reviews/{review.id}/appeal" in page.text
    assert told(database, author) == ["hidden_by_flags"]

    page = browser.post(f"/moderation/reviews/{review.id}/appeal", {"reason": "These are my own watches, honestly."})
    assert "A moderator will look at it again" in page.text
    assert bench.review(spam).state is ReviewState.PENDING


def test_an_author_never_reads_who_flagged_or_decided(bench, browser, database, spam, make):
    mo = make.moderator("secretmo", display_name="Secret Mo")
    bench.flag(spam, bench.flagger(display_name="Secret Flo"), note="Between us")
    bench.decide(mo, spam, Decision.HIDE, note="Watch this one")
    with database.reading() as session:
        author = session.get_one(Account, spam.author_id)
    browser.sign_in(author)
    for path in (f"/moderation/reviews/{bench.review(spam).id}/appeal", "/notifications"):
        page = browser.get(path)
        assert page.status_code == 200
        assert not [words for words in ("Secret", "Between us", "Watch this one") if words in page.text]


def test_somebody_elses_decision_looks_like_none(bench, browser, spam, moderator):
    bench.flag(spam)
    bench.decide(moderator, spam, Decision.HIDE)
    browser.sign_in(bench.member())
    assert browser.get(f"/moderation/reviews/{bench.review(spam).id}/appeal").status_code == 404


def test_the_log_lists_what_was_done_and_filters(bench, browser, spam, moderator):
    bench.flag(spam)
    bench.decide(moderator, spam, Decision.HIDE)
    browser.sign_in(moderator)
    assert "Review decided" in browser.get("/moderation/log").text
    assert "Nothing here" in browser.get("/moderation/log?who=nobody").text
    assert browser.get("/moderation/log?action=ReviewDecided&who=mo&before=9999").status_code == 200


def test_a_moderator_sanctions_from_the_profile_and_lifts_it(bench, browser, database, moderator):
    person = bench.member()
    browser.sign_in(moderator)
    assert f"/moderation/people/{person.id}" in browser.get(f"/people/{person.handle}").text
    page = browser.post(f"/moderation/people/{person.id}", {"kind": "silence", "days": "7", "message": "Calm down"})
    assert "the person was told" in page.text
    with database.reading() as session:
        until = session.get_one(Account, person.id).silenced_until
    assert until > now() + timedelta(days=6)
    assert "Calm down" in told(database, person)[0]

    action = page.text.split('action="/moderation/sanctions/')[1].split('"')[0]
    browser.post(f"/moderation/sanctions/{action}")
    with database.reading() as session:
        assert session.get_one(Account, person.id).silenced_until is None


def test_a_silenced_person_reads_why_at_home_and_on_their_profile(bench, browser, moderator):
    person = bench.member()
    browser.sign_in(moderator).post(
        f"/moderation/people/{person.id}", {"kind": "suspend", "days": "", "message": "Enough"}
    )
    browser.sign_in(person)
    assert "You cannot write in public now" in browser.get("/").text
    assert "Enough" in browser.get(f"/people/{person.handle}").text
    assert "Enough" not in browser.sign_in(bench.member()).get(f"/people/{person.handle}").text
