"""When digests come: daily or weekly, at a full hour in each person's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import Invalid
from forum.events.accounts import TimeZoneChanged
from forum.i18n import gettext as _
from forum.notifications import choices
from forum.notifications.models import ByMail, DigestChoice, Rhythm

PERIOD = {Rhythm.DAILY: timedelta(days=1), Rhythm.WEEKLY: timedelta(days=7)}


def choose_digest(session: Session, actor: Actor, rhythm: Rhythm | None, *, hour: int, weekday: int) -> None:
    """Get a digest from now on, or none.

    Raises:
        Invalid: there is no such hour or day.
    """
    if not 0 <= hour <= 23:
        raise Invalid({"hour": _("Choose an hour of the day.")})
    if not 0 <= weekday <= 6:
        raise Invalid({"weekday": _("Choose a day of the week.")})
    if rhythm is None:
        session.execute(delete(DigestChoice).where(DigestChoice.account_id == actor.id))
        return
    row = session.get(DigestChoice, actor.id) or DigestChoice(account_id=actor.id)
    row.rhythm, row.hour, row.weekday = rhythm, hour, weekday
    row.next_at = next_time(row, actor.time_zone, now())
    session.add(row)
    session.flush()


def stop_digest(session: Session, account_id: int) -> None:
    """Send somebody no more digests, and nothing else by mail in their place."""
    session.execute(delete(DigestChoice).where(DigestChoice.account_id == account_id))
    choices.stop_all_mail(session, account_id, only=ByMail.DIGEST)


def on_time_zone(session: Session, event: TimeZoneChanged) -> None:
    row = session.get(DigestChoice, event.account_id)
    if row is not None:
        row.next_at = next_time(row, session.get_one(Account, event.account_id).time_zone, now())
        session.flush()


def next_time(choice: DigestChoice, zone: str, after: datetime) -> datetime:
    """The first moment after another at which a digest is due.

    An hour that a clock skips comes when the clock has skipped it; one that comes twice is taken the first time.
    """
    here = zone_of(zone)
    today = after.astimezone(here).date()
    for further in range(9):
        day = today + timedelta(days=further)
        due = datetime.combine(day, time(choice.hour), tzinfo=here).astimezone(UTC)
        if due > after and (choice.rhythm is Rhythm.DAILY or day.weekday() == choice.weekday):
            return due
    raise AssertionError("unreachable")


def zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
