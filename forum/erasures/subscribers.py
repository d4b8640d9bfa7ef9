"""Nobody who asked to be erased is given a role meanwhile."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.erasures.actions import own_request
from forum.errors import Invalid
from forum.events import Bus
from forum.events.accounts import RolesChanged
from forum.i18n import gettext as _


def subscribe(bus: Bus) -> None:
    bus.on(RolesChanged, keep_without_roles)


def keep_without_roles(session: Session, event: RolesChanged) -> None:
    if event.roles and own_request(session, event.account_id) is not None:
        raise Invalid({"roles": _("They asked to be erased, so they get no role. They can take that back first.")})
