"""Simple settings: a switch, a whole number within bounds, or a short name in capitals, all changed on one page.

A package declares its own where it reads them, and `forum/app.py` puts them into the slot "admin.simple". The page
`/admin/settings`, their rows in the overview and the entries in the log come from that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, on_or_off
from forum.i18n import gettext as _
from forum.options import option
from forum.slots import Slots

SLOT = "admin.simple"
PATH = "/admin/settings"
T = TypeVar("T", bool, int, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple(Generic[T]):
    """One setting: the option it is kept under, its name, what it does, and what it is unless somebody changed it."""

    option: str
    name: str
    words: str
    area: Area
    default: T

    def of(self, session: Session) -> T:
        """What it is now."""
        return option(session, self.option, self.default)

    def said(self, value: T) -> str:
        """A value as people say it."""
        return str(value)

    def wrong(self, value: T) -> str | None:
        """What is wrong with a value, if anything."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Simple[bool]):
    def said(self, value: bool) -> str:
        return on_or_off(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Simple[int]):
    """`counted` says a number with what it counts: "4 hours"."""

    least: int
    most: int
    counted: Callable[[int], str] = str

    def said(self, value: int) -> str:
        return self.counted(value)

    def wrong(self, value: int) -> str | None:
        if self.least <= value <= self.most:
            return None
        return _("Choose a number from {least} to {most}.").format(least=self.least, most=self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capitals(Simple[str]):
    """A short name in capital letters."""

    most: int

    def wrong(self, value: str) -> str | None:
        if re.fullmatch(f"[A-Z]{{1,{self.most}}}", value):
            return None
        return _("Use 1 to {most} capital letters, A to Z.").format(most=self.most)


def declared(slots: Slots) -> list[Simple[Any]]:
    """All simple settings of the site, those of an area together."""
    found: list[Simple[Any]] = slots.declared(SLOT)
    order = list(Area)
    return sorted(found, key=lambda one: order.index(one.area))


def row(setting: Simple[Any], session: Session) -> Setting:
    """Its row in the overview."""
    return Setting(
        str(setting.name),
        str(setting.words),
        setting.said(setting.default),
        setting.said(setting.of(session)),
        f"{PATH}#{setting.option}",
        setting.area,
        (setting.option,),
    )
