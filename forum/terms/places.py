"""What the terms add to other pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor
from forum.accounts.consents import REQUIRED, missing_from
from forum.accounts.models import Account
from forum.admin.catalogue import Area, Setting, lists, none
from forum.brand import TERMS
from forum.clock import now
from forum.i18n import gettext as _
from forum.options import option
from forum.slots import Slots
from forum.terms.queries import versions

PATH = "/admin/terms"


def register(slots: Slots) -> None:
    lists(slots, settings, order=25)
    slots.register("home.notices", "forum/terms/_notice.html", notice, order=15)


def settings(session: Session) -> Iterator[Setting]:
    found = versions(session)
    day = format_date(found[0].published_at, "long", locale=i18n.current_locale()) if found else ""
    value = _("of {day}").format(day=day) if found else none()
    words = _("What people agree to when they make an account. Without terms, nothing is asked.")
    yield Setting(_("Terms"), words, none(), value, PATH, Area.SITE, (TERMS, REQUIRED))


def notice(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """For whoever has to agree to new terms: the day from which, and whether it has come."""
    if actor is None or option(session, REQUIRED, None) is None:
        return {}
    consented = session.scalar(select(Account.consented_version).where(Account.id == actor.id))
    day = missing_from(session, consented)
    return dict.fromkeys(keys, (day, day <= now().date())) if day is not None else {}
