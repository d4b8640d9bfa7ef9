"""bleach with our allow-list; what it lets through is finished token by token."""

import threading
from collections.abc import Iterable
from typing import Any

from bleach.sanitizer import Cleaner

from forum.markup.allowed import PROTOCOLS, TAGS, attribute_allowed
from forum.markup.finish import Finish, Token


class Sanitiser(threading.local):
    """One Cleaner a thread: html5lib keeps its state in the parser, and a shared one mixes two people's texts."""

    def __init__(self) -> None:
        self._finish: Finish | None = None
        self._cleaner = Cleaner(
            tags=TAGS, attributes=attribute_allowed, protocols=PROTOCOLS, filters=[self._make_finish]
        )

    def clean(self, html: str) -> tuple[str, Finish | None]:
        """Safe HTML, and what was met on the way; there is nothing in an empty text."""
        self._finish = None
        return self._cleaner.clean(html), self._finish

    def _make_finish(self, *, source: Iterable[Token]) -> Any:
        """bleach asks for html5lib's Filter, and only iterates over it."""
        self._finish = Finish(source)
        return self._finish
