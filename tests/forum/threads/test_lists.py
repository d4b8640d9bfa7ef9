"""Lists of threads: filters, pages by key, and what they never show."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from forum.clock import now
from forum.errors import NotFound
from forum.posts import Visibility
from forum.tags.models import SpaceAudience
from forum.threads.models import StaffState, Thread, ThreadKind
from forum.threads.queries import Filter, list_threads
from forum.threads.queries.paging import key_of, parse_key


def titles(found):
    return [row.title for row in found.rows]


@pytest.fixture
def several(make):
    """Seven threads, an hour apart, the newest last."""
    start = now() - timedelta(days=1)
    return [
        make.thread(
            title=f"Thread {number}",
            created_at=start + timedelta(hours=number),
            last_activity_at=start + timedelta(hours=number),
        )
        for number in range(7)
    ]


def test_pages_go_both_ways_and_end(session, several):
    first = list_threads(session, None, limit=3)
    second = list_threads(session, None, limit=3, after=first.older)
    third = list_threads(session, None, limit=3, after=second.older)
    back = list_threads(session, None, limit=3, before=third.newer)

    assert titles(first) == ["Thread 6", "Thread 5", "Thread 4"]
    assert titles(second) == titles(back) == ["Thread 3", "Thread 2", "Thread 1"]
    assert titles(third) == ["Thread 0"]
    assert (first.newer, third.older) == (None, None)
    assert None not in (back.newer, back.older)


def test_a_list_shows_the_times_that_it_is_in_the_order_of(browser, make):
    asked, moved = now() - timedelta(days=2), now() - timedelta(hours=1)
    make.thread(created_at=asked, last_activity_at=moved)

    def shows(path, moment):
        return f'datetime="{moment:%Y-%m-%dT%H:%M:%SZ}"' in browser.get(path).text.split("<article")[1]

    assert shows("/threads", asked)
    assert shows("/threads?filter=unanswered", asked)
    assert shows("/threads?filter=active", moved)


def test_a_key_for_the_way_back_that_was_tampered_with_is_the_first_page_too(session, several):
    assert titles(list_threads(session, None, limit=3, before="x")) == ["Thread 6", "Thread 5", "Thread 4"]


def test_new_threads_move_no_page(session, make, several):
    first = list_threads(session, None, limit=3)
    session.rollback()
    for _ in range(4):
        make.thread()

    assert titles(list_threads(session, None, limit=3, after=first.older)) == ["Thread 3", "Thread 2", "Thread 1"]


def test_threads_of_the_same_moment_are_each_listed_once(session, make):
    moment = now()
    for number in range(5):
        make.thread(title=f"Same {number}", created_at=moment)
    seen, after = [], None
    while True:
        found = list_threads(session, None, limit=2, after=after)
        seen += titles(found)
        if (after := found.older) is None:
            break

    assert sorted(seen) == [f"Same {number}" for number in range(5)]


@pytest.mark.parametrize("key", ["", "x", "1", "1-", "-1", "9" * 40 + "-1", "1-" + "9" * 40, "²-1", "1-2-3"])
def test_a_key_that_was_tampered_with_is_the_first_page(browser, thread, key):
    assert thread.title in browser.get("/threads", params={"after": key}).text


def test_keys_keep_the_microsecond():
    moment = now()
    assert parse_key(key_of(moment, 7)) == (moment, 7)


def test_filters(session, make):
    plain = make.thread(title="Plain")
    make.answer(answered := make.thread(title="Answered"))
    solved = make.thread(title="Solved")
    chosen = make.answer(solved)
    make.thread(title="Talk", kind=ThreadKind.DISCUSSION)
    make.thread(title="Copy", duplicate_of_id=plain.id)
    make.thread(title="Locked", locked_at=now())
    make.thread(title="Staff", staff_state=StaffState.WITH_STAFF)
    desk = make.actor(make.staff())
    session.get_one(Thread, solved.id).accepted_answer_id = chosen.id
    session.flush()

    assert sorted(titles(list_threads(session, None, Filter.UNANSWERED))) == ["Plain", "Staff"]
    assert titles(list_threads(session, None, Filter.SOLVED)) == ["Solved"]
    assert len(list_threads(session, None, Filter.ACTIVE).rows) == 7
    assert titles(list_threads(session, desk, Filter.WITH_STAFF)) == ["Staff"]
    assert answered.id


def test_active_is_ordered_by_what_happened_last(session, make, several):
    session.get_one(Thread, several[0].id).last_activity_at = now()
    session.flush()

    assert titles(list_threads(session, None, Filter.ACTIVE))[0] == "Thread 0"


def test_what_is_with_staff_is_listed_for_staff_only(browser, session, make, asker):
    with pytest.raises(NotFound):
        list_threads(session, make.actor(asker), Filter.WITH_STAFF)
    assert browser.get("/threads?filter=with-staff").status_code == 404
    assert browser.get("/threads?filter=nonsense").status_code == 404
    assert browser.sign_in(make.staff()).get("/threads?filter=with-staff").status_code == 200


def test_tag_and_product_narrow(session, make):
    space = make.space("Lantern Mobile")
    make.thread(title="Tagged", tags=("sync", "backup"), space_id=space.id)
    make.thread(title="Other", tags=("backup",))

    assert titles(list_threads(session, None, tag="sync")) == ["Tagged"]
    assert len(list_threads(session, None, tag="backup").rows) == 2
    assert titles(list_threads(session, None, product="lantern-mobile")) == ["Tagged"]
    assert list_threads(session, None, tag="none").rows == ()


@pytest.mark.parametrize(
    "visibility", [one for one in Visibility if one is not Visibility.PUBLISHED], ids=lambda one: one.value
)
def test_what_is_not_published_is_in_no_list(browser, make, visibility):
    make.thread(title="Not for the lists", visibility=visibility)
    for reader in (None, make.admin()):
        one = browser.another()
        if reader:
            one.sign_in(reader)
        for path in ("/", "/threads", "/threads?filter=active", "/threads?filter=unanswered"):
            assert "Not for the lists" not in one.get(path).text


def test_a_product_that_is_not_ones_own_shows_nowhere(browser, make, asker):
    private = make.space("Secret product", audience=SpaceAudience.ORGANISATIONS)
    thread = make.thread(title="Only for members", space_id=private.id)
    make.answer(thread)
    browser.sign_in(asker)
    for path in ("/", "/threads", "/threads?filter=active", "/threads?product=secret-product", "/ask"):
        page = browser.get(path).text
        assert "Only for members" not in page
        assert "Secret product" not in page
    assert browser.get(f"/threads/{thread.id}").status_code == 404
    assert browser.get(f"/threads/{thread.id}/only-for-members").status_code == 404


@pytest.mark.parametrize("path", ["/threads", "/threads?filter=active", "/"])
def test_more_threads_cost_no_more_queries(browser, make, asker, queries, path):
    make.thread(author=asker, tags=("sync",))
    browser.sign_in(asker)
    browser.get(path)
    with queries() as few:
        browser.get(path)
    for number in range(6):
        make.answer(make.thread(tags=("sync", f"tag{number}"), space_id=make.space().id))
        make.answer(make.thread(author=asker))
    browser.get(path)
    with queries() as many:
        browser.get(path)

    assert len(many) == len(few) > 0


def test_the_front_page_says_what_waits_for_its_reader(browser, make, asker, thread, answer):
    make.thread(author=asker, title="Nobody said anything yet")
    page = browser.sign_in(asker).get("/").text

    waiting = page[page.index("Waiting for you") : page.index("Unanswered")]
    assert thread.title in waiting
    assert "Nobody said anything yet" not in waiting
    assert "Waiting for you" not in browser.another().get("/").text


def test_every_empty_list_says_what_to_do(browser):
    assert "Be the first to ask" in browser.get("/threads").text
    assert "Everything has an answer" in browser.get("/threads?filter=unanswered").text


def test_a_list_leads_to_its_neighbours(browser, make):
    for number in range(31):
        make.thread(title=f"Number {number} of many")
    page = browser.get("/threads")
    older = re.search(r'rel="next" href="([^"]+)"', page.text)[1].replace("&amp;", "&")
    second = browser.get(older)

    assert "Number 0 of many" in second.text
    assert 'rel="prev"' in second.text


def test_a_profile_shows_what_somebody_asked_and_answered(browser, make, asker, thread):
    ben = make.account("ben")
    for _ in range(7):
        make.answer(thread, author=ben)
        make.thread(author=ben)
    make.thread(author=ben, title="Hidden from others", visibility=Visibility.HIDDEN)
    for path in ("/people/ben", "/people/ben/questions", "/people/ben/answers"):
        page = browser.get(path)
        assert page.status_code == 200
        assert thread.title in page.text
        assert "Hidden from others" not in page.text
    assert "Hidden from others" in browser.another().sign_in(ben).get("/people/ben/questions").text
    assert browser.get("/people/nobody/questions").status_code == 404


def test_discussions_have_a_list_of_their_own(browser, make):
    make.thread(title="How do I pause syncing?")
    make.thread(title="What would you sync first?", kind=ThreadKind.DISCUSSION)
    page = browser.get("/threads?filter=discussions").text

    assert "What would you sync first?" in page
    assert "How do I pause syncing?" not in page
