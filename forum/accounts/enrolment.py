"""Word, in good time, to whoever holds a role that will need a second factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts import rules
from forum.accounts.factors import checking


def notice(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """The day, for the front page, while it is still ahead and they have none."""
    if actor is None or not actor.roles:
        return {}
    day = rules.required_from(session)
    if day is None or rules.factor_required(session) or checking.is_protected(session, actor.id):
        return {}
    return dict.fromkeys(keys, day)
