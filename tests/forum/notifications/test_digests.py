"""Digests: at the chosen hour wherever the reader lives, once, and never with nothing in them."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts.actions import Profile, update_profile
from forum.accounts.models import Account
from forum.errors import Invalid
from forum.following import Level, Subject
from forum.jobs import Job, Workshop, enqueue
from forum.notifications import digests, settings
from forum.notifications.choices import How
from forum.notifications.digests import make_due
from forum.notifications.models import ByMail, Choice, Digest, DigestChoice, Rhythm
from forum.notifications.schedule import choose_digest, next_time
from forum.posts import Visibility
from forum.tags.models import Tag
from forum.threads.models import Thread
from tests.forum.notifications.conftest import follow, posted
from tests.mailing import text_of

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.fixture
def bo(make):
    return make.account("bo", time_zone="Europe/Berlin")


@pytest.fixture
def wants(database, make):
    """Lets somebody have a digest, as they choose in the settings."""

    def wants(account, rhythm=Rhythm.DAILY, hour=8, weekday=0, at=MONDAY):
        with clock.at(at), database.writing() as session:
            choose_digest(session, make.actor(account), rhythm, hour=hour, weekday=weekday)
            session.merge(Choice(account_id=account.id, matter="replies", by_mail=ByMail.DIGEST))

    return wants


@pytest.fixture
def at(database, mail):
    """The mail after the clock struck."""

    def at(moment):
        with clock.at(moment):
            database.write(lambda session: make_due(session, {}))
            return mail()

    return at


def due(rhythm, hour, weekday, zone, after):
    return next_time(DigestChoice(rhythm=rhythm, hour=hour, weekday=weekday), zone, after)


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("UTC", datetime(2026, 3, 2, 7, 59, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("UTC", datetime(2026, 3, 2, 8, 0, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 7, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 16, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 19, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 3, 2, 15, tzinfo=UTC)),
        ("Nowhere/Land", datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),
    ],
)
def test_it_is_due_at_the_readers_own_hour(zone, after, expected):
    assert due(Rhythm.DAILY, 8, 0, zone, after) == expected


def test_it_keeps_its_hour_when_clocks_change():
    before = due(Rhythm.DAILY, 8, 0, "Europe/Berlin", datetime(2026, 3, 28, 0, tzinfo=UTC))
    after = due(Rhythm.DAILY, 8, 0, "Europe/Berlin", before)

    assert (before, after) == (datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC))


def test_an_hour_that_is_skipped_comes_after_it_and_one_that_comes_twice_is_taken_once():
    skipped = due(Rhythm.DAILY, 2, 0, "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert skipped == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 2:00 there is not; this is 3:00
    first = due(Rhythm.DAILY, 2, 0, "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC))
    second = due(Rhythm.DAILY, 2, 0, "Europe/Berlin", first)
    assert (first, second) == (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC))


def test_a_weekly_one_is_due_on_its_day():
    thursday = due(Rhythm.WEEKLY, 8, 3, "UTC", MONDAY)
    assert thursday == datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert due(Rhythm.WEEKLY, 8, 3, "UTC", thursday) == datetime(2026, 3, 12, 8, tzinfo=UTC)


def test_it_brings_what_waited_for_it_and_nothing_a_second_time(database, make, happen, bo, wants, at, thread, told):
    follow(database, thread, bo)
    wants(bo)
    with clock.at(MONDAY):
        happen(posted(make.answer(thread, body="Restart it."), thread))
    assert [letter["to"] for letter in at(MONDAY)] == ["ana@example.org"]  # for Bo nothing comes at once
    letters = [one for one in at(MONDAY + timedelta(hours=1, minutes=5)) if one["to"] == "bo@example.org"]

    assert [letter["subject"] for letter in letters] == ["Porchlight: your digest of March 2, 2026"]
    assert "answered “Sync stops halfway”" in text_of(letters[0])
    assert "No more digests:" in text_of(letters[0])
    assert letters[0]["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert told(bo) == [("followed_answer", "")]
    later = [one for one in at(MONDAY + timedelta(days=1, hours=2)) if one["to"] == "bo@example.org"]
    assert len(later) == 1


def test_one_with_nothing_in_it_is_not_sent(database, bo, wants, at):
    wants(bo)
    assert at(MONDAY + timedelta(hours=2)) == []
    with database.reading() as session:
        assert session.scalars(select(Digest.day)).all() == [date(2026, 3, 2)]
        assert session.get_one(DigestChoice, bo.id).next_at == datetime(2026, 3, 3, 7, tzinfo=UTC)


def tag_of(database, name="sync"):
    with database.reading() as session:
        return session.scalars(select(Tag.id).where(Tag.name == name)).one()


def test_it_brings_unanswered_and_solved_threads_in_ones_tags(database, make, bo, wants, at, choose):
    with clock.at(MONDAY - timedelta(days=1)):
        make.thread(title="Who knows the lamp?", tags=("sync",), created_at=clock.now())
        make.thread(title="A muted question here", tags=("sync",), created_at=clock.now())
        make.thread(title="My own question here", tags=("sync",), author=bo, created_at=clock.now())
        make.thread(title="Of another tag altogether", tags=("other",), created_at=clock.now())
        make.thread(title="A hidden question here", tags=("sync",), visibility=Visibility.HIDDEN)
        make.thread(title="Long ago and unanswered", tags=("sync",), created_at=MONDAY - timedelta(days=40))
        solved = make.thread(title="How it was solved", tags=("sync",), created_at=clock.now())
        answer = make.answer(solved)
    with database.writing() as session:
        row = session.get_one(Thread, solved.id)
        row.accepted_answer_id, row.accepted_at = answer.id, MONDAY - timedelta(hours=1)
        muted = session.scalars(select(Thread.id).where(Thread.title.startswith("A muted"))).one()
    choose(bo, Subject.TAG, tag_of(database), Level.FOLLOW)
    choose(bo, Subject.THREAD, muted, Level.MUTE)
    wants(bo)
    (letter,) = at(MONDAY + timedelta(hours=2))
    text = text_of(letter)

    assert "Who knows the lamp?" in text
    assert "How it was solved" in text
    for title in ("A muted", "My own", "another tag", "A hidden", "Long ago"):
        assert title not in text


def test_whoever_answers_in_a_tag_gets_its_unanswered_questions(database, make, bo, wants, at):
    with clock.at(MONDAY - timedelta(hours=3)):
        make.answer(make.thread(tags=("sync",)), author=bo)
        make.thread(title="Who knows the lamp?", tags=("sync",), created_at=clock.now())
    wants(bo)

    assert "Who knows the lamp?" in text_of(at(MONDAY + timedelta(hours=2))[0])


def test_a_clock_set_back_brings_none_twice(database, make, happen, bo, wants, at, thread):
    follow(database, thread, bo)
    wants(bo)
    with clock.at(MONDAY):
        happen(posted(make.answer(thread), thread))
    moment = MONDAY + timedelta(hours=1, minutes=5)
    at(moment)
    with clock.at(moment):
        happen(posted(make.answer(thread), thread))
    with database.writing() as session:  # as if what was written of the next one had been lost, too
        session.get_one(DigestChoice, bo.id).next_at = moment - timedelta(minutes=10)
    back = [one for one in at(moment - timedelta(minutes=2)) if one["to"] == "bo@example.org"]

    assert len(back) == 1


def test_a_clock_that_was_far_ahead_does_not_silence_it(database, bo, wants, at):
    wants(bo)
    with database.writing() as session:
        session.get_one(DigestChoice, bo.id).next_at = MONDAY + timedelta(days=400)
    at(MONDAY)

    with database.reading() as session:
        assert session.get_one(DigestChoice, bo.id).next_at == datetime(2026, 3, 2, 7, tzinfo=UTC)


def test_run_twice_at_once_it_makes_one_letter(site, database, make, happen, bo, wants, thread):
    follow(database, thread, bo)
    wants(bo)
    with clock.at(MONDAY):
        happen(posted(make.answer(thread, body="Restart it."), thread))
    start = Barrier(2)

    def work():
        start.wait()
        database.write(lambda session: make_due(session, {}))
        workshop = Workshop(site.database, site.jobs)
        workshop.name = f"worker-{id(workshop)}"
        workshop.drain()

    with clock.at(MONDAY + timedelta(hours=2)):
        contexts = [contextvars.copy_context() for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda context: context.run(work), contexts))
    texts = [file.read_text() for file in (site.settings.var / "mail").glob("*.eml")]

    assert sum("To: bo@example.org" in text for text in texts) == 1
    with database.reading() as session:
        assert session.scalars(select(Job.error).where(Job.error.is_not(None))).all() == []


def test_many_are_begun_in_slices(database, make, wants, at, monkeypatch):
    monkeypatch.setattr(digests, "AT_ONCE", 2)
    people = [make.account() for _ in range(5)]
    for one in people:
        wants(one)
    at(MONDAY + timedelta(hours=3))

    with database.reading() as session:
        assert set(session.scalars(select(Digest.account_id))) == {one.id for one in people}


def test_whoever_stops_it_while_it_waits_gets_none(database, make, happen, bo, wants, thread, mail):
    follow(database, thread, bo)
    wants(bo)
    with clock.at(MONDAY):
        happen(posted(make.answer(thread), thread))
    with clock.at(MONDAY + timedelta(hours=2)):
        database.write(lambda session: make_due(session, {}))
        database.write(lambda session: choose_digest(session, make.actor(bo), None, hour=8, weekday=0))
        assert [letter["to"] for letter in mail()] == ["ana@example.org"]


def test_a_hidden_thread_is_not_named_in_it(database, make, happen, bo, wants, at):
    thread = make.thread(title="A secret plan for the lamp")
    follow(database, thread, bo)
    wants(bo)
    with clock.at(MONDAY):
        happen(posted(make.answer(thread), thread))
    with database.writing() as session:
        session.get_one(Thread, thread.id).visibility = Visibility.HIDDEN

    assert [one for one in at(MONDAY + timedelta(hours=2)) if one["to"] == "bo@example.org"] == []


def test_another_time_zone_moves_it(database, make, bo, wants):
    wants(bo)
    profile = Profile("Bo", "", "", "", "", "America/New_York", "en")
    with clock.at(MONDAY), database.writing() as session:
        update_profile(session, make.actor(bo), profile)

    with database.reading() as session:
        assert session.get_one(DigestChoice, bo.id).next_at == datetime(2026, 3, 2, 13, tzinfo=UTC)


def test_the_settings_show_and_keep_what_was_chosen(browser, database, make, bo):
    browser.sign_in(bo)
    page = browser.get("/settings/notifications").text
    assert "Somebody mentions me" in page
    assert "A customer writes in a ticket" not in page
    data = {"rhythm": "weekly", "hour": "17", "weekday": "4", "mail_mentions": "at_once", "page_mentions": "y"}
    assert (
        "That is how you are told"
        in browser.post("/settings/notifications", data | {"mail_replies": "digest", "mail_threads": "never"}).text
    )
    with database.reading() as session:
        digest = session.get_one(DigestChoice, bo.id)
        assert (digest.rhythm, digest.hour, digest.weekday) == (Rhythm.WEEKLY, 17, 4)
        rows = {row.matter: How(row.page, row.by_mail) for row in session.scalars(select(Choice))}
    assert rows == {
        "mentions": How(True, ByMail.AT_ONCE),
        "replies": How(False, ByMail.DIGEST),
        "threads": How(False, ByMail.NEVER),
    }
    assert "A customer writes in a ticket" in browser.sign_in(make.staff()).get("/settings/notifications").text


def test_what_waits_for_a_digest_that_never_comes_is_refused(browser, bo, database):
    browser.sign_in(bo)
    none = {"rhythm": "default", "hour": "8", "weekday": "0"}
    page = browser.post("/settings/notifications", none | {"mail_replies": "digest"})

    assert page.status_code == 422
    assert "waits for the digest" in page.text
    with database.reading() as session:
        assert session.scalars(select(Choice)).all() == []


@pytest.mark.parametrize(
    "wrong", [{"hour": "24"}, {"weekday": "9"}, {"rhythm": "hourly"}, {"mail_replies": "loudly"}, {"hour": ""}]
)
def test_strange_input_breaks_nothing(browser, bo, wrong):
    data = {"rhythm": "daily", "hour": "8", "weekday": "0", "mail_replies": "at_once"}
    assert browser.sign_in(bo).post("/settings/notifications", data | wrong).status_code == 422


def test_no_such_hour(session, make, bo):
    with pytest.raises(Invalid):
        settings.keep_telling(session, make.actor(bo), {}, Rhythm.DAILY, hour=25, weekday=0)


def test_the_clock_itself_asks_for_them(site, database):
    assert site.jobs.schedule[digests.DUE] == "*/10 * * * *"
    with database.writing() as session:
        enqueue(session, digests.DUE, {})
    Workshop(site.database, site.jobs).drain()
    with database.reading() as session:
        assert session.scalar(select(Account.id)) is None
        assert session.scalar(select(Job.error)) is None
