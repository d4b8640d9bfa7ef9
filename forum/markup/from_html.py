"""Markdown for posts that exist only as HTML, such as those of a Stack Exchange dump."""

import re
from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import ATX, MarkdownConverter

from forum.markup.source import normalise
from forum.markup.text import plain_text

_DROPPED = ["script", "style", "iframe", "object", "embed", "noscript", "template", "svg", "math", "form", "title"]
_LANGUAGE = re.compile(r"lang(?:uage)?-([A-Za-z0-9+#.-]{1,40})")
_BACKTICKS = re.compile("`{3,}")


def html_to_markdown(html: str) -> str:
    """Markdown that cooks to what the HTML showed; mere text where the HTML is past all reading."""
    html = normalise(html).replace("<![", "&lt;![")  # see plain_text
    try:
        soup = BeautifulSoup(html, "html.parser")
        for tag in soup(_DROPPED):
            tag.decompose()
        return str(_converter.convert_soup(soup)).strip()
    except (RecursionError, ParserRejectedMarkup):
        return plain_text(html)


class _Converter(MarkdownConverter):
    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A fence longer than any in the code, in the language that the site's own highlighter was told."""
        longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}{_language(el)}\n{text.strip(chr(10))}\n{fence}\n\n" if text else ""

    def convert_kbd(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"<kbd>{text}</kbd>"


_converter = _Converter(
    heading_style=ATX,
    bullets="-",
    escape_misc=True,
    sub_symbol="<sub>",
    sup_symbol="<sup>",
    strip_pre=None,
)


def _language(pre: Tag) -> str:
    for tag in (pre, *pre.find_all("code")):
        classes: str | Sequence[str] = tag.get("class") or ""
        if found := _LANGUAGE.search(classes if isinstance(classes, str) else " ".join(classes)):
            return found[1]
    return ""
