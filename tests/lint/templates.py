"""Templates as the lints look at them: the HTML that Jinja leaves as it is, and the tree of what it computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import jinja2
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[2]
COMPUTED = "\ufffc"
"""Stands in the HTML for what an expression prints; it is no letter and no space."""

_environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


@dataclass(frozen=True)
class Text:
    line: int
    text: str


@dataclass(frozen=True)
class Tag:
    line: int
    name: str
    attributes: dict[str, str | None]


@dataclass
class Template:
    name: str
    source: str

    @cached_property
    def tree(self) -> nodes.Template:
        return _environment.parse(self.source, self.name)

    @cached_property
    def html(self) -> str:
        """The source less its translations and statements, each expression a mark, every line where it was."""
        kept, translating, last = "", False, ""
        for line, kind, value in _environment.lex(self.source):
            if kind == "data" and not translating:
                kept += "\n" * (line - 1 - kept.count("\n")) + value
            elif kind == "variable_begin" and not translating:
                kept += COMPUTED
            elif kind == "name" and last == "block_begin":
                translating = value == "trans" or (translating and value != "endtrans")
            if kind != "whitespace":
                last = kind
        return kept

    @cached_property
    def parts(self) -> list[Text | Tag]:
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        return reader.parts


class _Reader(HTMLParser):
    """Text and tags in order, without the text of elements that hold no prose."""

    SILENT = frozenset({"code", "kbd", "pre", "samp", "script", "style"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Text | Tag] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.parts.append(Tag(self.getpos()[0], tag, attributes))
        if tag in self.SILENT or attributes.get("translate") == "no":
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            before = len(data) - len(data.lstrip())
            self.parts.append(Text(self.getpos()[0] + data[:before].count("\n"), data))


def templates() -> Iterator[Template]:
    for file in sorted((ROOT / "templates").rglob("*.*")):
        yield Template(str(file.relative_to(ROOT)), file.read_text())


def complaints(found: Iterator[str]) -> str:
    """All that a lint found, a line each; empty when there is nothing to say."""
    return "\n".join(found)
