"""What a text may cost. Everything here is checked before bleach, which is the slow step."""

import re
from collections import Counter
from collections.abc import Sequence

from markdown_it.token import Token

from forum.i18n import gettext as _
from forum.markup.allowed import IMPLIED_END, TAGS, VOID_TAGS

MAX_SOURCE_BYTES = 32 * 1024
MAX_HTML_BYTES = 256 * 1024
MAX_BLOCK_DEPTH = 24  # a quote is one level; a list is two, itself and its item
MAX_HTML_DEPTH = 60
MAX_ELEMENTS = 4_000  # html5lib looks through all of an element's siblings to leave it
MAX_CELLS = 2_000
MAX_OPEN_BRACKETS = 1_000  # in one paragraph

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)


class Uncookable(ValueError):
    """The text cannot be published as it is; `message` says why, to the person who wrote it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check_source(source: str, limit: int) -> None:
    size = len(source.encode())
    if size > limit:
        text = _(
            "This text is too long: it takes {size} KB, and {most} KB is the most. "
            "Shorten it, or put the rest in a second post."
        )
        raise Uncookable(text.format(size=_kilobytes(size), most=_kilobytes(limit)))


def check_tokens(tokens: Sequence[Token]) -> None:
    """Refuse what the parser would cut off without a word."""
    for token in tokens:
        if token.level >= MAX_BLOCK_DEPTH - 1 and token.type in {"blockquote_open", "list_item_open"}:
            text = _(
                "Lists nested this deeply (more than {lists} levels), or quotes (more than {quotes}), cannot be shown. "
                "Take out some levels."
            )
            raise Uncookable(text.format(lists=MAX_BLOCK_DEPTH // 2 - 1, quotes=MAX_BLOCK_DEPTH - 1))


def check_html(html: str) -> None:
    """Refuse what is too large, too deep or too finely marked up for an HTML parser to read quickly."""
    check_size(html)
    depth = elements = 0
    still_open: Counter[str] = Counter()
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        if tag not in TAGS:
            continue
        elements += not closing
        if tag in VOID_TAGS or tag in IMPLIED_END:
            continue
        if not closing:
            still_open[tag] += 1
            depth += 1
        elif still_open[tag]:
            still_open[tag] -= 1
            depth -= 1
        if depth > MAX_HTML_DEPTH:
            text = _("Formatting nested this deeply (more than {most} levels) cannot be shown.")
            raise Uncookable(f"{text.format(most=MAX_HTML_DEPTH)} {_use_code()}")
    if elements > MAX_ELEMENTS:
        text = _("This text has too much formatting: {count} paragraphs, links and marks, and {most} is the most.")
        raise Uncookable(f"{text.format(count=elements, most=MAX_ELEMENTS)} {_use_code()}")


def check_size(html: str) -> None:
    size = len(html.encode())
    if size > MAX_HTML_BYTES:
        text = _(
            "This text grows too large when it is laid out: {size} KB, and {most} KB is the most. "
            "Shorten it, or use less formatting."
        )
        raise Uncookable(text.format(size=_kilobytes(size), most=_kilobytes(MAX_HTML_BYTES)))


def too_many_cells(cells: int) -> Uncookable:
    text = _(
        "Tables this large (about {cells} cells, and {most} is the most in one text) cannot be shown. "
        "Attach a file, or show only the rows that matter."
    )
    return Uncookable(text.format(cells=cells, most=MAX_CELLS))


def too_many_brackets(brackets: int) -> Uncookable:
    text = _("A paragraph with this many square brackets that never close ({count}) cannot be shown.")
    return Uncookable(f"{text.format(count=brackets)} {_use_code()}")


def too_deep() -> Uncookable:
    return Uncookable(_("This text has images or links too deep inside one another to be shown. Take out some levels."))


def _use_code() -> str:
    return _("If this is a program or its output, put it between two lines of three backticks (```).")


def _kilobytes(size: int) -> int:
    return -(-size // 1024)
