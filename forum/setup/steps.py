"""What there is to do before a site opens: each step is the page of a package, which says itself whether it is done.

A package puts a `Step` into the slot "setup.steps".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.options import option
from forum.slots import Filled, Slots

SLOT = "setup.steps"
PUT_OFF = "setup.put_off"


class StepName(enum.StrEnum):
    NAME = "name"
    LOGO = "logo"
    COLOUR = "colour"
    MAIL = "mail"
    PRODUCTS = "products"
    HOURS = "hours"
    GUIDELINES = "guidelines"
    INVITATIONS = "invitations"


@dataclass(frozen=True, slots=True)
class Step:
    """`title` is what to do, `words` what happens without it."""

    name: StepName
    title: str
    words: str
    href: str
    done: bool


@dataclass(frozen=True, slots=True)
class Progress:
    steps: tuple[Step, ...]
    put_off: frozenset[str]

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def missing(self) -> tuple[Step, ...]:
        """Neither done nor put off."""
        return tuple(step for step in self.steps if not step.done and step.name not in self.put_off)


def progress(slots: Slots, session: Session, actor: Actor) -> Progress:
    filled: Filled = slots.fill(session, actor, {SLOT: [0]})
    found = {step.name: step for _template, share in filled.at(SLOT, 0) for step in share}
    steps = tuple(found[name] for name in StepName if name in found)
    return Progress(steps, frozenset(option(session, PUT_OFF, list[str]())))
