"""The page of one thread: its address, its order, its pages, and what it costs."""

from __future__ import annotations

import re

import pytest

from forum.clock import now
from forum.posts import Visibility
from forum.threads.models import StaffState, Thread
from forum.threads.queries import Place, thread_page


def solve(database, thread, answer):
    with database.writing() as session:
        held = session.get_one(Thread, thread.id)
        held.accepted_answer_id, held.accepted_at = answer.id, now()


def test_a_wrong_or_missing_slug_leads_to_the_right_one(browser, thread):
    for path in (f"/threads/{thread.id}", f"/threads/{thread.id}/nonsense"):
        reply = browser.get(path, follow_redirects=False)
        assert reply.status_code == 301
        assert reply.headers["location"] == f"/threads/{thread.id}/sync-stops-halfway"
    page = browser.get(f"/threads/{thread.id}")
    assert f'<link rel="canonical" href="http://testserver/threads/{thread.id}/sync-stops-halfway">' in page.text
    assert '<meta name="description" content="It stops at 40 %' in page.text


def test_what_is_not_there_and_what_is_hidden_look_alike(browser, make):
    hidden = make.thread(visibility=Visibility.HIDDEN)
    pages = [browser.get(f"/threads/{number}/x") for number in (hidden.id, 999)]

    assert [page.status_code for page in pages] == [404, 404]
    cleaned = [re.sub(r"threads(/|%2F)\d+|mention \w+", "", page.text) for page in pages]
    assert cleaned[0] == cleaned[1]


def test_the_solution_stands_before_better_liked_answers(browser, make, database, thread):
    make.answer(thread, body="Well liked, but wrong", score=9)
    chosen = make.answer(thread, body="What solved it", score=-1)
    solve(database, thread, chosen)
    page = browser.get(f"/threads/{thread.id}").text

    assert page.index("It stops at 40 %") < page.index("What solved it") < page.index("Well liked, but wrong")
    assert page.count("What solved it") == 1
    assert f'href="#answer-{chosen.id}"' in page


@pytest.mark.parametrize(
    ("sort", "order"), [("score", "BCA"), ("oldest", "ABC"), ("newest", "CBA"), ("nonsense", "BCA")]
)
def test_answers_come_in_the_order_that_was_asked_for(session, make, thread, sort, order):
    for name, score in zip("ABC", (0, 5, 3), strict=True):
        make.answer(thread, body=name, score=score)
    page = thread_page(session, None, thread.id, Place(sort=sort))

    assert [str(one.body_html)[3] for one in page.answers] == list(order)


@pytest.mark.parametrize("sort", ["score", "newest", "oldest"])
def test_a_long_thread_is_paged_both_ways(session, make, thread, sort):
    made = [make.answer(thread, score=number % 3).id for number in range(65)]
    seen, after, pages = [], None, []
    while True:
        page = thread_page(session, None, thread.id, Place(sort=sort, after=after))
        pages.append([one.ref.id for one in page.answers])
        seen += pages[-1]
        if (after := page.after) is None:
            break
    back = thread_page(session, None, thread.id, Place(sort=sort, before=page.before))

    assert sorted(seen) == made
    assert [len(one) for one in pages] == [30, 30, 5]
    assert [one.ref.id for one in back.answers] == pages[1]


def test_a_link_to_an_answer_opens_the_page_that_holds_it(browser, make, thread):
    made = [make.answer(thread).id for _ in range(40)]
    page = browser.get(f"/posts/answer/{made[-1]}")

    assert page.url.fragment == f"answer-{made[-1]}"
    assert f'id="answer-{made[-1]}"' in page.text
    assert f'id="answer-{made[0]}"' not in page.text
    assert "Earlier answers" in page.text


def test_a_link_to_a_comment_leads_under_its_answer(browser, make, thread, answer):
    remark = make.comment(thread, answer_id=answer.id)
    page = browser.get(f"/posts/comment/{remark.id}")

    assert page.url.fragment == f"comment-{remark.id}"
    assert f'id="comment-{remark.id}"' in page.text
    assert browser.get("/posts/comment/999").status_code == 404
    assert browser.get("/posts/nonsense/1").status_code == 404


def test_hidden_answers_and_comments_are_seen_by_their_author_and_moderators(browser, make, thread):
    ben = make.account("ben")
    make.answer(
        thread, author=ben, body="A hidden answer", visibility=Visibility.HIDDEN, visibility_reason="it is rude."
    )
    make.comment(thread, author=ben, body="A hidden comment", visibility=Visibility.HIDDEN)
    path = f"/threads/{thread.id}"
    for text in ("A hidden answer", "A hidden comment"):
        assert text not in browser.get(path).text
        assert text not in browser.another().sign_in(make.account()).get(path).text
        assert text in browser.another().sign_in(ben).get(path).text
        assert text in browser.another().sign_in(make.moderator()).get(path).text
    mark = browser.another().sign_in(ben).get(path).text
    assert "Hidden: only its author, moderators and staff see it. It is rude." in mark
    assert "by a moderator" not in mark  # flags alone hide as well


def test_comments_under_a_hidden_answer_are_not_shown(browser, make, thread):
    hidden = make.answer(thread, visibility=Visibility.HIDDEN)
    make.comment(thread, answer_id=hidden.id, body="Under what nobody sees")

    assert "Under what nobody sees" not in browser.get(f"/threads/{thread.id}").text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (StaffState.ASKED, "Staff were asked"),
        (StaffState.WITH_STAFF, "With staff since"),
        (StaffState.ANSWERED, "Answered by staff"),
    ],
)
def test_the_page_says_when_staff_have_it(browser, make, state, words):
    thread = make.thread(staff_state=state, staff_state_at=now())
    assert words in browser.get(f"/threads/{thread.id}").text


def test_that_staff_declined_is_nobodys_business(browser, make):
    thread = make.thread(staff_state=StaffState.DECLINED, staff_state_at=now())
    page = browser.get(f"/threads/{thread.id}").text.lower()

    assert "declined" not in page
    assert "with staff" not in page


def test_titles_are_text_and_never_markup(browser, make):
    thread = make.thread(title="<img src=x onerror=alert(1)> & <b>bold</b>")
    for path in (f"/threads/{thread.id}", "/threads", "/"):
        page = browser.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_signed_out_readers_are_led_to_sign_in(browser, thread):
    page = browser.get(f"/threads/{thread.id}").text

    assert "Sign in to answer" in page
    assert 'name="once"' not in page


@pytest.mark.parametrize("signed_in", [False, True])
def test_more_answers_and_comments_cost_no_more_queries(browser, make, asker, thread, answer, queries, signed_in):
    make.comment(thread, answer_id=answer.id)
    make.comment(thread)
    if signed_in:
        browser.sign_in(asker)
    else:  # a cookie that opens nothing, or the page would come from the cache
        browser.client.cookies.set("session", "nobody")
    browser.get(f"/threads/{thread.id}/sync-stops-halfway")
    make.comment(thread)  # or who is signed in would be given the page that was kept
    with queries() as few:
        browser.get(f"/threads/{thread.id}/sync-stops-halfway")
    for _ in range(5):
        other = make.answer(thread)
        make.comment(thread, answer_id=other.id)
        make.comment(thread)
    with queries() as many:
        browser.get(f"/threads/{thread.id}/sync-stops-halfway")

    assert len(many) == len(few) > 0


def test_reading_is_counted_later_and_robots_and_the_asker_are_not(browser, site, database, asker, thread):
    path = f"/threads/{thread.id}/sync-stops-halfway"
    browser.client.headers["User-Agent"] = "Mozilla/5.0"
    for _ in range(3):
        browser.get(path)
    browser.get(path, headers={"User-Agent": "SomeBot/1.0"})
    browser.get(path, headers={"Sec-Purpose": "prefetch"})
    browser.sign_in(asker).get(path)

    def count():
        with database.reading() as session:
            return session.get_one(Thread, thread.id).view_count

    assert count() == 0
    site.telemetry.flush(database)
    assert count() == 3
    site.telemetry.flush(database)
    assert count() == 3


def test_a_count_of_nobody_is_not_shown(browser, database, thread):
    path = f"/threads/{thread.id}/sync-stops-halfway"
    assert "<dt>Read</dt>" not in browser.get(path).text
    with database.writing() as session:
        session.get_one(Thread, thread.id).view_count = 2

    assert "<dt>Read</dt>" in browser.get(path).text


def test_choosing_a_level_by_script_swaps_the_buttons(browser, asker, thread):
    browser.sign_in(asker)
    part = browser.fragment("POST", f"/following/thread/{thread.id}", {"level": "follow"})

    assert "<html" not in part.text
    assert 'value="follow" aria-pressed="true"' in part.text
    assert "1 follower" in part.text
    assert 'value="follow" aria-pressed="true"' in browser.get(f"/threads/{thread.id}").text


def test_a_visitor_is_not_invited_to_answer_in_a_locked_thread(browser, make):
    thread = make.thread(locked_at=now(), lock_reason="It went round in circles.")

    page = browser.get(f"/threads/{thread.id}").text

    assert "Sign in to answer" not in page
    assert "This thread is locked. It went round in circles." in page
