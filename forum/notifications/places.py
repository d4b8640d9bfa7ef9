"""What notifications add to other pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.bounces import BouncedAddress
from forum.slots import Slots


def register(slots: Slots) -> None:
    slots.register("home.notices", "forum/notifications/_address.html", dead_address, order=20)


def dead_address(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, str]:
    """The reader's own address, where mail to it was stopped."""
    if actor is None:
        return {}
    stopped = select(Account.email).join(BouncedAddress, BouncedAddress.address == Account.email)
    found = session.scalar(stopped.where(Account.id == actor.id, BouncedAddress.stopped_at.is_not(None)))
    return dict.fromkeys(keys, found) if found is not None else {}
