"""What the hours add to the pages of admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.admin.catalogue import SLOT as SETTINGS
from forum.admin.catalogue import Area, Setting, none
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.options import option
from forum.setup.steps import SLOT as STEPS
from forum.setup.steps import Step, StepName
from forum.slots import Slots
from support.hours.clock import OPTION, ZONE, Hours, hours_of
from support.hours.forms import DAY_WORDS

PATH = "/admin/hours"


def register(slots: Slots) -> None:
    slots.register(STEPS, "", steps)
    slots.register(SETTINGS, "", settings, order=60)


def steps(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    step = Step(
        StepName.HOURS,
        _("Say when staff are there"),
        _("Waits are counted in these hours. Without them it is Monday to Friday, 9 to 17 o'clock UTC."),
        PATH,
        done=bool(option(session, OPTION, {})),
    )
    return dict.fromkeys(keys, (step,))


def settings(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    hours, usual = hours_of(session), Hours()
    rows = (
        Setting(
            _("Staffed hours"),
            _('What "four staffed hours" and "three business days" mean.'),
            said(usual),
            said(hours),
            PATH,
            Area.STAFF,
            (OPTION,),
        ),
        Setting(
            _("Time zone of the staffed hours"),
            _("By whose clock they go."),
            usual.zone,
            hours.zone,
            PATH,
            Area.STAFF,
            (OPTION, ZONE),
        ),
        Setting(
            _("Holidays"),
            _("Days on which staff are not there."),
            none(),
            ngettext("{count} day", "{count} days", len(hours.holidays)).format(count=len(hours.holidays))
            if hours.holidays
            else none(),
            PATH,
            Area.STAFF,
            (OPTION,),
        ),
    )
    return dict.fromkeys(keys, rows)


def said(hours: Hours) -> str:
    """The week in a line."""
    parts = [
        f"{words} {shift[0]:%H:%M}–{shift[1]:%H:%M}"
        for words, shift in zip(DAY_WORDS.values(), hours.week, strict=True)
        if shift
    ]
    return ", ".join(parts) or none()
