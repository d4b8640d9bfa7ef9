"""Numbers that come in an address or a form."""

from __future__ import annotations


def whole_number(text: str | None, digits: int = 18) -> int | None:
    """What a text of at most so many ASCII digits stands for; of 18, both databases take all."""
    return int(text) if text and len(text) <= digits and text.isascii() and text.isdecimal() else None
