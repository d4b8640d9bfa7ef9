"""Saying when staff are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.errors import Invalid
from forum.events import emit
from forum.events.site import HoursChanged
from forum.i18n import gettext as _
from forum.options import option, set_option
from support.hours.clock import OPTION, Shift

MOST_HOLIDAYS = 400
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Typed = tuple[str, str]
"""When a day's shift begins and ends, as typed; both empty, it is a day off."""


def set_hours(session: Session, actor: Actor, *, week: Sequence[Typed], zone: str, holidays: str) -> None:
    """Say when staff are there, by the clock of a zone; `holidays` has a date a line, as 2026-12-25.

    What is counted in staffed hours is counted anew from now on, for what was asked before too.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: a time or date is none, a day ends before it begins, or there are too many holidays.
    """
    require(actor, Privilege.ADMINISTER)
    wrong: dict[str, str] = {}
    shifts = [_shift(name, typed, wrong) for name, typed in zip(DAYS, week, strict=True)]
    days = _dates(holidays, wrong)
    if zone not in available_timezones():
        wrong["zone"] = _("Choose a time zone from the list.")
    if wrong:
        raise Invalid(wrong)
    chosen = {
        "week": [[at.isoformat("minutes") for at in shift] if shift else None for shift in shifts],
        "zone": zone,
        "holidays": [day.isoformat() for day in days],
    }
    if chosen != option(session, OPTION, {}):
        set_option(session, OPTION, chosen)
        emit(session, HoursChanged(actor_id=actor.id))


def _shift(name: str, typed: Typed, wrong: dict[str, str]) -> Shift | None:
    if not any(typed):
        return None
    try:
        opens, closes = (datetime.strptime(text, "%H:%M").time() for text in typed)  # noqa: DTZ007 - of no day
    except ValueError:
        wrong[f"{name}_from"] = _("Give both times, such as 09:00 and 17:30, or neither for a day off.")
        return None
    if closes <= opens and closes != time(0):
        wrong[f"{name}_from"] = _("The day ends before it begins. 00:00 as its end is midnight.")
    return opens, closes


def _dates(text: str, wrong: dict[str, str]) -> list[date]:
    days: set[date] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not (word := line.strip()):
            continue
        try:
            days.add(datetime.strptime(word, "%Y-%m-%d").date())  # noqa: DTZ007 - a day, of no zone
        except ValueError:
            words = _("Line {number} is no date such as 2026-12-25: {word}")
            wrong["holidays"] = words.format(number=number, word=word[:40])
            break
    if len(days) > MOST_HOLIDAYS:
        wrong["holidays"] = _("There are at most {most} holidays.").format(most=MOST_HOLIDAYS)
    return sorted(days)
