"""What trying out the mail and the simple settings add to the pages of admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.admin.catalogue import lists
from forum.admin.mail_views import MAIL_WORKS
from forum.admin.simple import declared, row
from forum.i18n import gettext as _
from forum.options import option
from forum.setup.steps import SLOT as STEPS
from forum.setup.steps import Step, StepName
from forum.slots import NavEntry, Slots


def register(slots: Slots) -> None:
    lists(slots, lambda session: [row(one, session) for one in declared(slots)], order=80)
    slots.register("nav", "admin/_nav.html", nav, order=90)
    slots.register(STEPS, "", steps)


def nav(_session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, NavEntry]:
    if actor is None or not actor.can(Privilege.ADMINISTER):
        return {}
    return dict.fromkeys(keys, NavEntry(_("Run the site"), "/admin", 0, in_menu=True))


def steps(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    step = Step(
        StepName.MAIL,
        _("Try out the mail"),
        _("Nobody can confirm an address or set a new password without it."),
        "/admin/mail",
        done=option(session, MAIL_WORKS, False),
    )
    return dict.fromkeys(keys, (step,))
