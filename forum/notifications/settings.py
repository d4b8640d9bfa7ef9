"""How one person wants to be told, as one act: each matter, and the digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum import bounces
from forum.access import Actor
from forum.accounts.models import Account
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.notifications import choices, kinds, schedule
from forum.notifications.choices import How
from forum.notifications.models import ByMail, DigestChoice, Rhythm


@dataclass(frozen=True, slots=True)
class Telling:
    """How somebody is told: by matter, and when their digest comes; `address` is where mail goes, if it goes at all."""

    chosen: Mapping[str, How]
    rhythm: Rhythm | None
    hour: int
    weekday: int
    address: str | None
    stopped: bool


def telling(session: Session, actor: Actor) -> Telling:
    """How the actor is told now."""
    account = session.get_one(Account, actor.id)
    digest = session.get(DigestChoice, actor.id)
    return Telling(
        chosen=choices.choices_of(session, actor.id, kinds.matters(actor)),
        rhythm=digest.rhythm if digest else None,
        hour=digest.hour if digest else 8,
        weekday=digest.weekday if digest else 0,
        address=account.email,
        stopped=bounces.is_stopped(session, account.email),
    )


def keep_telling(
    session: Session, actor: Actor, chosen: Mapping[str, How], rhythm: Rhythm | None, *, hour: int, weekday: int
) -> None:
    """Tell the actor so from now on.

    Raises:
        Invalid: there is no such hour or day, or something is to wait for a digest that never comes.
    """
    waits = [one for one in kinds.matters(actor) if one.name in chosen and chosen[one.name].by_mail is ByMail.DIGEST]
    if waits and rhythm is None:
        words = _("Choose when it comes: “{matter}” waits for the digest.")
        raise Invalid({"rhythm": words.format(matter=waits[0].words)})
    choices.keep_choices(session, actor, chosen)
    schedule.choose_digest(session, actor, rhythm, hour=hour, weekday=weekday)
