"""What the rules for signing in add to the overview of settings."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.accounts.rules import DEFAULTS, LIFETIMES, REQUIRED_FROM, Lifetime, lifetimes, required_from
from forum.accounts.rules_views import KINDS, hours_in_words
from forum.admin.catalogue import Area, Setting, lists
from forum.i18n import gettext as _
from forum.slots import Slots

PATH = "/admin/sign-in"


def register(slots: Slots) -> None:
    lists(slots, settings)


def settings(session: Session) -> Iterator[Setting]:
    day = required_from(session)
    yield Setting(
        _("Second factor for people with a role"),
        _("From this day on their role is in force only with one."),
        _("nobody has to"),
        day.isoformat() if day else _("nobody has to"),
        PATH,
        Area.SIGN_IN,
        (REQUIRED_FROM,),
    )
    for kind, rule in lifetimes(session).items():
        yield Setting(
            _("How long sessions live: {whose}").format(whose=KINDS[kind]),
            _("When somebody has to sign in again."),
            _life(DEFAULTS[kind]),
            _life(rule),
            PATH,
            Area.SIGN_IN,
            (LIFETIMES,),
        )


def _life(rule: Lifetime) -> str:
    words = _("{idle} without use, {whole} at most")
    return words.format(idle=hours_in_words(rule.idle), whole=hours_in_words(rule.whole))
