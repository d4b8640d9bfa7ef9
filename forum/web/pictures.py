"""Icons and avatars: small HTML that a page holds by the hundred, so it is made once and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Protocol
from zlib import crc32

from markupsafe import Markup

HUES = 12
Icon = Callable[..., Markup]


class Person(Protocol):
    handle: str
    display_name: str


def icons(sprite: str) -> Icon:
    """The function that draws one symbol of the sprite at this address."""

    @cache
    def icon(name: str, label: str | None = None) -> Markup:
        spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup('<svg class="icon" width="18" height="18" {}><use href="{}#{}"></use></svg>').format(
            spoken, sprite, name
        )

    return icon


def avatar(person: Person | None, size: str = "") -> Markup:
    """Initials on a colour that the handle decides; `size` is tiny, small or large. None is somebody who left."""
    if person is None:
        return _avatar("", "?", size)
    return _avatar(person.handle, person.display_name or person.handle, size)


@lru_cache(maxsize=4096)
def _avatar(handle: str, name: str, size: str) -> Markup:
    words = name.split() or ["?"]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 and size != "tiny" else "")
    hue = crc32(handle.lower().encode()) % HUES
    return Markup('<span class="avatar {} hue-{}" aria-hidden="true">{}</span>').format(size, hue, letters.upper())
