"""Resetting and changing a password, and what that does to the browsers that are signed in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forum import clock
from forum.accounts import passwords
from forum.accounts.models import Account
from forum.clock import now
from tests.forum.accounts.conftest import PASSWORD, link_in

NEW = "other words than before"


def can_enter(browser, password, name="ana"):
    reply = browser.another().post("/login", {"name": name, "password": password}, follow_redirects=False)
    return reply.status_code == 303


def test_a_forgotten_password_is_set_anew_by_a_mailed_link(browser, ana, letters):
    browser.post("/reset", {"email": "ANA@example.org"})
    (letter,) = letters()
    assert letter["to"] == "ana@example.org"
    page = browser.post(link_in(letter), {"new_password": NEW})

    assert page.url.path == "/login"
    assert "Your new password is set" in page.text
    assert can_enter(browser, NEW)
    assert not can_enter(browser, PASSWORD)


def test_a_known_and_an_unknown_address_get_the_same_page_for_the_same_work(browser, ana, letters, queries):
    with queries() as for_known:
        known = browser.post("/reset", {"email": "ana@example.org"})
    with queries() as for_unknown:
        unknown = browser.post("/reset", {"email": "eva@example.org"})

    assert known.text.replace("ana@", "") == unknown.text.replace("eva@", "")
    assert for_known == for_unknown
    assert [letter["to"] for letter in letters()] == ["ana@example.org"]


def test_the_link_comes_from_the_settings_not_from_the_request(browser, ana, letters):
    browser.post(
        "/reset", {"email": "ana@example.org"}, headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    )

    assert "http://testserver/reset/" in letters()[0].get_body(("plain",)).get_content()


def test_the_link_works_once_and_two_hours(browser, ana, letters):
    browser.post("/reset", {"email": "ana@example.org"})
    browser.post("/reset", {"email": "ana@example.org"})
    first, second = (link_in(letter) for letter in letters())
    with clock.at(now() + timedelta(hours=3)):
        assert browser.get(first).status_code == 404
        assert browser.post(first, {"new_password": NEW}).status_code == 404
    browser.post(first, {"new_password": NEW})

    assert browser.post(first, {"new_password": "a third set of words"}).status_code == 404
    assert browser.post(second, {"new_password": "a third set of words"}).status_code == 404
    assert can_enter(browser, NEW)


def test_the_link_dies_when_the_address_has_changed(browser, ana, letters, database):
    browser.post("/reset", {"email": "ana@example.org"})
    (letter,) = letters()
    with database.writing() as session:
        session.get_one(Account, ana.id).email = "elsewhere@example.org"

    assert browser.post(link_in(letter), {"new_password": NEW}).status_code == 404


def test_looking_at_the_link_uses_nothing_up(browser, ana, letters):
    browser.post("/reset", {"email": "ana@example.org"})
    link = link_in(letters()[0])

    assert [browser.get(link).status_code for _ in range(2)] == [200, 200]


def test_a_weak_new_password_is_refused_and_the_link_still_works(browser, ana, letters):
    browser.post("/reset", {"email": "ana@example.org"})
    link = link_in(letters()[0])

    assert "at least 10" in browser.post(link, {"new_password": "short"}).text
    assert browser.post(link, {"new_password": NEW}).url.path == "/login"


def test_a_reset_signs_out_everywhere_and_says_so_by_mail(browser, ana, letters):
    thief = browser.another().sign_in(ana)
    browser.post("/reset", {"email": "ana@example.org"})
    browser.post(link_in(letters()[0]), {"new_password": NEW})

    assert thief.get("/settings/sessions").url.path == "/login"
    assert "was changed" in letters()[-1]["subject"]


@pytest.mark.parametrize("gone", ["offboarded_at", "anonymised_at"])
def test_whoever_left_is_sent_no_link(browser, make, letters, gone):
    make.account("left", **{gone: now()})
    browser.post("/reset", {"email": "left@example.org"})

    assert letters() == []


def test_changing_it_ends_every_other_session_and_renews_this_one(browser, ana):
    browser.post("/login", {"name": "ana", "password": PASSWORD})
    other, before = browser.another().sign_in(ana), browser.client.cookies["session"]
    page = browser.post("/settings/password", {"current_password": PASSWORD, "new_password": NEW})

    assert "Your password is changed" in page.text
    assert other.get("/settings/sessions").url.path == "/login"
    assert browser.client.cookies["session"] != before
    assert browser.get("/settings/sessions").url.path == "/settings/sessions"
    assert can_enter(browser, NEW)


def test_changing_it_takes_the_old_one(browser, ana):
    browser.sign_in(ana)
    reply = browser.post("/settings/password", {"current_password": "not the password", "new_password": NEW})

    assert reply.status_code == 422
    assert "not your current password" in reply.text
    assert can_enter(browser, PASSWORD)


def test_nothing_is_hashed_while_a_transaction_is_open(browser, ana, database, monkeypatch):
    """A hash takes a tenth of a second, and every other writer would wait for it."""
    open_writers = []
    for name in ("hash", "verify_and_update"):
        real = getattr(passwords.context(), name)

        def watched(*args, _real=real, **more):
            open_writers.append(database.writer.pool.checkedout())
            return _real(*args, **more)

        monkeypatch.setattr(passwords.context(), name, watched)
    browser.post("/login", {"name": "ana", "password": PASSWORD})
    browser.post("/settings/password", {"current_password": PASSWORD, "new_password": NEW})
    browser.post("/register", {"handle": "eva", "email": "eva@example.org", "password": PASSWORD})

    assert len(open_writers) == 4
    assert set(open_writers) == {0}
