"""What somebody typed into a search box, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_QUERY = 200
MAX_TERMS = 12
_PIECE = re.compile(r'(-?)(?:(tag|product|user|is):)?(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\]\s]+)\]")
STATES = frozenset({"solved", "unanswered", "open", "answered"})


@dataclass(frozen=True, slots=True)
class Terms:
    """Words and phrases that must and must not occur, and what narrows the threads they occur in."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    product: str | None = None
    user: str | None = None
    state: str | None = None

    @property
    def narrows(self) -> bool:
        return bool(self.tags or self.product or self.user or self.state)

    def __bool__(self) -> bool:
        return bool(self.wanted or self.narrows)


def parse(query: str) -> Terms:
    """Take a query apart: words, "phrases", -without, tag:x or [x], product:x, user:x, is:solved.

    Whatever cannot be understood as one of these counts as a word; nothing is an error.
    """
    text = _BRACKETED.sub(r"tag:\1", query.replace("\x00", " ")[:MAX_QUERY])
    wanted: list[str] = []
    unwanted: list[str] = []
    tags: list[str] = []
    single: dict[str, str] = {}
    for minus, prefix, phrase, word in _PIECE.findall(text):
        value, key = phrase or word.strip('"'), prefix.lower()
        if key == "tag" and not minus:
            tags.append(value.lower())
        elif key and not minus and (key != "is" or value.lower() in STATES):
            single[key] = value.lower().lstrip("@")
        elif re.search(r"\w", value):
            (unwanted if minus else wanted).append(value)
    return Terms(
        wanted=tuple(wanted[:MAX_TERMS]),
        unwanted=tuple(unwanted[:MAX_TERMS]),
        tags=tuple(tags[:5]),
        product=single.get("product"),
        user=single.get("user"),
        state=single.get("is"),
    )


def words(text: str) -> list[str]:
    """The distinct words of a text, in lower case, in the order they first occur."""
    return list(dict.fromkeys(re.findall(r"\w{2,40}", text.lower())))
