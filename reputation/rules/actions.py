"""Changing the rules, within bounds, and only as somebody has seen what that does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.errors import Invalid
from forum.events import emit
from forum.events.reputation import ReputationRulesChanged
from forum.i18n import gettext as _
from forum.options import hold_options, option, set_option
from reputation.ledger.models import Rule
from reputation.ledger.rules import DEFAULTS, rules
from reputation.privileges.presets import AUTOMATIC, POINTS, Preset
from reputation.privileges.queries import UNUSED

THRESHOLDS = (1, 100_000)
CAP = (0, 10_000)
EARNED = tuple(privilege for privilege in POINTS if privilege not in UNUSED)
"""The privileges that something asks for."""
PAID: dict[Rule, tuple[int, int]] = {
    Rule.ACCEPTED: (0, 1000),
    Rule.ANSWER_UP: (0, 1000),
    Rule.QUESTION_UP: (0, 1000),
    Rule.ACCEPTING: (0, 1000),
    Rule.JOINED: (0, 1000),
    Rule.DOWN_CAST: (-1000, 0),
    Rule.ANSWER_DOWN: (-1000, 0),
    Rule.QUESTION_DOWN: (-1000, 0),
    Rule.ABUSE: (-10_000, 0),
}
"""The rules that something happens by, each with the least and the most it may move: none turns round."""


@dataclass(frozen=True, slots=True)
class Given:
    """What an admin wants. A privilege that `thresholds` leaves out takes what the preset says."""

    preset: str
    thresholds: Mapping[Privilege, int]
    points: Mapping[Rule, int]
    daily_cap: int


def current(session: Session) -> Given:
    """What is set now."""
    kept: dict[str, int] = option(session, "privileges.points", default={})
    now = rules(session)
    return Given(
        preset=option(session, "privileges.preset", default=AUTOMATIC),
        thresholds={privilege: kept[privilege.value] for privilege in EARNED if privilege.value in kept},
        points={rule: now.points[rule] for rule in PAID},
        daily_cap=now.daily_cap,
    )


def seal(session: Session, given: Given) -> str:
    """Names what is wanted and what it would replace: whoever saves with it has seen just this change."""
    both = json.dumps([_plain(current(session)), _plain(given)], sort_keys=True)
    return hashlib.sha256(both.encode()).hexdigest()[:24]


def change_rules(session: Session, actor: Actor, given: Given, *, seen: str) -> None:
    """Let other rules be in force from now on. What was earned under the old ones stays as it stands in the ledger.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: a number is out of its bounds, or what would change is not what was `seen`.
    """
    require(actor, Privilege.ADMINISTER)
    check(given)
    hold_options(session)
    before = current(session)
    if seen != seal(session, given):
        words = _("This is not the change that you were shown, or the rules were changed since. Look again, then save.")
        raise Invalid({"": words})
    if before == given:
        return
    set_option(session, "privileges.preset", given.preset)
    set_option(session, "privileges.points", {one.value: needed for one, needed in given.thresholds.items()})
    changed = {rule.value: points for rule, points in given.points.items() if points != DEFAULTS[rule]}
    unasked: dict[str, int] = option(session, "reputation.rules", default={})
    kept = {name: points for name, points in unasked.items() if name not in set(PAID)}
    set_option(session, "reputation.rules", kept | changed)
    set_option(session, "reputation.daily_cap", given.daily_cap)
    moved = _moved(before, given)
    event = ReputationRulesChanged(
        actor_id=actor.id,
        before=tuple(f"{name}: {was}" for name, was, _is in moved),
        after=tuple(f"{name}: {becomes}" for name, _was, becomes in moved),
    )
    emit(session, event)


def check(given: Given) -> None:
    """
    Raises:
        Invalid: a number is out of its bounds.
    """
    wrong: dict[str, str] = {}
    if given.preset not in {AUTOMATIC, *Preset}:
        wrong["preset"] = _("Choose one of these.")
    for privilege, needed in given.thresholds.items():
        _between(wrong, f"needed_{privilege.value}", needed, THRESHOLDS)
    for rule, points in given.points.items():
        _between(wrong, f"points_{rule.value}", points, PAID[rule])
    _between(wrong, "daily_cap", given.daily_cap, CAP)
    if wrong:
        raise Invalid(wrong)


def _between(wrong: dict[str, str], field: str, value: int, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if not least <= value <= most:
        wrong[field] = _("Choose a number from {least} to {most}.").format(least=least, most=most)


def _plain(given: Given) -> dict[str, int | str]:
    return {
        "preset": given.preset,
        "daily_cap": given.daily_cap,
        **{f"needed_{privilege.value}": needed for privilege, needed in given.thresholds.items()},
        **{f"points_{rule.value}": points for rule, points in given.points.items()},
    }


def _moved(before: Given, after: Given) -> list[tuple[str, int | str, int | str]]:
    was, becomes = _plain(before), _plain(after)
    names = sorted(was.keys() | becomes.keys())
    both = ((name, was.get(name, "preset"), becomes.get(name, "preset")) for name in names)
    return [(name, old, new) for name, old, new in both if old != new]
