"""Cooked HTML back to text that reads well: for mail, the search index and excerpts."""

import re
import unicodedata
from html.parser import HTMLParser

_LISTS = frozenset({"ul", "ol"})
# fmt: off
_PARAGRAPHS = _LISTS | frozenset({
    "blockquote", "details", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "table",
})
# fmt: on
_BLOCKS = _PARAGRAPHS | frozenset(["li", "dt", "dd", "tr", "div", "summary", "caption", "br"])
_SPACE = re.compile(r"[ \t\n]+")


def plain_text(html: str, *, links: bool = False) -> str:
    """The text of cooked HTML, paragraphs apart and lists marked; `links` adds where they lead."""
    reader = _Reader(links=links)
    reader.feed(html.replace("<![", "&lt;!["))  # Python's parser gives up at a section that it does not know
    reader.close()
    return reader.text()


def excerpt(text: str, length: int = 200) -> str:
    """The beginning of a text on one line, cut between words where there are any."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[:length]
    if not line[length].isspace() and (space := cut.rfind(" ")) > length // 2:
        cut = cut[:space]
    return cut.rstrip(" .,;:!?-") + "…"


def one_line(text: str) -> str:
    """One line as people mean it: no control characters, single spaces."""
    kept = "".join(char if char.isspace() or unicodedata.category(char)[0] != "C" else "" for char in text)
    return " ".join(kept.split())


def slugify(title: str, *, otherwise: str = "thread", longest: int = 80) -> str:
    """The readable part of an address: letters and digits of any script, never empty."""
    folded = unicodedata.normalize("NFKC", title).lower()
    return re.sub(r"[\W_]+", "-", folded).strip("-")[:longest].strip("-") or otherwise


class _Reader(HTMLParser):
    """Collects finished lines; a block asks for a blank line, which the next text pays for."""

    def __init__(self, *, links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._links = links
        self._lines: list[str] = []
        self._line = ""
        self._blank: int | None = None  # a blank line is due, in so many quotes
        self._quotes = 0
        self._lists: list[int | None] = []
        self._marker = ""
        self._code = 0
        self._address = ""

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _BLOCKS:
            self._break(blank=tag in _PARAGRAPHS and not (tag in _LISTS and self._lists))
        match tag:
            case "blockquote":
                self._quotes += 1
            case "ul":
                self._lists.append(None)
            case "ol":
                self._lists.append(int(given.get("start") or 1))
            case "li":
                self._marker = self._next_marker()
            case "pre":
                self._code += 1
            case "td" | "th" if self._line:
                self._line = self._line.rstrip() + " | "
            case "img":
                self.handle_data(given.get("alt") or "")
            case "a":
                self._address = given.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._write_address()
        if tag in _BLOCKS:
            self._break()
        match tag:
            case "blockquote":
                self._quotes = max(0, self._quotes - 1)
            case "ul" | "ol" if self._lists:
                self._lists.pop()
            case "pre":
                self._code = max(0, self._code - 1)
        if tag in _PARAGRAPHS and not (tag in _LISTS and self._lists):
            self._break(blank=True)

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._write(_SPACE.sub(" ", data))
            return
        first, *others = data.split("\n")
        self._write(first)
        for line in others:
            self._end_line()
            self._write(line)

    def _write(self, text: str) -> None:
        if not self._code and (not self._line or self._line.endswith(" ")):
            text = text.lstrip(" ")
        if text and self._blank is not None:
            if self._lines:
                self._lines.append(("> " * min(self._blank, self._quotes)).rstrip())
            self._blank = None
        self._line += text

    def _write_address(self) -> None:
        address, self._address = self._address, ""
        if self._links and ":" in address and address.removeprefix("mailto:") not in self._line:
            self._write(f" <{address}>")

    def _break(self, *, blank: bool = False) -> None:
        if self._line.strip():
            self._end_line()
        self._line = ""
        if blank:
            self._blank = self._quotes if self._blank is None else min(self._blank, self._quotes)

    def _end_line(self) -> None:
        """Finish a line, even an empty one, which code may hold."""
        indent = "  " * (len(self._lists) - bool(self._marker))
        self._lines.append(("> " * self._quotes + indent + self._marker + self._line).rstrip())
        self._line = self._marker = ""

    def _next_marker(self) -> str:
        if not self._lists or (number := self._lists[-1]) is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "
