"""GitHub's autolinks: bare http://, www. and e-mail addresses.

The plugin that exists searches all text so far at every colon, which makes a run of
colons take eleven seconds, and leaves addresses in quotation marks alone.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_HOST = r"(?:[a-zA-Z0-9_-]|[^\x00-\x7f])+"
_PROTOCOL = re.compile(rf"://(?={_HOST})[^\s<]+")
_WWW = re.compile(rf"www\.(?={_HOST}\.?)[^\s<]+")
_DOMAIN = re.compile(r"@(?:[a-z0-9_-]{1,63}\.){1,8}[a-z0-9_-]{0,62}[a-z0-9]", re.IGNORECASE | re.ASCII)
_LOCAL_PART = re.compile(r"[a-z0-9.+_-]{1,64}\Z", re.IGNORECASE | re.ASCII)
_ENTITY_END = re.compile(r"&[a-zA-Z0-9]+;\Z")
_SCHEME_END = re.compile(r"(?:https?|mailto)\Z", re.IGNORECASE)


def autolink_plugin(parser: MarkdownIt) -> None:
    parser.inline.add_terminator_char("w")
    parser.inline.ruler.push("autolink_www", _www)
    parser.inline.ruler.push("autolink_scheme", _scheme)
    parser.inline.ruler.push("autolink_mail", _mail)


def _www(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != "w" or not _may_start(state, 0):
        return False
    found = _WWW.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    label = _trim(found[0])
    return len(label) > len("www.") and _link(state, 0, label, "http://" + label)


def _scheme(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != ":":
        return False
    before = _SCHEME_END.search(state.pending[-6:])
    if before is None or not _may_start(state, len(before[0])):
        return False
    if before[0].lower() == "mailto":
        return False  # the address after it becomes a link by itself
    found = _PROTOCOL.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    label = before[0] + _trim(found[0])
    return _link(state, len(before[0]), label, label)


def _mail(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != "@":
        return False
    before = _LOCAL_PART.search(state.pending[-65:])
    if before is None or not _may_start(state, len(before[0])):
        return False
    found = _DOMAIN.match(state.src, state.pos, state.posMax)
    if found is None or state.src[found.end() : found.end() + 1] == "@":
        return False
    label = before[0] + found[0]
    return _link(state, len(before[0]), label, "mailto:" + label)


def _may_start(state: StateInline, taken: int) -> bool:
    """Not inside a link, and not in the middle of a word or a path."""
    start = state.pos - taken
    if state.linkLevel > 0 or len(state.pending) < taken:
        return False
    return start <= 0 or not (state.src[start - 1].isalnum() or state.src[start - 1] in "/.-+@:")


def _trim(address: str) -> str:
    """Leave out the punctuation of the sentence around an address, and a bracket that it did not open."""
    surplus = address.count(")") - address.count("(")
    end = len(address)
    while end:
        last = address[end - 1]
        if last in "?!.,:*_~'\"[]":
            end -= 1
        elif last == ")" and surplus > 0:
            end, surplus = end - 1, surplus - 1
        elif last == ";":
            entity = _ENTITY_END.search(address, max(0, end - 33), end)
            end = entity.start() if entity else end - 1
        else:
            break
    return address[:end]


def _link(state: StateInline, taken: int, label: str, address: str) -> bool:
    href = state.md.normalizeLink(address)
    if not state.md.validateLink(href):
        return False
    if taken:
        state.pending = state.pending[:-taken]
    state.push("link_open", "a", 1).attrs = {"href": href}
    state.push("text", "", 0).content = state.md.normalizeLinkText(label)
    state.push("link_close", "a", -1)
    state.pos += len(label) - taken
    return True
