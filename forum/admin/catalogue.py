"""Every setting that an admin can change in the browser: what it does, what it is without, and what it is now.

Each package says its own, in the slot "admin.settings": a tuple of these. `tests/forum/admin/test_catalogue.py`
fails for an option that none of them names.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.slots import Filled, Slots

SLOT = "admin.settings"


class Area(enum.StrEnum):
    """What a setting is about, in the order of the overview."""

    SITE = "site"
    COMMUNITY = "community"
    STAFF = "staff"
    SIGN_IN = "sign-in"
    FILES = "files"
    MAIL = "mail"
    DATA = "data"


AREA_WORDS: dict[Area, str] = {
    Area.SITE: lazy("The site"),
    Area.COMMUNITY: lazy("Taking part"),
    Area.STAFF: lazy("Staff"),
    Area.SIGN_IN: lazy("Signing in"),
    Area.FILES: lazy("Files"),
    Area.MAIL: lazy("Mail"),
    Area.DATA: lazy("What is kept"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """`default` and `now` are as people say them; `href` is where it is changed.

    `options` are the names under which it is kept in `forum.options`, "words.*" for all that begin so; none where it
    has a table of its own.
    """

    name: str
    words: str
    default: str
    now: str
    href: str
    area: Area
    options: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.now != self.default


def lists(slots: Slots, rows: Callable[[Session], Iterable[Setting]], *, order: int = 50) -> None:
    """Put what `rows` gives into the overview; within an area a lower order stands higher up."""

    def query(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
        return dict.fromkeys(keys, tuple(rows(session)))

    slots.register(SLOT, "", query, order=order)


def settings_of(slots: Slots, session: Session, actor: Actor) -> list[Setting]:
    filled: Filled = slots.fill(session, actor, {SLOT: [0]})
    return [one for _template, share in filled.at(SLOT, 0) for one in share]


def by_area(settings: Iterable[Setting]) -> dict[Area, list[Setting]]:
    """The areas that have any, in their order, each with its settings as the packages gave them."""
    every = list(settings)
    found = {area: [one for one in every if one.area is area] for area in Area}
    return {area: those for area, those in found.items() if those}


def none() -> str:
    return _("none")


def on_or_off(value: bool) -> str:
    return _("on") if value else _("off")


def listed(parts: Iterable[str], otherwise: str, most: int = 6) -> str:
    """What was changed of many, in one line, or what it says where nothing was."""
    every = list(parts)
    if not every:
        return otherwise
    more = len(every) - most
    return "; ".join(every[:most]) + ("; " + _("and {count} more").format(count=more) if more > 0 else "")
