"""The site's rules for signing in: how long sessions live, and who has to have a second factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Invalid
from forum.events import emit
from forum.events.accounts import SignInRulesChanged
from forum.i18n import gettext as _
from forum.options import option, set_option

LIFETIMES = "sign_in.lifetimes"
REQUIRED_FROM = "sign_in.factor_required_from"
IDLE = (1, 4, 8, 12, 24, 72, 168, 336, 720, 2160)
"""Hours without use after which a session may end."""
WHOLE = (12, 24, 72, 168, 720, 2160, 4320, 8760)
"""Hours after which it may end however much it is used."""
LATEST_GRACE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lives without use, and at most, in hours."""

    idle: int
    whole: int


DEFAULTS: Mapping[str, Lifetime] = {
    "customer": Lifetime(24, 168),
    "customer_remembered": Lifetime(720, 8760),
    "holder": Lifetime(12, 24),
    "holder_remembered": Lifetime(168, 720),
}
"""By whether their person holds a role, and asked to stay signed in."""


def lifetimes(session: Session) -> dict[str, Lifetime]:
    """The rules in force, one for each kind of session."""
    chosen = option(session, LIFETIMES, dict[str, list[int]]())
    return {kind: Lifetime(*chosen[kind]) if kind in chosen else default for kind, default in DEFAULTS.items()}


def lifetime(session: Session, *, holds_role: bool, remembered: bool) -> Lifetime:
    kind = ("holder" if holds_role else "customer") + ("_remembered" if remembered else "")
    chosen = option(session, LIFETIMES, dict[str, list[int]]())
    return Lifetime(*chosen[kind]) if kind in chosen else DEFAULTS[kind]


def end_of(rule: Lifetime, created_at: datetime, last_seen_at: datetime) -> datetime:
    """When a session ends that is not used again. It is the one place that says so."""
    return min(last_seen_at + timedelta(hours=rule.idle), created_at + timedelta(hours=rule.whole))


def required_from(session: Session) -> date | None:
    """The day from which whoever holds a role needs a second factor, if there is one."""
    day = option(session, REQUIRED_FROM, "")
    return date.fromisoformat(day) if day else None


def factor_required(session: Session) -> bool:
    day = required_from(session)
    return day is not None and day <= now().date()


def change_rules(session: Session, actor: Actor, chosen: Mapping[str, Lifetime], required: date | None) -> None:
    """Set how long sessions live and from when on roles need a second factor; both are in force at once.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: a life that is not offered, or longer without use than in all; a day too far ahead.
    """
    require(actor, Privilege.ADMINISTER)
    wrong: dict[str, str] = {}
    for kind in DEFAULTS:
        rule = chosen[kind]
        if rule.idle not in IDLE or rule.whole not in WHOLE:
            wrong[f"{kind}_idle"] = _("Choose from the list.")
        elif rule.idle > rule.whole:
            wrong[f"{kind}_idle"] = _("A session cannot live longer without use than in all.")
    if required is not None and required > (now() + LATEST_GRACE).date():
        wrong["required_from"] = _("Choose a day within the next year.")
    if wrong:
        raise Invalid(wrong)
    set_option(session, LIFETIMES, {kind: [chosen[kind].idle, chosen[kind].whole] for kind in DEFAULTS})
    set_option(session, REQUIRED_FROM, required.isoformat() if required else "")
    day = int(required.strftime("%Y%m%d")) if required else 0
    hours = tuple(hours for kind in DEFAULTS for hours in (chosen[kind].idle, chosen[kind].whole))
    emit(session, SignInRulesChanged(actor_id=actor.id, required_from=day, lifetimes=hours))
