"""What happens to each token that bleach let through: links marked, mentions linked, headings put in order."""

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import Any

from forum.markup.allowed import address_kind
from forum.markup.mentions import split_mentions

Token = dict[str, Any]  # html5lib's: type, name, data (text, or attributes keyed by namespace and name)

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NO_MENTIONS = frozenset({"a", "code", "pre", "kbd", "samp"})
_REL = "nofollow ugc noopener"
_OWN_SIZE = re.compile(r"/files/[\w-]{22}/([1-9][0-9]{0,3})x([1-9][0-9]{0,3})/")
"""The address of an image that was added here says how large it is, so that a page keeps its place from the start."""


class Finish:
    """The finishing of one text, and what was counted in it."""

    def __init__(self, source: Iterable[Token]) -> None:
        self._source = source
        self.mentions: dict[str, None] = {}
        self.external_links = 0
        self._quiet = 0
        self._leads_to = ""
        self._headings: list[int] = []
        self._heading = "h2"

    def __iter__(self) -> Iterator[Token]:
        for token in self._source:
            match token["type"]:
                case "Characters" if not self._quiet and "@" in token["data"]:
                    yield from self._link_mentions(token["data"])
                case "StartTag" | "EmptyTag":
                    yield self._start(token)
                case "EndTag":
                    yield self._end(token)
                case _:
                    yield token

    def _start(self, token: Token) -> Token:
        name = token["name"]
        if name == "input":
            return _tick(token)
        if name in _NO_MENTIONS:
            self._quiet += 1
        if name in _HEADINGS:
            token["name"] = self._heading = self._place_heading(_HEADINGS[name])
        elif name == "a":
            self._mark_link(token["data"])
        elif name == "img":
            return _image(token, self._leads_to)
        return token

    def _end(self, token: Token) -> Token:
        if token["name"] in _NO_MENTIONS:
            self._quiet -= 1
        if token["name"] == "a":
            self._leads_to = ""
        if token["name"] in _HEADINGS:
            token["name"] = self._heading
        return token

    def _mark_link(self, attributes: dict[tuple[str | None, str], str]) -> None:
        href = attributes.get((None, "href"))
        if href is None:
            return
        attributes[None, "rel"] = _REL
        self._leads_to = unescape(href).partition("://")[2].partition("/")[0] or unescape(href)
        if address_kind(unescape(href)) == "external":
            self.external_links += 1

    def _place_heading(self, level: int) -> str:
        """The page's title is its h1, so a text begins at h2, whatever was typed, and never skips a level."""
        while self._headings and self._headings[-1] >= level:
            self._headings.pop()
        self._headings.append(level)
        return f"h{min(6, 1 + len(self._headings))}"

    def _link_mentions(self, text: str) -> Iterator[Token]:
        for piece, handle in split_mentions(text):
            if handle is None:
                yield {"type": "Characters", "data": piece}
                continue
            self.mentions[handle] = None
            link = {(None, "class"): "mention", (None, "href"): f"/people/{handle}"}
            yield {"type": "StartTag", "name": "a", "namespace": None, "data": link}
            yield {"type": "Characters", "data": piece}
            yield {"type": "EndTag", "name": "a", "namespace": None, "data": {}}


def _image(token: Token, leads_to: str) -> Token:
    """An image, or its description where its address was not allowed.

    In a link an image without a description is called after where the link leads, or the
    link would have no name. Pages load images by https alone, and whoever serves them by
    http does so by https as well.
    """
    attributes = token["data"]
    alt = attributes[None, "alt"] = attributes.get((None, "alt")) or escape(leads_to)
    if (None, "src") not in attributes:
        return {"type": "Characters", "data": unescape(alt)}
    scheme, colon, rest = attributes[None, "src"].partition(":")
    if scheme.lower() == "http":
        attributes[None, "src"] = f"https{colon}{rest}"
    if size := _OWN_SIZE.match(attributes[None, "src"]):
        attributes.setdefault((None, "width"), size[1])
        attributes.setdefault((None, "height"), size[2])
    attributes[None, "loading"] = "lazy"
    return token


def _tick(token: Token) -> Token:
    """A task's box as a character: it needs no label, and stays in mail and plain text."""
    attributes = token["data"]
    if (None, "type") not in attributes:
        return {"type": "Characters", "data": ""}
    return {"type": "Characters", "data": "☑" if (None, "checked") in attributes else "☐"}
