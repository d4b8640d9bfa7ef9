"""What privileges and points add to the overview of settings."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, listed, lists
from forum.i18n import gettext as _
from forum.slots import Slots
from reputation.ledger.rules import DAILY_CAP, DEFAULTS
from reputation.privileges.presets import AUTOMATIC
from reputation.rules.actions import current
from reputation.rules.forms import PRESET_WORDS, PRIVILEGE_WORDS, RULE_WORDS

PATH = "/admin/rules"


def register(slots: Slots) -> None:
    lists(slots, settings, order=10)


def settings(session: Session) -> Iterator[Setting]:
    given = current(session)
    yield Setting(
        _("What privileges take"),
        _("How many points somebody needs before they may vote, comment everywhere, or edit."),
        str(PRESET_WORDS[AUTOMATIC]),
        str(PRESET_WORDS.get(given.preset, PRESET_WORDS[AUTOMATIC])),
        PATH,
        Area.COMMUNITY,
        ("privileges.preset",),
    )
    usual = _("as the preset says")
    thresholds = (
        _("{what}: {points}").format(what=PRIVILEGE_WORDS[one], points=needed)
        for one, needed in given.thresholds.items()
    )
    yield Setting(
        _("Points for single privileges"),
        _("Where one takes points of its own, whatever the preset says."),
        usual,
        listed(thresholds, usual),
        PATH,
        Area.COMMUNITY,
        ("privileges.points",),
    )
    usual = _("as the program has them")
    points = (
        _("{what}: {points}").format(what=RULE_WORDS[rule], points=worth)
        for rule, worth in given.points.items()
        if worth != DEFAULTS[rule]
    )
    yield Setting(
        _("What earns and costs points"),
        _("Votes, accepted answers, joining, and what moderators find to be abuse."),
        usual,
        listed(points, usual),
        PATH,
        Area.COMMUNITY,
        ("reputation.rules",),
    )
    yield Setting(
        _("Most that up votes earn in a day"),
        _("Whatever comes above it is not counted; accepted answers are."),
        str(DAILY_CAP),
        str(given.daily_cap),
        PATH,
        Area.COMMUNITY,
        ("reputation.daily_cap",),
    )
