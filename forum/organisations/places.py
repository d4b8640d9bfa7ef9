"""What organisations add to other pages."""

from __future__ import annotations

from forum.organisations.queries import belonging
from forum.slots import Slots


def register(slots: Slots) -> None:
    slots.register("profile.badges", "forum/organisations/_badge.html", belonging, order=20)
