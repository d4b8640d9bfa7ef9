"""Hours in which staff are there: what "four staffed hours" and "three business days" mean here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from forum.options import option

OPTION = "support.hours"
ZONE = "site.time_zone"
"""Where sites of before there was a page for the hours keep their zone."""
Shift = tuple[time, time]
"""When staff come and when they go, on one day; midnight as an end is that of the day's end."""
OFFICE = (time(9), time(17))
HORIZON = timedelta(days=366)
"""How far to look for the next staffed hour before concluding that there is none."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A shift for each weekday from Monday on, by the clock of `zone`; without one it is a day off, as holidays are."""

    week: tuple[Shift | None, ...] = (*[OFFICE] * 5, None, None)
    zone: str = "UTC"
    holidays: frozenset[date] = frozenset()

    def on(self, day: date) -> Shift | None:
        return None if day in self.holidays else self.week[day.weekday()]

    def shifts(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The staffed stretches between two moments, in order, cut to fit."""
        zone = ZoneInfo(self.zone)
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        while day <= last:
            if (shift := self.on(day)) is not None:
                ends_on = day if shift[1] > time(0) else day + timedelta(days=1)
                opens = datetime.combine(day, shift[0], zone).astimezone(UTC)
                closes = datetime.combine(ends_on, shift[1], zone).astimezone(UTC)
                if max(opens, start) < min(closes, end):
                    yield max(opens, start), min(closes, end)
            day += timedelta(days=1)


def hours_of(session: Session) -> Hours:
    """The site's hours: the option "support.hours", in the zone of "site.time_zone" unless it names its own."""
    chosen: dict[str, Any] = {"zone": option(session, ZONE, "UTC"), **option(session, OPTION, {})}
    return Hours(
        week=_week(chosen),
        zone=chosen["zone"],
        holidays=frozenset(date.fromisoformat(day) for day in chosen.get("holidays", ())),
    )


def _week(chosen: dict[str, Any]) -> tuple[Shift | None, ...]:
    if "week" in chosen:
        return tuple(_shift(*pair) if pair else None for pair in chosen["week"])
    if "days" in chosen:  # as sites of before there was a page for it keep them: the same hours on each of these days
        shift = _shift(chosen.get("from", "09:00"), chosen.get("to", "17:00"))
        return tuple(shift if day in chosen["days"] else None for day in range(7))
    return Hours().week


def _shift(opens: str, closes: str) -> Shift:
    return time.fromisoformat(opens), time.fromisoformat(closes)


def staffed_hours_between(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """How long staff were there between two moments."""
    return sum((closes - opens for opens, closes in hours.shifts(start, end)), timedelta())


def after_staffed(hours: Hours, start: datetime, wanted: timedelta) -> datetime | None:
    """When `wanted` of staffed time will have passed since `start`; None when staff are never there."""
    left = wanted
    for opens, closes in hours.shifts(start, start + HORIZON):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    return None


def business_days_before(hours: Hours, moment: datetime, days: int) -> datetime:
    """The moment `days` staffed days earlier, at the same time of day."""
    zone = ZoneInfo(hours.zone)
    day = moment.astimezone(zone)
    left = days if any(hours.week) else 0
    while left:
        day -= timedelta(days=1)
        left -= hours.on(day.date()) is not None
    return day.astimezone(UTC)
