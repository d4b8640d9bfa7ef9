"""What every open page of somebody signed in is told: how much they have not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import ngettext, plurals
from forum.live import Kind, Kinds, Shown


def install(kinds: Kinds) -> None:
    kinds.add(Kind("me", read))


def read(_session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    """Only of the reader themselves: a tab that was left open by somebody else hears nothing."""
    return {
        key: Shown({"unread": actor.unread}, frozenset({("notifications", actor.id)}))
        if actor is not None and str(actor.id) == key
        else Shown(None)
        for key in keys
    }


def words() -> dict[str, Any]:
    return {
        "unread": plurals(
            lambda count: ngettext("Notifications, {count} unread", "Notifications, {count} unread", count)
        )
    }
