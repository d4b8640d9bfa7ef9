"""Hours in which staff are there: what "four staffed hours" and "three business days" mean here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from forum.options import option

DEFAULT = {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "17:00"}
HORIZON = timedelta(days=366)
"""How far to look for the next staffed hour before concluding that there is none."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` to `closes` on `days` (Monday is 0), by the clock of `zone`."""

    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)
    zone: str = "UTC"

    def shifts(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The staffed stretches between two moments, in order, cut to fit."""
        zone = ZoneInfo(self.zone)
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        while day <= last:
            if day.weekday() in self.days:
                opens = datetime.combine(day, self.opens, zone).astimezone(UTC)
                closes = datetime.combine(day, self.closes, zone).astimezone(UTC)
                if max(opens, start) < min(closes, end):
                    yield max(opens, start), min(closes, end)
            day += timedelta(days=1)


def hours_of(session: Session) -> Hours:
    """The site's hours: the option "support.hours", in the zone of "site.time_zone" unless it names its own."""
    chosen: dict[str, Any] = {
        **DEFAULT,
        "zone": option(session, "site.time_zone", "UTC"),
        **option(session, "support.hours", {}),
    }
    return Hours(
        days=frozenset(chosen["days"]),
        opens=time.fromisoformat(chosen["from"]),
        closes=time.fromisoformat(chosen["to"]),
        zone=chosen["zone"],
    )


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
    left = days if hours.days else 0
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() in hours.days
    return day.astimezone(UTC)
