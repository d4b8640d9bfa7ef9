"""What the list of products adds to the pages of admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import gettext as _
from forum.setup.steps import SLOT as STEPS
from forum.setup.steps import Step, StepName
from forum.slots import Slots
from forum.tags.models import Space


def register(slots: Slots) -> None:
    slots.register(STEPS, "", steps)


def steps(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    step = Step(
        StepName.PRODUCTS,
        _("Name your products"),
        _("Whoever asks says which one it is about. Without any, nobody is asked."),
        "/admin/products",
        done=session.scalar(select(Space.id).limit(1)) is not None,
    )
    return dict.fromkeys(keys, (step,))
