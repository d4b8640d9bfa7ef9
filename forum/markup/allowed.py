"""The allow-list: which tags, attributes, classes and addresses a post may hold. What is not here is shown as text."""

import html
import re
from typing import Literal

from forum.markup.highlight import TOKEN_CLASSES

VOID_TAGS = frozenset({"br", "hr", "img", "input", "wbr"})
# Meaning inside a line. Left open, a browser carries these into every block that follows, so they must close again.
# fmt: off
PHRASE_TAGS = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var",
})
BLOCK_TAGS = frozenset({
    "blockquote", "caption", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol",
    "p", "pre", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on
# A list item, a paragraph or a cell ends where the next begins: left open they nest only as deep as what holds them.
IMPLIED_END = frozenset(["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "caption"])
TAGS = VOID_TAGS | PHRASE_TAGS | BLOCK_TAGS

_NUMBER = re.compile(r"[0-9]{1,4}")
_SPAN = re.compile(r"[1-9]|1[0-9]|20")
_CELL = {
    "align": re.compile("left|center|right"),
    "colspan": _SPAN,
    "rowspan": _SPAN,
}
_ANY = re.compile(r".{0,1000}", re.DOTALL)
_ADDRESS = re.compile(r".{0,2000}", re.DOTALL)
_ATTRIBUTES: dict[str, dict[str, re.Pattern[str]]] = {
    "a": {"href": _ADDRESS, "title": _ANY},
    "abbr": {"title": _ANY},
    "bdo": {"dir": re.compile("ltr|rtl")},
    "code": {"class": re.compile(r"language-[^\s\"'<>&]{1,40}")},
    "details": {"open": _ANY},
    "img": {"src": _ADDRESS, "alt": _ANY, "title": _ANY, "width": _NUMBER, "height": _NUMBER},
    "input": {"type": re.compile("checkbox"), "checked": _ANY, "disabled": _ANY},
    "ol": {"start": re.compile(r"[0-9]{1,9}")},
    "span": {"class": re.compile("|".join(sorted(map(re.escape, TOKEN_CLASSES))))},
    "td": _CELL,
    "th": _CELL,
}

Kind = Literal["external", "local", "mail"]
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_SITE_PATH = re.compile(r"/(?![/\\])")
_SCHEME = re.compile(r"([^/?#:]*):")
PROTOCOLS = frozenset({"http", "https", "mailto"})
_KINDS: dict[str, Kind] = {"http": "external", "https": "external", "mailto": "mail"}


def attribute_allowed(tag: str, name: str, value: str) -> bool:
    """Whether this attribute may stay; `value` is as written in HTML, entities and all."""
    pattern = _ATTRIBUTES.get(tag, {}).get(name)
    text = html.unescape(value)
    if pattern is None or not pattern.fullmatch(text):
        return False
    if name == "href":
        return address_kind(text) is not None
    return name != "src" or address_kind(text) == "external" or _SITE_PATH.match(text) is not None


def address_kind(address: str) -> Kind | None:
    """Where an address leads, or None where it may not lead; browsers skip the characters dropped here."""
    bare = _UNSEEN.sub("", address)
    if scheme := _SCHEME.match(bare):
        return _KINDS.get(scheme[1].lower())
    # `//host` and, to a browser, `/\host` leave the site under whatever scheme the page has.
    if bare[:2].replace("\\", "/") == "//":
        return None
    return "local"
