"""The part of a text that shows why it was found."""

from __future__ import annotations

import re
from collections.abc import Sequence

LENGTH = 220
LEAD = 60

Excerpt = tuple[tuple[str, bool], ...]
"""Pieces of text in order, each with whether it is one of the words looked for; the template escapes and marks them."""


def excerpt_around(text: str, wanted: Sequence[str]) -> Excerpt:
    """About 220 characters around the first word looked for, taken apart at each of them."""
    flat = " ".join(text.split())
    pattern = _pattern(wanted)
    first = pattern.search(flat) if pattern else None
    start = max(0, first.start() - LEAD) if first else 0
    if start:
        start = flat.find(" ", start) + 1
    cut = flat[start : start + LENGTH]
    if start + LENGTH < len(flat):
        cut = cut.rsplit(" ", 1)[0] + " …"
    return _marked(("… " if start else "") + cut, pattern)


def _marked(text: str, pattern: re.Pattern[str] | None) -> Excerpt:
    if pattern is None:
        return ((text, False),)
    pieces = pattern.split(text)
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


def _pattern(wanted: Sequence[str]) -> re.Pattern[str] | None:
    """Words are matched by their beginning, as the engines do after taking endings off."""
    stems = sorted({re.escape(_stem(word)) for word in wanted if word}, key=len, reverse=True)
    return re.compile(rf"(\b(?:{'|'.join(stems)})\w*)", re.IGNORECASE) if stems else None


def _stem(word: str) -> str:
    return re.sub(r"(?:ing|ed|es|s)$", "", word) if len(word) > 5 else word
