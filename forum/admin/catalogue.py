"""Every setting that an admin can change in the browser: what it does, what it is without, and what it is now.

Each package says its own, in the slot "admin.settings": a tuple of these.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import gettext as _
from forum.slots import Filled, Slots

SLOT = "admin.settings"


@dataclass(frozen=True, slots=True)
class Setting:
    """`default` and `now` are as people say them; `href` is where it is changed."""

    name: str
    words: str
    default: str
    now: str
    href: str

    @property
    def changed(self) -> bool:
        return self.now != self.default


def settings_of(slots: Slots, session: Session, actor: Actor) -> list[Setting]:
    filled: Filled = slots.fill(session, actor, {SLOT: [0]})
    return [one for _template, share in filled.at(SLOT, 0) for one in share]


def none() -> str:
    return _("none")


def on_or_off(value: bool) -> str:
    return _("on") if value else _("off")
