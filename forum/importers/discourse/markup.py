"""Discourse's own marks in a text, put in Markdown that is laid out here. No text is lost: what is unknown stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from forum.importers.discourse.emoji import EMOJI

DEEPEST = 6
"""How many quotes may stand in one another; deeper ones are put at this depth."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_HIDDEN = re.compile("\ue000([0-9]+)\ue001")
_QUOTE = re.compile(r"\[quote(?:=([^\]\n]{0,300}))?\]|\[/quote\]", re.IGNORECASE)
_UPLOAD = re.compile(r"upload://([A-Za-z0-9]{1,40}(?:\.[A-Za-z0-9]{1,10})?)")
_SIZED = re.compile(r"(!\[[^\]\n|]{0,300})\|[^\]\n]{0,60}(\]\()")
_ATTACHED = re.compile(r"(\[[^\]\n|]{1,300})\|(?:attachment|video|audio)(\]\()")
_MENTION = re.compile(r"(?<![\w@./+&=#~-])@([\w][\w.-]{0,58}\w|\w)")
_SHORTCODE = re.compile(r":([a-z0-9_+-]{1,40}):(?:t[2-6]:)?")
_DETAILS = re.compile(
    r"^[ \t]*\[details(?:=\"?([^\]\n]{0,300}?)\"?)?(?:\s+open)?\][ \t]*$|^[ \t]*\[/details\][ \t]*$", re.M | re.I
)
_SPOILER = re.compile(r"\[spoiler\](.{0,20000}?)\[/spoiler\]", re.DOTALL | re.IGNORECASE)
_DATE = re.compile(r"\[date=([^\s\]]{1,40})([^\]\n]{0,300})\]", re.IGNORECASE)
_RANGE = re.compile(r"\[date-range\s+from=([^\s\]]{1,40})(?:\s+to=([^\s\]]{1,40}))?([^\]\n]{0,300})\]", re.IGNORECASE)
_OPTION = re.compile(r"(\w+)=\"?([^\"\s\]]+)\"?")
_POLL = re.compile(r"\[poll([^\]\n]{0,400})\](.{0,20000}?)\[/poll\]", re.DOTALL | re.IGNORECASE)
_WRAP = re.compile(r"\[/?(?:wrap|grid|center)(?:[ =][^\]\n]{0,300})?\]", re.IGNORECASE)
_BBCODE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), put)
    for pattern, put in (
        (r"\[b\](.{1,2000}?)\[/b\]", r"**\1**"),
        (r"\[i\](.{1,2000}?)\[/i\]", r"*\1*"),
        (r"\[u\](.{1,2000}?)\[/u\]", r"<u>\1</u>"),
        (r"\[s\](.{1,2000}?)\[/s\]", r"~~\1~~"),
        (r"\[url\]([^\s\[\]<>]{1,2000})\[/url\]", r"<\1>"),
        (r"\[url=\"?([^\s\]\"<>]{1,2000})\"?\](.{1,2000}?)\[/url\]", r"[\2](<\1>)"),
        (r"\[img\]([^\s\[\]<>]{1,2000})\[/img\]", r"![](<\1>)"),
        (r"\[email\]([^\s\[\]<>]{1,300})\[/email\]", r"<\1>"),
        (r"\[code\](.{1,20000}?)\[/code\]", "\n```\n\\1\n```\n"),
    )
)
_BLOCK = re.compile(r"^\s*(?:$|[-*_=]{3,}\s*$|#{1,6}\s|\||<|\[[^\]]+\]:| {4}|\t)")


class Names(Protocol):
    """What a text must ask to be put in other words."""

    def mention(self, username: str) -> str | None:
        """The handle here of somebody with that name there; None to leave the name as it is."""

    def said_by(self, username: str) -> str:
        """Who wrote what is quoted, in words."""

    def place(self, topic: int, number: int) -> str:
        """The address of a post that was quoted."""

    def upload(self, name: str) -> str:
        """Where a file is now."""


@dataclass(frozen=True, slots=True)
class Votes:
    """One choice of a poll and how many took it."""

    words: str
    count: int


def to_markdown(raw: str, names: Names, polls: dict[str, list[Votes]], *, topic: int) -> str:
    """A post's Markdown here. `topic` is the one that it is in, for quotes that name none."""
    kept: list[str] = []

    def hide(code: str) -> str:
        kept.append(code)
        return f"\ue000{len(kept) - 1}\ue001"

    text = raw.replace("\r\n", "\n").replace("\ue000", "").replace("\ue001", "")
    text = _outside_code(text, hide)
    text = _Marks(names, polls, hide).put(text)
    text = _quotes(text, names, topic)
    shown = _HIDDEN.sub(lambda found: kept[int(found[1])], text)
    while _HIDDEN.search(shown):  # a mark of ours stood in what was hidden
        shown = _HIDDEN.sub(lambda found: kept[int(found[1])], shown)
    return shown


def _outside_code(text: str, hide: Callable[[str], str]) -> str:
    """The text with a mark in the place of each piece of code, line by line for what stands between fences."""
    lines, out, plain = text.split("\n"), list[str](), list[str]()
    fence = ""
    for line in lines:
        opening = _FENCE.match(line)
        if fence:
            out.append(hide(line))
            if opening and opening[1].startswith(fence) and line.strip() == opening[1]:
                fence = ""
        elif opening and "`" not in line[opening.end() :]:
            out += [_inline("\n".join(plain), hide)] if plain else []
            plain.clear()
            fence = opening[1]
            out.append(hide(line))
        else:
            plain.append(line)
    return "\n".join(out + ([_inline("\n".join(plain), hide)] if plain else []))


def _inline(text: str, hide: Callable[[str], str]) -> str:
    return _CODE.sub(lambda found: hide(found[0]) if "\n\n" not in found[0] else found[0], text)


@dataclass(frozen=True)
class _Marks:
    names: Names
    polls: dict[str, list[Votes]]
    hide: Callable[[str], str]

    def put(self, text: str) -> str:
        text = _POLL.sub(self._poll, text)
        for pattern, put in _BBCODE:
            text = pattern.sub(put, text)
        text = _RANGE.sub(self._range, _DATE.sub(self._date, text))
        text = _details(text)
        text = _SPOILER.sub(_spoiler, text)
        text = _WRAP.sub("", text)
        text = _ATTACHED.sub(r"\1\2", _SIZED.sub(r"\1\2", text))
        text = _UPLOAD.sub(lambda found: self.hide(self.names.upload(found[1])), text)
        text = _SHORTCODE.sub(lambda found: EMOJI.get(found[1], found[0]), text)
        return _MENTION.sub(self._mention, text)

    def _mention(self, found: re.Match[str]) -> str:
        handle = self.names.mention(found[1])
        return f"@{handle}" if handle else found[0]

    def _date(self, found: re.Match[str]) -> str:
        options = dict(_OPTION.findall(found[2]))
        time = options.get("time", "")[:5]
        return " ".join(filter(None, (found[1], time, _zone(options))))

    def _range(self, found: re.Match[str]) -> str:
        ends = [one.replace("T", " ") for one in (found[1], found[2]) if one]
        return " ".join(filter(None, (" – ".join(ends), _zone(dict(_OPTION.findall(found[3]))))))

    def _poll(self, found: re.Match[str]) -> str:
        options = dict(_OPTION.findall(found[1]))
        votes = self.polls.get(options.get("name", "poll"), [])
        counted = ", ".join(f"{one.words}: {one.count}" for one in votes)
        return f"\n\n**Poll**\n\n{found[2].strip()}\n\n" + (
            f"*Votes on the former site: {counted}.*\n\n" if counted else ""
        )


def _zone(options: dict[str, str]) -> str:
    return f"({options['timezone']})" if options.get("timezone") else ""


def _details(text: str) -> str:
    """Every `[details]` with its end; one without the other stays as it is."""
    marks = list(_DETAILS.finditer(text))
    paired: dict[int, str] = {}
    waiting: list[re.Match[str]] = []
    for mark in marks:
        if not mark[0].strip().lower().startswith("[/"):
            waiting.append(mark)
        elif waiting:
            opening = waiting.pop()
            summary = re.sub(r"[<>&]", " ", opening[1] or "").strip() or "Details"
            paired[opening.start()] = f"\n<details><summary>{summary}</summary>\n\n"
            paired[mark.start()] = "\n\n</details>\n"
    return _DETAILS.sub(lambda found: paired.get(found.start(), found[0]), text)


def _spoiler(found: re.Match[str]) -> str:
    inner = found[1].strip()
    if "\n" in inner:
        return f"\n\n<details><summary>Spoiler</summary>\n\n{inner}\n\n</details>\n\n"
    return f"(Spoiler: {inner})"


def _quotes(text: str, names: Names, topic: int) -> str:
    """Quotes as Markdown has them, each after who said it; a mark without its other half stays as it is."""
    stack: list[tuple[str, str, list[str]]] = [("", "", [])]
    position = 0
    for mark in _QUOTE.finditer(text):
        stack[-1][2].append(text[position : mark.start()])
        position = mark.end()
        if not mark[0].startswith("[/"):
            stack.append((mark[0], _said(mark[1] or "", names, topic), []))
        elif len(stack) > 1:
            _mark, said, parts = stack.pop()
            inner = "".join(parts)
            stack[-1][2].append(_quoted(inner, said, flat=len(stack) > DEEPEST))
        else:
            stack[-1][2].append(mark[0])
    stack[-1][2].append(text[position:])
    while len(stack) > 1:
        opening, _said_by, parts = stack.pop()
        stack[-1][2].extend([opening, *parts])
    return _lines("".join(stack[0][2]))


def _quoted(inner: str, said: str, *, flat: bool) -> str:
    body = "\n\n".join(filter(None, (said, inner.strip("\n"))))
    if flat:
        return f"\n\n{body}\n\n"
    return "\n\n" + "\n".join(f"> {line}" if line.strip() else ">" for line in body.split("\n")) + "\n\n"


def _said(options: str, names: Names, topic: int) -> str:
    plain = options.strip().strip("\"'“”")
    if not plain:
        return ""
    username, *rest = (part.strip() for part in plain.split(","))
    known = {key.strip(): value.strip() for key, colon, value in (part.partition(":") for part in rest) if colon}
    username = known.get("username", username)
    who = names.said_by(username)
    number, of = known.get("post", ""), known.get("topic", str(topic))
    if re.fullmatch("[0-9]{1,9}", number) and re.fullmatch("[0-9]{1,9}", of):
        return f"**{who}** [wrote]({names.place(int(of), int(number))}):"
    return f"**{who}** wrote:"


def _lines(text: str) -> str:
    """Where Discourse ends a line at every line's end, so is it here."""
    lines = text.split("\n")
    for place, line in enumerate(lines[:-1]):
        after = lines[place + 1]
        bare, next_bare = line.lstrip("> "), after.lstrip("> ")
        if not _BLOCK.match(bare) and next_bare.strip() and not _BLOCK.match(next_bare) and not _HIDDEN.fullmatch(bare):
            lines[place] = f"{line.rstrip()}  "
    return "\n".join(lines)
