"""Staffed hours and business days, across nights, weekends and the change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from forum.options import set_option
from support.hours import Hours, after_staffed, business_days_before, hours_of, staffed_hours_between

OFFICE = Hours()
BERLIN = Hours(zone="Europe/Berlin")


def march(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_night_and_a_weekend_are_not_staffed():
    friday, monday = march(6, 16), march(9, 10)

    assert staffed_hours_between(OFFICE, friday, monday) == timedelta(hours=2)


def test_four_hours_asked_on_friday_afternoon_end_on_monday():
    assert after_staffed(OFFICE, march(6, 15), timedelta(hours=4)) == march(9, 11)


def test_what_is_asked_at_night_counts_from_the_morning():
    assert after_staffed(OFFICE, march(3, 2), timedelta(hours=4)) == march(3, 13)


def test_hours_follow_the_clock_of_the_zone_through_its_change():
    assert after_staffed(BERLIN, march(27, 1), timedelta(hours=1)) == march(27, 9)
    assert after_staffed(BERLIN, march(30, 1), timedelta(hours=1)) == march(30, 8)


def test_nobody_ever_there_means_no_moment():
    assert after_staffed(Hours(week=(None,) * 7), march(2), timedelta(hours=1)) is None
    assert staffed_hours_between(Hours(week=(None,) * 7), march(2), march(9)) == timedelta()


def test_three_business_days_before_a_monday_is_wednesday():
    assert business_days_before(OFFICE, march(9, 12), 3) == march(4, 12)


def test_an_admin_sets_the_hours(session):
    set_option(session, "site.time_zone", "Europe/Berlin")
    set_option(session, "support.hours", {"days": [5], "from": "10:00", "to": "12:30"})

    hours = hours_of(session)

    assert staffed_hours_between(hours, march(2), march(9)) == timedelta(hours=2, minutes=30)
    assert after_staffed(hours, march(2), timedelta(hours=1)) == march(7, 10)
