"""Reading notifications: one's own only, marked as read by a press, the count exact all the while."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.notifications import notify
from forum.notifications.models import Notification
from forum.notifications.queries import PAGE
from forum.posts import Visibility
from forum.threads.models import Thread


@pytest.fixture
def tell(database):
    def tell(account, text="Something happened.", **more):
        with database.writing() as session:
            notify(session, account.id, "words", text=text, **more)

    return tell


@pytest.fixture
def unread(database):
    def unread(account):
        with database.reading() as session:
            return session.get_one(Account, account.id).unread_count

    return unread


def ids(database, account):
    with database.reading() as session:
        mine = select(Notification.id).where(Notification.account_id == account.id)
        return session.scalars(mine.order_by(Notification.id)).all()


def test_a_stranger_is_asked_to_sign_in(browser):
    assert browser.get("/notifications").url.path == "/login"


def test_opening_one_marks_it_and_leads_to_the_place(browser, database, tell, unread, asker):
    tell(asker, url="/settings/sessions")
    (one,) = ids(database, asker)
    browser.sign_in(asker)

    for _ in range(2):
        assert browser.post(f"/notifications/{one}/open").url.path == "/settings/sessions"
        assert unread(asker) == 0


def test_looking_at_the_list_changes_nothing(browser, tell, unread, asker):
    tell(asker)

    assert "Something happened." in browser.sign_in(asker).get("/notifications").text
    assert unread(asker) == 1


def test_another_persons_notification_does_not_exist(browser, database, make, tell, unread, asker):
    tell(asker, "A secret about Ana")
    (one,) = ids(database, asker)
    browser.sign_in(make.moderator())

    assert "A secret" not in browser.get("/notifications").text
    assert browser.post(f"/notifications/{one}/open").status_code == 404
    assert unread(asker) == 1


def test_all_are_marked_but_not_those_that_came_meanwhile(browser, database, tell, unread, asker, make):
    other = make.account()
    for account in (asker, asker, other):
        tell(account)
    newest_shown = max(ids(database, asker))
    tell(asker)
    browser.sign_in(asker).post("/notifications/read", {"up_to": newest_shown})

    assert unread(asker) == 1
    assert unread(other) == 1


@pytest.mark.parametrize("up_to", ["", "x", "-1", "9" * 40])
def test_a_strange_bound_breaks_nothing(browser, tell, unread, asker, up_to):
    tell(asker)
    reply = browser.sign_in(asker).post("/notifications/read", {"up_to": up_to}, follow_redirects=False)

    assert reply.status_code in {303, 422}
    assert unread(asker) in {0, 1}


def test_a_place_elsewhere_is_not_followed(browser, database, tell, asker):
    tell(asker, url="https://evil.example/")
    (one,) = ids(database, asker)

    assert browser.sign_in(asker).post(f"/notifications/{one}/open").url.path == "/notifications"


def test_the_list_goes_by_pages_and_misses_none(browser, tell, asker):
    for number in range(PAGE + 3):
        tell(asker, f"News {number:02}.")
    first = browser.sign_in(asker).get("/notifications").text
    older = first.split('rel="next" href="')[1].split('"')[0]
    second = browser.get(older).text

    assert first.count("News ") == PAGE
    assert [f"News {number:02}." in second for number in range(4)] == [True, True, True, False]


def test_only_the_unread_on_request(browser, database, tell, asker):
    tell(asker, "Old news.")
    browser.sign_in(asker).post(f"/notifications/{ids(database, asker)[0]}/open")
    tell(asker, "Fresh news.")
    page = browser.get("/notifications?show=unread").text

    assert "Fresh news." in page
    assert "Old news." not in page


def test_a_title_that_was_hidden_since_is_not_shown(browser, database, make):
    reader, thread = make.account(), make.thread(title="A canary in the title")
    with database.writing() as session:
        notify(session, reader.id, "solved", thread_id=thread.id)
    assert "A canary" in browser.sign_in(reader).get("/notifications").text

    with database.writing() as session:
        session.get_one(Thread, thread.id).visibility = Visibility.HIDDEN
    assert "A canary" not in browser.get("/notifications").text


def test_more_notifications_cost_no_more_queries(browser, queries, tell, asker):
    tell(asker)
    browser.sign_in(asker)
    with queries() as few:
        browser.get("/notifications")
    for _ in range(5):
        tell(asker)
    with queries() as many:
        browser.get("/notifications")

    assert len(many) == len(few) > 0
