"""Markdown to the HTML that is stored and shown: parse, check, sanitise."""

import threading
from dataclasses import dataclass

from forum.markup.limits import MAX_SOURCE_BYTES, check_html, check_size, check_source, check_tokens, too_deep
from forum.markup.parser import make_parser
from forum.markup.raw_html import tidy
from forum.markup.sanitiser import Sanitiser
from forum.markup.source import normalise
from forum.markup.text import plain_text

COOKER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Cooked:
    source: str
    html: str
    version: int
    mentions: tuple[str, ...]
    external_links: int
    text: str


class _Tools(threading.local):
    def __init__(self) -> None:
        self.parser = make_parser()


_tools = _Tools()
_sanitiser = Sanitiser()


def cook(source: str, *, limit: int = MAX_SOURCE_BYTES) -> Cooked:
    """Cook a text, on write and only then: it takes milliseconds, and up to a second for the worst.

    Raises:
        Uncookable: it is too long, too deep or too large; the message says which, in words.
    """
    source = normalise(source)
    check_source(source, limit)
    html, found = _sanitiser.clean(_render(source))
    html = html.strip()
    check_size(html)
    return Cooked(
        source=source,
        html=html,
        version=COOKER_VERSION,
        mentions=tuple(found.mentions) if found else (),
        external_links=found.external_links if found else 0,
        text=plain_text(html),
    )


def _render(source: str) -> str:
    """Unsafe HTML of bounded size and depth."""
    parser = _tools.parser
    env: dict[str, object] = {}
    try:
        tokens = parser.parse(source, env)
        check_tokens(tokens)
        tidy(tokens)
        html: str = parser.renderer.render(tokens, parser.options, env)
    except RecursionError:
        raise too_deep() from None
    check_html(html)
    return html
