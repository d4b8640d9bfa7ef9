"""What the queue is in the order of, and where a page of it begins.

A place carries the whole key of the review it stands behind: once that was decided,
its own row would say that it comes last, and the page after would leave out what waits.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from forum.events.moderation import FlagReason
from forum.threads.queries.paging import key_of, parse_key
from moderation.flags.models import Flag, FlagState
from moderation.reviews.choices import ABUSIVE
from moderation.reviews.models import Review

Order = list[ColumnElement[object]]
WRITTEN = re.compile(r"([0-2])_([01])_([0-9.e-]{1,30})_([0-9]+-[0-9]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which review a page goes on, as that one stood when it was shown."""

    harm: int
    urgent: bool
    weight: float
    opened_at: datetime
    id: int

    @classmethod
    def of(cls, review: Review, harm: int) -> Place:
        return cls(harm, review.urgent, review.weight, review.opened_at, review.id)

    @classmethod
    def read(cls, text: str | None) -> Place | None:
        """The place that `written` gave out; None where it gave out no such thing."""
        found = WRITTEN.fullmatch(text or "")
        key = parse_key(found[4]) if found else None
        if found is None or key is None:
            return None
        try:
            weight = float(found[3])
        except ValueError:
            return None
        return cls(int(found[1]), found[2] == "1", weight, *key) if math.isfinite(weight) else None

    @property
    def written(self) -> str:
        return f"{self.harm}_{int(self.urgent)}_{self.weight!r}_{key_of(self.opened_at, self.id)}"


def harm() -> ColumnElement[int]:
    """What the pending flags name: private information, then spam and abuse, then everything else."""
    named = case((Flag.reason == FlagReason.PRIVATE, 2), (Flag.reason.in_(ABUSIVE), 1), else_=0)
    pending = select(func.max(named)).where(Flag.review_id == Review.id, Flag.state == FlagState.PENDING)
    return func.coalesce(pending.scalar_subquery(), 0)


def order(*, decided: bool) -> Order:
    if decided:
        return [Review.id.desc()]  # type: ignore[list-item]
    return [harm().desc(), Review.urgent.desc(), Review.weight.desc(), Review.opened_at, Review.id]  # type: ignore[list-item]


def beyond(place: Place, *, decided: bool) -> ColumnElement[bool]:
    """What comes after a place in that order."""
    if decided:
        return Review.id < place.id
    older = or_(Review.opened_at > place.opened_at, and_(Review.opened_at == place.opened_at, Review.id > place.id))
    lighter = or_(Review.weight < place.weight, and_(Review.weight == place.weight, older))
    same = and_(Review.urgent == place.urgent, lighter)
    calmer = or_(same, Review.urgent.is_(False)) if place.urgent else same
    return or_(harm() < place.harm, and_(harm() == place.harm, calmer))
