"""How many points each privilege takes, by how long the site has been there."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Privilege
from forum.accounts.models import Account
from forum.clock import now
from forum.options import option


class Preset(enum.StrEnum):
    NEW = "new"
    GROWING = "growing"
    ESTABLISHED = "established"


ALWAYS = frozenset({Privilege.ASK, Privilege.ANSWER, Privilege.COMMENT_OWN, Privilege.FLAG_PRIVATE})
POINTS: dict[Privilege, tuple[int, int, int]] = {
    Privilege.FLAG: (1, 1, 15),
    Privilege.VOTE_UP: (1, 5, 15),
    Privilege.COMMENT: (1, 10, 50),
    Privilege.MANY_LINKS: (1, 10, 10),
    Privilege.VOTE_DOWN: (25, 75, 125),
    Privilege.NEW_TAG: (50, 300, 750),
    Privilege.SUGGEST_DUPLICATE: (50, 100, 250),
    Privilege.SUGGEST_EDIT: (100, 300, 500),
    Privilege.EDIT_ANY: (250, 1000, 2000),
}
AUTOMATIC = "automatic"
GROWING_AFTER = timedelta(days=90)
ESTABLISHED_AFTER = timedelta(days=365)
LEAST = 1
"""What everybody counts as having at least: a debt takes no privilege that one point gives."""


def preset(session: Session, began: datetime | None = None) -> Preset:
    """The preset in force: the option "privileges.preset", or by the age of the site's first account.

    New for 90 days, growing for the rest of the first year, established from then on. `began`
    is when that was, where it has been read.
    """
    return meant_by(session, option(session, "privileges.preset", default=AUTOMATIC), began)


def meant_by(session: Session, chosen: str, began: datetime | None = None) -> Preset:
    """The preset of that name, or the one that the site's age makes of any other."""
    if chosen in set(Preset):
        return Preset(chosen)
    if began is None:
        began = session.scalar(select(Account.created_at).order_by(Account.id).limit(1))
    age = timedelta() if began is None else now() - began
    if age < GROWING_AFTER:
        return Preset.NEW
    return Preset.GROWING if age < ESTABLISHED_AFTER else Preset.ESTABLISHED


def thresholds(session: Session, began: datetime | None = None) -> dict[Privilege, int]:
    """The points that each earned privilege takes here and now: the preset's, unless "privileges.points" says other."""
    changed: dict[str, int] = option(session, "privileges.points", default={})
    return of_preset(preset(session, began)) | {one: changed[one.value] for one in POINTS if one.value in changed}


def of_preset(preset: Preset) -> dict[Privilege, int]:
    """What each earned privilege takes under a preset as it stands."""
    column = list(Preset).index(preset)
    return {privilege: points[column] for privilege, points in POINTS.items()}
