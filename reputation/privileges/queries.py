"""What each privilege takes, and where somebody stands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from reputation.privileges.presets import LEAST, Preset, preset, thresholds

UNUSED = frozenset({Privilege.SUGGEST_DUPLICATE, Privilege.SUGGEST_EDIT})
"""Privileges that nothing asks for yet: granted with the others, but promised to nobody."""


@dataclass(frozen=True, slots=True)
class Step:
    """One privilege: what it takes, and, for somebody signed in, whether they have it and how far they are."""

    privilege: Privilege
    needed: int
    held: bool
    has: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.has)


@dataclass(frozen=True, slots=True)
class Ladder:
    preset: Preset
    steps: tuple[Step, ...]


def ladder(session: Session, actor: Actor | None) -> Ladder:
    """The privileges in the order in which they are earned."""
    has = max(actor.reputation, LEAST) if actor else 0
    steps = [
        Step(privilege, needed, held=actor is not None and actor.can(privilege), has=has)
        for privilege, needed in thresholds(session).items()
        if privilege not in UNUSED
    ]
    return Ladder(preset(session), tuple(sorted(steps, key=lambda step: step.needed)))
