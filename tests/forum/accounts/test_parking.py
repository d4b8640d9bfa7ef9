"""What is posted after a session has ended: kept, shown after signing in, sent where it was going."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts.models import AccountSession, ParkedPost
from forum.accounts.parking import KEPT
from forum.clock import now
from forum.threads.models import Answer, Thread
from tests.forum.accounts.conftest import PASSWORD

QUESTION = {
    "title": 'Why does it "stop" <at> 40 %?',
    "body": "First line\n\n  second & line\n",
    "tags": "sync",
    "kind": "question",
}


@pytest.fixture
def expired(browser, ana, database):
    """A browser whose session ran out while its person was writing."""
    browser.sign_in(ana)
    with database.writing() as session:
        session.scalars(select(AccountSession)).one().expires_at = now() - timedelta(minutes=1)
    return browser


def sign_in(browser, page, name="ana"):
    """Sign in on the page that a redirect led to, and arrive where it leads."""
    back = re.search(r'name="next"[^>]*value="([^"]*)"', page.text)[1]
    return browser.post("/login", {"name": name, "password": PASSWORD, "next": html.unescape(back)})


def press_send(browser, page):
    """Do what the button of the page of parked posts does."""
    form = re.search(r'<form method="post" action="([^"]+)">((?:\s*<input type="hidden"[^>]*>)+)', page.text)
    fields = re.findall(r'name="([^"]*)" value="([^"]*)"', form[2])
    data = {html.unescape(name): html.unescape(value) for name, value in fields}
    return browser.post(html.unescape(form[1]), data)


def test_a_question_is_kept_and_asked_after_signing_in(expired, make, database):
    make.tag("sync")
    page = expired.post("/ask", QUESTION)
    assert page.url.path == "/login"

    waiting = sign_in(expired, page)
    assert waiting.url.path == "/parked"
    assert "Why does it" in waiting.text
    assert "second &amp; line" in waiting.text
    press_send(expired, waiting)

    with database.reading() as session:
        (thread,) = session.scalars(select(Thread)).all()
        assert thread.title == 'Why does it "stop" <at> 40 %?'
        assert thread.source.startswith("First line\n\n  second & line")


def test_an_answer_is_kept_and_sent_once(expired, make, database):
    thread = make.thread()
    page = expired.post(f"/threads/{thread.id}/answers", {"body": "Restart the daemon.", "once": "a-form-of-its-own"})
    waiting = sign_in(expired, page)
    for _ in range(2):
        press_send(expired, waiting)

    with database.reading() as session:
        assert session.scalars(select(Answer.source)).all() == ["Restart the daemon."]


def test_a_script_is_led_to_the_sign_in_page_too(expired):
    reply = expired.fragment("POST", "/settings/profile", {"display_name": "A new name"})

    assert reply.status_code == 204
    assert reply.headers["hx-redirect"] == "/login?next=%2Fparked"


def test_nothing_is_posted_by_looking(expired, database):
    sign_in(expired, expired.post("/ask", QUESTION))
    expired.get("/parked")

    with database.reading() as session:
        assert session.scalars(select(Thread)).all() == []


def test_a_password_is_never_kept(expired, database):
    expired.post("/settings/password", {"current_password": PASSWORD, "new_password": "other words than before"})
    expired.post("/settings/profile", {"display_name": "A new name", "Password-Again": PASSWORD})

    with database.reading() as session:
        kept = session.scalars(select(ParkedPost)).all()
        assert len(kept) == 1
        assert PASSWORD not in str(kept[0].fields)


def test_somebody_else_on_the_same_computer_does_not_see_it(expired, make):
    page = expired.post("/ask", QUESTION)
    eva = make.account("eva")
    expired.sign_in(eva)

    assert page.url.path == "/login"
    assert "Why does it" not in expired.get("/parked").text


def test_another_browser_does_not_see_it(expired, ana):
    expired.post("/ask", QUESTION)

    assert "Nothing was kept" in expired.another().sign_in(ana).get("/parked").text


def test_it_can_be_thrown_away(expired, database):
    sign_in(expired, expired.post("/ask", QUESTION))
    expired.post("/parked/discard")

    assert "Nothing was kept" in expired.get("/parked").text
    with database.reading() as session:
        assert session.scalars(select(ParkedPost)).all() == []


def test_it_is_kept_for_a_day(expired, ana):
    expired.post("/ask", QUESTION)
    expired.sign_in(ana)
    assert "Why does it" in expired.get("/parked").text

    with clock.at(now() + KEPT):
        assert "Nothing was kept" in expired.sign_in(ana).get("/parked").text


def test_a_press_without_words_parks_nothing_and_leads_back(expired, make, database):
    thread = make.thread()
    page = expired.post(
        f"/following/thread/{thread.id}", headers={"Referer": f"http://testserver/threads/{thread.id}/x"}
    )

    assert page.url.path == "/login"
    assert f"/threads/{thread.id}/x" in page.text
    with database.reading() as session:
        assert session.scalars(select(ParkedPost)).all() == []


def test_a_page_of_another_site_is_not_led_back_to(expired, make):
    page = expired.post(f"/following/thread/{make.thread().id}", headers={"Referer": "https://evil.example/x"})

    assert "evil.example" not in page.text


def test_nul_is_no_letter(expired):
    page = expired.post("/settings/profile", {"display_name": "A\0na Lopes"})

    assert "Ana Lopes" in sign_in(expired, page).text
