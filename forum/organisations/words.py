"""How important an organisation is, in words."""

from __future__ import annotations

from forum.i18n import lazy

IMPORTANCE_WORDS = {
    1: lazy("Highest"),
    2: lazy("High"),
    3: lazy("Normal"),
    4: lazy("Low"),
    5: lazy("Lowest"),
}


def importance_words(importance: int) -> str:
    return str(IMPORTANCE_WORDS[importance])
