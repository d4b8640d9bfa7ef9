"""What the rules of retention add to the overview of settings: one row, for all of them stand on one page."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, listed, lists
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.retention.rules import Rules, days_of
from forum.slots import Slots


def register(slots: Slots, rules: Rules) -> None:
    lists(slots, lambda session: settings(session, rules))


def settings(session: Session, rules: Rules) -> Iterator[Setting]:
    usual = _("as the page says for each kind")
    found = [(rule, days_of(session, rule)) for rule in rules.all]
    yield Setting(
        _("How long what is kept"),
        ngettext(
            "When {count} kind of things is let go of.", "When {count} kinds of things are let go of.", len(found)
        ).format(count=len(found)),
        usual,
        listed((f"{rule.what}: {_days(days)}" for rule, days in found if days != rule.days), usual),
        "/admin/retention",
        Area.DATA,
        ("retention.*",),
    )


def _days(count: int) -> str:
    return ngettext("{count} day", "{count} days", count).format(count=count)
