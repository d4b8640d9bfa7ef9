"""What the pages for admins add to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.i18n import gettext as _
from forum.slots import NavEntry, Slots


def register(slots: Slots) -> None:
    slots.register("nav", "admin/_nav.html", nav, order=90)


def nav(_session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, NavEntry]:
    if actor is None or not actor.can(Privilege.ADMINISTER):
        return {}
    return dict.fromkeys(keys, NavEntry(_("Run the site"), "/admin/products", 0, in_menu=True))
