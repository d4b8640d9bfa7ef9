"""What the page of guidelines adds to the pages of admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.admin.catalogue import SLOT as SETTINGS
from forum.admin.catalogue import Area, Setting, none
from forum.brand import GUIDELINES
from forum.i18n import gettext as _
from forum.options import option
from forum.setup.steps import SLOT as STEPS
from forum.setup.steps import Step, StepName
from forum.slots import Slots

PATH = "/admin/guidelines"


def register(slots: Slots) -> None:
    slots.register(STEPS, "", steps)
    slots.register(SETTINGS, "", settings, order=20)


def steps(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    step = Step(
        StepName.GUIDELINES,
        _("Write the guidelines"),
        _("What you ask of everybody who takes part. Without them there are three rules on the sign-up page."),
        PATH,
        done=option(session, GUIDELINES, False),
    )
    return dict.fromkeys(keys, (step,))


def settings(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    now = _("a page") if option(session, GUIDELINES, False) else none()
    words = _("A page at /guidelines, linked at the foot of every page and where people make an account.")
    row = Setting(_("Guidelines"), words, none(), now, PATH, Area.SITE, (GUIDELINES,))
    return dict.fromkeys(keys, (row,))
