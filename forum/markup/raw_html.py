"""HTML written inside Markdown, brought into a shape that the sanitiser reads in linear time.

An HTML parser keeps a formatting element that nobody closes and opens it again in
every block that follows: thirty of them and eight thousand paragraphs made 250,000
elements in 12 seconds. So tags that are not allowed, malformed, or left open become text here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from markdown_it.common.html_re import close_tag, open_tag
from markdown_it.token import Token

from forum.markup.allowed import IMPLIED_END, PHRASE_TAGS, TAGS, VOID_TAGS, attribute_allowed
from forum.markup.highlight import escape_text

_TAG = re.compile(f"{open_tag}|{close_tag}")
_ATTRIBUTE = re.compile(r"\s+([a-zA-Z_:][a-zA-Z0-9:._-]*)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\"'=<>`\x00-\x20]+))?")
_FURTHEST = 60  # how many open tags a closing one looks back over
_BARE_AMPERSAND = re.compile(r"&(?!(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")


@dataclass(slots=True)
class _Tag:
    name: str
    closing: bool
    source: str
    matched: bool

    def __str__(self) -> str:
        if not self.matched:
            return escape_text(self.source)
        return f"</{self.name}>" if self.closing else _opening(self.name, self.source)


def tidy(tokens: Sequence[Token]) -> None:
    """Rewrite every piece of raw HTML among the tokens.

    Phrasing tags must close within their own paragraph or block of HTML; block tags
    anywhere after, so that `<details>` may hold Markdown.
    """
    written: list[tuple[Token, list[str | _Tag]]] = []
    blocks: list[_Tag] = []
    for token in tokens:
        phrases: list[_Tag] = []
        for piece in _raw(token):
            parts = list(_split(piece.content))
            written.append((piece, parts))
            for part in parts:
                if isinstance(part, _Tag):
                    _match(part, phrases if part.name in PHRASE_TAGS else blocks)
    for piece, parts in written:
        piece.content = "".join(map(str, parts))


def _raw(token: Token) -> Iterable[Token]:
    if token.type == "html_block":
        return (token,)
    return (child for child in token.children or () if child.type == "html_inline")


def _split(content: str) -> Iterator[str | _Tag]:
    position = 0
    while (start := content.find("<", position)) >= 0:
        yield _text(content[position:start])
        if content.startswith("<!--", start) and (end := content.find("-->", start)) >= 0:
            position = end + 3
        elif found := _TAG.match(content, start):
            yield _tag(found)
            position = found.end()
        else:
            yield "&lt;"
            position = start + 1
    yield _text(content[position:])


def _tag(found: re.Match[str]) -> _Tag:
    source = found[0]
    closing = source.startswith("</")
    name = source.lstrip("</").split(maxsplit=1)[0].rstrip("/>").lower()
    alone = name in IMPLIED_END or (name in VOID_TAGS and not closing)
    return _Tag(name, closing, source, matched=alone)


def _match(tag: _Tag, still_open: list[_Tag]) -> None:
    """Find a closing tag's partner; what was left open between the two stays text."""
    if tag.matched or tag.name not in TAGS or tag.name in VOID_TAGS:
        return
    if not tag.closing:
        still_open.append(tag)
        return
    for index in range(len(still_open) - 1, max(-1, len(still_open) - _FURTHEST), -1):
        if still_open[index].name == tag.name:
            still_open[index].matched = tag.matched = True
            del still_open[index:]
            return


def _opening(name: str, source: str) -> str:
    kept: dict[str, str] = {}
    for attribute, quoted in _ATTRIBUTE.findall(source):
        value = quoted[1:-1] if quoted[:1] in {'"', "'"} else quoted
        if attribute_allowed(name, attribute.lower(), value):
            kept.setdefault(attribute.lower(), escape_text(unescape(value)))
    return "".join([f"<{name}", *(f' {key}="{value}"' for key, value in kept.items()), ">"])


def _text(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", text).replace(">", "&gt;")
