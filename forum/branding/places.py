"""What branding adds to the pages of admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.admin.catalogue import SLOT as SETTINGS
from forum.admin.catalogue import Area, Setting, none
from forum.brand import COLOURS, LOGO, NAME, site_name
from forum.colours import DEFAULT
from forum.i18n import gettext as _
from forum.options import option
from forum.settings import Settings
from forum.setup.steps import SLOT as STEPS
from forum.setup.steps import Step, StepName
from forum.slots import Slots

PATH = "/admin/branding"


def register(slots: Slots, settings: Settings) -> None:
    def rows(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
        return dict.fromkeys(keys, _settings(session, settings))

    slots.register(STEPS, "", steps)
    slots.register(SETTINGS, "", rows, order=10)


def steps(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    found = (
        Step(
            StepName.NAME,
            _("Give the site its name"),
            _("It stands in the head of every page and in every letter."),
            PATH,
            done=bool(option(session, NAME, "")),
        ),
        Step(
            StepName.LOGO,
            _("Show your logo"),
            _("Without one the porch light stands there."),
            f"{PATH}#logo-heading",
            done=option(session, LOGO, None) is not None,
        ),
        Step(
            StepName.COLOUR,
            _("Choose your colour"),
            _("Links and buttons are in it. Without one they are amber."),
            f"{PATH}#colours-heading",
            done=option(session, COLOURS, None) is not None,
        ),
    )
    return dict.fromkeys(keys, found)


def _settings(session: Session, settings: Settings) -> tuple[Setting, ...]:
    chosen: dict[str, str] | None = option(session, COLOURS, None)
    colours = chosen or DEFAULT
    logo: dict[str, Any] | None = option(session, LOGO, None)
    size = _("{width} × {height} pixels").format(width=logo["width"], height=logo["height"]) if logo else none()
    return (
        Setting(
            _("Name of the site"),
            _("In the head of every page, in letters, feeds and the description of the API."),
            settings.site_name,
            site_name(session, settings),
            PATH,
            Area.SITE,
            (NAME,),
        ),
        Setting(
            _("Logo"),
            _("Stands in the head of every page in place of the lamp."),
            none(),
            size,
            f"{PATH}#logo-heading",
            Area.SITE,
            (LOGO,),
        ),
        Setting(
            _("Accent on light surfaces"),
            _("The colour of links, buttons and marks."),
            DEFAULT["light"],
            colours["light"],
            f"{PATH}#colours-heading",
            Area.SITE,
            (COLOURS,),
        ),
        Setting(
            _("Accent on dark surfaces"),
            _("The same, for who reads light on dark."),
            DEFAULT["dark"],
            colours["dark"],
            f"{PATH}#colours-heading",
            Area.SITE,
            (COLOURS,),
        ),
    )
