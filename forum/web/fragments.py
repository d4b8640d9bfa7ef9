"""Parts of a page that are drawn once for all who are shown the same.

A fragment is a template that is given values and nothing else: no request, no reader,
nothing of the page around it. So the values, the language and the time zone decide what it
looks like, and it is kept under exactly these. Nobody has to say that something changed:
the values are read anew for every page, and other values are another fragment. Nor can one
reader be shown what another was: whoever gets a fragment has read all that stands in it.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Hashable
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from forum import i18n
from forum.bounded import Bounded
from forum.web.times import time_zone

ROOM = 6 * 1024 * 1024
OVERHEAD = 1000
"""About what the rows in a key take beside their texts."""
TOKEN_BYTES = 12
ONCE = f"once-{secrets.token_urlsafe(24)}"
"""Stands for the token of a form: a kept fragment holds this, and each page that shows it a token of its own."""


class Fragments:
    """Draws fragments, and keeps them in at most `room` bytes."""

    def __init__(self, templates: Environment, room: int = ROOM) -> None:
        self.templates = templates
        self.kept: Bounded[Markup] = Bounded(room, _weigh)

    def draw(self, template: str, /, **values: Hashable) -> Markup:
        """A template with these values: frozen rows and plain ones, by whose type a text is told from markup."""
        given = tuple(values.values())
        key = (template, i18n.current_locale(), time_zone(), tuple(values), tuple(map(type, given)), given)
        return self.kept.get(key, lambda: self._drawn(template, values))

    def _drawn(self, template: str, values: dict[str, Any]) -> Markup:
        return Markup(self.templates.get_template(template).render(values))  # noqa: S704 - a template escapes


def _weigh(html: Markup) -> int:
    # What is drawn and what it was drawn from hold the same texts.
    return 2 * sys.getsizeof(html) + OVERHEAD


def with_tokens(html: str) -> str:
    """A page that is complete, with a token for each of its forms: sent twice, one makes one post."""
    parts = html.split(ONCE)
    if len(parts) == 1:
        return html
    tokens = secrets.token_urlsafe(TOKEN_BYTES * len(parts))
    size = TOKEN_BYTES * 4 // 3
    return "".join(part + tokens[size * at : size * (at + 1)] for at, part in enumerate(parts[:-1])) + parts[-1]
