"""One press stops what a letter was: without signing in, from a mail program or from a page, and nothing else."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from forum.following import Follow, Level, Subject
from forum.notifications import unsubscribing
from forum.notifications.models import EVERY, ByMail, Choice, DigestChoice, Rhythm
from forum.notifications.schedule import choose_digest
from forum.posts import Visibility
from forum.threads.models import Thread
from tests.forum.notifications.conftest import follow, posted
from tests.mailing import text_of

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def program(browser):
    """A mail program: no cookie, and no word of where it comes from."""
    del browser.client.headers["Sec-Fetch-Site"]
    return browser


def stop_of(letter):
    return re.fullmatch(r"<http://testserver(/\S+)>", letter["list-unsubscribe"])[1]


def test_a_mail_program_stops_the_mail_of_a_matter_with_one_post(program, happen, mail, make, asker, thread, database):
    happen(posted(make.answer(thread), thread))
    (letter,) = mail()
    done = program.post(stop_of(letter), ONE_CLICK, follow_redirects=False)

    assert done.status_code == 200
    with database.reading() as session:
        rows = session.scalars(select(Choice)).all()
    assert [(row.account_id, row.matter, row.page, row.by_mail) for row in rows] == [
        (asker.id, "answers", True, ByMail.NEVER)
    ]
    happen(posted(make.answer(thread), thread))
    assert len(mail()) == 1


def test_a_letter_about_what_one_follows_stops_the_following(program, happen, mail, make, thread, database):
    bo = make.account("bo")
    follow(database, thread, bo)
    with database.writing() as session:
        session.get_one(Thread, thread.id).follower_count = 1
    happen(posted(make.answer(thread), thread))
    letter = next(one for one in mail() if one["to"] == "bo@example.org")
    assert "Stop following the thread “Sync stops halfway”:" in text_of(letter)
    for _ in range(2):
        assert program.post(stop_of(letter), ONE_CLICK).status_code == 200

    with database.reading() as session:
        assert session.get_one(Follow, (bo.id, Subject.THREAD, thread.id)).level is Level.NORMAL
        assert session.get_one(Thread, thread.id).follower_count == 0


def test_looking_changes_nothing_and_a_button_does(browser, happen, mail, make, asker, thread, database):
    happen(posted(make.answer(thread), thread))
    path = stop_of(mail()[0])
    page = browser.get(path)
    assert "No more mail of this: Somebody answers my question" in page.text
    assert "@ana" in page.text
    with database.reading() as session:
        assert session.scalars(select(Choice)).all() == []
    assert "It is stopped" in browser.post(path).text


@pytest.mark.parametrize(
    "change", [lambda path: path[:-1] + "0" * (path[-1] != "0") + "1" * (path[-1] == "0"), str.upper]
)
def test_a_token_that_was_not_made_here_names_nothing(program, settings, asker, change):
    path = unsubscribing.of_everything(settings.secret, asker).path
    token = change(path.removeprefix("/unsubscribe/"))

    assert program.get(f"/unsubscribe/{token}").status_code == 404
    assert program.post(f"/unsubscribe/{token}", ONE_CLICK).status_code == 404


@pytest.mark.parametrize("token", ["x", "x.", "MQ.", "%00", "a" * 400])
def test_a_strange_token_breaks_nothing(program, token):
    assert program.post(f"/unsubscribe/{token}", ONE_CLICK).status_code == 404


def test_another_secret_opens_nothing(program, asker):
    path = unsubscribing.of_everything("another secret altogether, of 32 letters", asker).path
    assert program.post(path, ONE_CLICK).status_code == 404


def test_a_token_stops_for_its_account_alone(program, settings, make, asker, database):
    other = make.account("other")
    program.post(unsubscribing.of_everything(settings.secret, asker).path, ONE_CLICK)

    with database.reading() as session:
        assert set(session.scalars(select(Choice.account_id))) == {asker.id}
        assert other.id != asker.id


def test_a_digest_is_stopped_with_what_waits_for_it(program, settings, make, asker, database):
    with database.writing() as session:
        choose_digest(session, make.actor(asker), Rhythm.DAILY, hour=8, weekday=0)
        session.add(Choice(account_id=asker.id, matter="replies", by_mail=ByMail.DIGEST))
    program.post(unsubscribing.of_digest(settings.secret, asker).path, ONE_CLICK)

    with database.reading() as session:
        assert session.get(DigestChoice, asker.id) is None
        assert session.get_one(Choice, (asker.id, "replies")).by_mail is ByMail.NEVER
        assert session.get(Choice, (asker.id, EVERY)) is None


def test_a_page_names_no_thread_that_its_reader_may_not_see(browser, settings, make, database, asker):
    thread = make.thread(title="A secret plan for the lamp")
    bo = make.account("bo")
    follow(database, thread, bo)
    path = unsubscribing._path(settings.secret, bo.id, f"level:thread:{thread.id}")
    assert "A secret plan" in browser.get(path).text
    with database.writing() as session:
        session.get_one(Thread, thread.id).visibility = Visibility.HIDDEN

    assert "A secret plan" not in browser.get(path).text
    assert "Stop following this thread" in browser.get(path).text


def test_other_addresses_go_on_asking_where_a_post_came_from(program, thread):
    assert program.post(f"/following/thread/{thread.id}", {"level": "watch"}).status_code == 403
