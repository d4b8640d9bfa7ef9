"""What replies tell of: each noun says who may see a thing of its own, and which threads' words it shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import NotFound

Find = Callable[[Session, Actor, str], Collection[int]]
"""The threads whose words somebody reads in the thing under a key; raises NotFound when there is none that they see."""
NAMED = re.compile(r"/(?P<noun>[a-z]+)(?:/(?P<key>[^/#]+))?")
_number = TypeAdapter(int)


class Subjects:
    """The things that addresses name, by the first part of their path within the API."""

    def __init__(self) -> None:
        self.finders: dict[str, Find] = {}

    def register(self, noun: str, find: Find) -> None:
        self.finders[noun] = find

    def threads_of(self, session: Session, actor: Actor, path: str) -> frozenset[int]:
        """The threads that the thing at an address is about; none where an address names only what is to be made.

        Raises:
            NotFound: it is none that the actor may see.
        """
        found = NAMED.match(path)
        if found is None or found["key"] is None:
            return frozenset()
        return frozenset(self.finders[found["noun"]](session, actor, found["key"]))

    def shown(self, session: Session, actor: Actor, path: str) -> bool:
        try:
            self.threads_of(session, actor, path)
        except NotFound:
            return False
        return True


def number(key: str) -> int:
    """The id that an address names, as the route has read it."""
    return _number.validate_python(key)
