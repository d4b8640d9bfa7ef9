"""What erasures add to the overview of settings."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, lists
from forum.erasures.actions import DAYS, OPTION, cooling_off
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.slots import Slots


def register(slots: Slots) -> None:
    lists(slots, settings, order=10)


def settings(session: Session) -> Iterator[Setting]:
    yield Setting(
        _("Days until somebody is erased"),
        _("How long whoever asked to be erased can take it back."),
        _days(DAYS),
        _days(cooling_off(session)),
        "/admin/erasures",
        Area.DATA,
        (OPTION,),
    )


def _days(count: int) -> str:
    return ngettext("{count} day", "{count} days", count).format(count=count)
