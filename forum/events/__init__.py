"""What can happen, and how the packages hear of it.

Handlers run at once and in the same transaction as the action, so what they keep
(a ledger, a log, a notification) cannot disagree with what happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `actor_id` is None when the program itself did it."""

    actor_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAction(Event):
    """Something a moderator, staff member or admin did by virtue of the role; the audit log hears all of them.

    `reason` is free text: it is kept outside the audit chain, where it can be erased.
    """

    reason: str = ""


E = TypeVar("E", bound=Event)
Handler = Callable[[Session, E], None]


class Bus:
    """Who hears what. Handlers of a base class hear its subclasses too, in the order they signed up."""

    def __init__(self) -> None:
        self._handlers: dict[type[Event], list[Handler[Any]]] = defaultdict(list)

    def on(self, kind: type[E], handler: Handler[E]) -> None:
        self._handlers[kind].append(handler)

    def emit(self, session: Session, event: Event) -> None:
        for kind in type(event).__mro__:
            for handler in self._handlers.get(kind, ()):
                handler(session, event)


def emit(session: Session, event: Event) -> None:
    """Tell everybody who listens, inside the session's transaction."""
    cast(Bus, session.info["bus"]).emit(session, event)
