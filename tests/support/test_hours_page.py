"""The page on which an admin says when staff are there, and what is counted by it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text

from forum.options import set_option
from support.hours import Hours, after_staffed, business_days_before, hours_of, staffed_hours_between

WEEK = {
    "zone": "Europe/Berlin",
    "monday_from": "08:00",
    "monday_to": "12:00",
    "saturday_from": "20:00",
    "saturday_to": "00:00",
}


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def hours(database):
    def hours():
        with database.reading() as session:
            return hours_of(session)

    return hours


def test_what_an_admin_says_is_what_counts(browser, admin, hours):
    browser.sign_in(admin)
    page = browser.post("/admin/hours", WEEK | {"holidays": "2026-12-25\n\n 2026-12-24 \n"})

    assert "The hours are saved." in page.text
    assert hours() == Hours(
        week=((time(8), time(12)), None, None, None, None, (time(20), time(0)), None),
        zone="Europe/Berlin",
        holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
    )
    assert "2026-12-24\n2026-12-25</textarea>" in page.text
    assert 'value="08:00"' in page.text


def test_until_then_it_is_the_office_of_anywhere(browser, admin, hours):
    page = browser.sign_in(admin).get("/admin/hours").text

    assert hours() == Hours()
    assert page.count('value="09:00"') == 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"monday_to": ""}, "Give both times"),
        ({"tuesday_to": "12:00"}, "Give both times"),
        ({"monday_from": "25:00"}, "Give both times"),
        ({"monday_from": "13:00"}, "The day ends before it begins."),
        ({"monday_to": "half past five"}, "Field cannot be longer than 5 characters."),
        ({"zone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ({"holidays": "2026-12-25\nChristmas"}, "Line 2 is no date such as 2026-12-25: Christmas"),
        ({"holidays": "2026-02-30"}, "Line 1 is no date"),
        ({"holidays": "\n".join(str(date(2027, 1, 1) + timedelta(days=at)) for at in range(401))}, "at most 400"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(browser, admin, hours, wrong, words):
    page = browser.sign_in(admin).post("/admin/hours", WEEK | wrong)

    assert page.status_code == 422
    assert words in page.text
    assert 'value="20:00"' in page.text
    assert hours() == Hours()


def test_only_admins_say_it_and_each_change_stands_in_the_log(browser, admin, make, database):
    for person in (make.account(), make.moderator(), make.staff(tier=3)):
        assert browser.sign_in(person).get("/admin/hours").status_code == 403
        assert browser.post("/admin/hours", WEEK).status_code == 403
    browser.sign_in(admin)
    for _ in range(2):
        browser.post("/admin/hours", WEEK)

    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_entries WHERE action = 'HoursChanged'")) == 1


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


def test_nobody_is_there_on_a_holiday():
    closed = Hours(holidays=frozenset({date(2026, 12, 25)}))  # a Friday

    assert after_staffed(closed, at(24, 15), timedelta(hours=4)) == at(28, 11)
    assert staffed_hours_between(closed, at(24), at(29)) == timedelta(hours=16)
    assert business_days_before(closed, at(28, 12), 1) == at(24, 12)


def test_a_shift_that_ends_at_midnight_lasts_until_then():
    late = Hours(week=((time(20), time(0)), *[None] * 6))
    always = Hours(week=((time(0), time(0)),) * 7)

    assert staffed_hours_between(late, at(7), at(9)) == timedelta(hours=4)
    assert staffed_hours_between(always, at(7), at(9)) == timedelta(hours=48)


def test_hours_that_were_set_before_there_was_a_page_still_count(session):
    set_option(session, "support.hours", {"days": [5], "from": "10:00", "to": "12:30", "zone": "Asia/Tokyo"})

    assert hours_of(session) == Hours(week=(*[None] * 5, (time(10), time(12, 30)), None), zone="Asia/Tokyo")
