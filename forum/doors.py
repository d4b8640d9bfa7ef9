"""Whether the site is open, or still being set up by its first admin.

A site on which `porchlight serve` found nobody begins closed; any other is open, and
stays so: once opened, it is never closed again.
"""

from __future__ import annotations

from typing import TypedDict

from sqlalchemy.orm import Session

from forum.options import option

DOORS = "site.doors"


class State(TypedDict):
    """`code` is the hash of what lets somebody become the first admin, until somebody has."""

    code: str | None
    opened: bool


class Doorway:
    """What one process knows of the doors: that they are open, or that it has to look."""

    def __init__(self, *, demo: bool) -> None:
        self.known_open = demo

    def look(self, session: Session) -> bool:
        """Whether the site is open."""
        if not self.known_open and is_open(session):
            self.known_open = True
        return self.known_open


def is_open(session: Session) -> bool:
    state: State | None = option(session, DOORS, None)
    return state is None or state["opened"]


def awaits_admin(session: Session) -> bool:
    """Whether nobody has become the first admin yet."""
    state: State | None = option(session, DOORS, None)
    return state is not None and not state["opened"] and state["code"] is not None
