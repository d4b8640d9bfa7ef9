"""What a mail says, whatever its program made of it: who wrote it, the reply itself as Markdown, the files with it.

Nothing in here trusts a mail to be well made: what cannot be decoded is shown as far as it can be.
"""

from __future__ import annotations

import itertools
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html import unescape

from forum.mailin.trimming import trim_reply

MOST_PARTS = 200
MOST_TEXT = 200_000
"""Characters of a part that are looked at: a reply stands at its beginning or is none."""
_SIGNATURES = frozenset(("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"))


_PLAIN = re.compile(r"(?! {4}|\t)\s*(?![>|#`~]|[-+*] |\d+[.)] |[-=]{3,}\s*$)\S")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)?[^<>]*>?")
_END_OF_LINE = re.compile(r"</div\s*>", re.IGNORECASE)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
DEEPEST = 200
NARROWEST = 60
"""Programs wrap at 72 to 78; a line to which the next word could be added below this is one that somebody ended."""


class Unreadable(Exception):
    """Not even its parts can be told apart."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file in a mail; `marks` are what a text says where it is to be shown."""

    name: str
    data: bytes = field(repr=False)
    inline: bool
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """`written_from` is the one address in its From field, "" where there is none or more than one."""

    message: Message = field(repr=False)
    written_from: str
    body: str
    attached: tuple[Attached, ...]


def parse(raw: bytes) -> tuple[Message, str]:
    """A mail's parts and the one address that it says it is from.

    Raises:
        Unreadable: it cannot be taken apart.
    """
    try:
        # Not the strict policy: what comes in was written by many hands, and a field it cannot read must not stop it.
        message = message_from_bytes(raw, policy=policy.compat32)
        return message, _written_from(message)
    except Exception as error:  # the parser raises whatever it stumbles over
        raise Unreadable(repr(error)) from error


def read(raw: bytes) -> Incoming:
    """Raises: as `parse`."""
    message, written_from = parse(raw)
    try:
        plain, rich, attached = _sorted(message)
        body = with_breaks(trim_reply("\n\n".join(plain)))
        if not "".join(plain).strip() and rich:
            body = with_breaks(trim_reply(_markdown("\n".join(rich))))
    except Exception as error:
        raise Unreadable(repr(error)) from error
    return Incoming(message, written_from, body, tuple(attached))


def _sorted(message: Message) -> tuple[list[str], list[str], list[Attached]]:
    """Its plain texts, its texts in HTML, and its files."""
    plain: list[str] = []
    rich: list[str] = []
    attached: list[Attached] = []
    for part in _leaves(message):
        kind, name = part.get_content_type(), _name(part)
        away = part.get_content_disposition() == "attachment" or (name and not kind.startswith("text/"))
        if kind in _SIGNATURES:
            continue
        if kind == "text/plain" and not away:
            plain.append(_unflowed(part, _text(part)))
        elif kind == "text/html" and not away:
            rich.append(_text(part))
        else:
            attached.append(_attached(part, name or f"file{mimetypes.guess_extension(kind) or ''}"))
    return plain, rich, attached


def _leaves(message: Message) -> Iterator[Message]:
    """Its parts that hold no others; a mail within it is one part, and what it holds is not ours to read."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting[:0] = [one for one in part.get_payload() if isinstance(one, Message)]
        else:
            yield part


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return storable(str(part.get_payload() or "")[:MOST_TEXT])
    return storable(decoded(data, part.get_content_charset())[:MOST_TEXT])


def storable(text: str) -> str:
    """Without what no database keeps: NUL, and halves of characters that some charsets and broken headers leave."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def decoded(data: bytes, charset: str | None) -> str:
    """Bytes as text: in the charset they name, else in the likeliest; what fits none is replaced, and never raises."""
    for name in (charset, "utf-8"):
        try:
            return data.decode(name or "utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("windows-1252", errors="replace")


def _unflowed(part: Message, text: str) -> str:
    """A text of `format=flowed` (RFC 3676) with its lines whole again."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    delete = str(part.get_param("delsp", "")).lower() == "yes"
    lines: list[str] = []
    open_ = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        quote, words = line[:depth], line[depth:]
        words = words.removeprefix(" ")
        soft = words.endswith(" ") and words != "-- "
        whole = f"{quote} {words}" if quote else words
        if open_ and len(open_) - len(open_.lstrip(">")) == depth and words != "-- ":
            lines[-1] += words
        else:
            lines.append(whole)
        if soft and delete:
            lines[-1] = lines[-1][:-1]
        open_ = lines[-1] if soft else ""
    return "\n".join(lines)


def with_breaks(text: str) -> str:
    """Lines as they were meant: one that ends long before the edge was ended by its writer, not by their program."""
    lines = text.split("\n")
    fenced = False
    for at, (line, following) in enumerate(itertools.pairwise(lines)):
        fenced ^= line.lstrip().startswith("```")
        if fenced or not (_PLAIN.match(line) and _PLAIN.match(following)):
            continue
        if len(line) + 1 + len(following.split(" ", 1)[0]) <= NARROWEST:
            lines[at] = f"{line}  "
    return "\n".join(lines)


def _markdown(html: str) -> str:
    from bs4 import BeautifulSoup  # noqa: PLC0415 - only who reads mail needs these

    from forum.markup.from_html import html_to_markdown  # noqa: PLC0415

    if _wild(html):
        return unescape(_TAG.sub(" ", html))
    # Most programs make each line a block of its own.
    soup = BeautifulSoup(_END_OF_LINE.sub("<br></div>", html), "html.parser")
    for signature in soup.select(".gmail_signature, .moz-signature, #Signature, #ms-outlook-mobile-signature"):
        signature.decompose()
    for image in soup.find_all("img"):
        source = str(image.get("src") or "")
        image.replace_with(f"[{source}]" if source.startswith("cid:") else "")
    found = html_to_markdown(str(soup)).replace("\\[cid:", "[cid:")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in found.split("\n")))


def _wild(html: str) -> bool:
    """Whether it is nested or broken past all that mail programs write: parsers take minutes over such."""
    depth = broken = 0
    for found in _TAG.finditer(html):
        broken += not found[0].endswith(">")
        if found[2] and found[2].lower() not in _VOID:
            depth += -1 if found[1] else 1
        if depth > DEEPEST or broken > DEEPEST:
            return True
    return False


def _attached(part: Message, name: str) -> Attached:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        data = part.as_bytes() if part.get_content_maintype() == "message" else b""
    content_id = str(part.get("Content-ID", "")).strip().strip("<>")
    inline = part.get_content_disposition() == "inline" or (bool(content_id) and part.get_content_maintype() == "image")
    marks = (f"[image: {name}]", f"[inline image: {name}]", *([f"[cid:{content_id}]"] if content_id else []))
    return Attached(name, data, inline and part.get_content_maintype() == "image", marks)


def _name(part: Message) -> str:
    try:
        return in_words(part.get_filename() or "")
    except Exception:  # a name in a charset that there is not
        return "file"


def in_words(field_: str) -> str:
    """A header in words (RFC 2047), as far as it can be decoded."""
    try:
        pieces = decode_header(field_)
    except Exception:  # whatever is wrong with it, it stays as it came
        return storable(field_)
    return storable("".join(decoded(one, name) if isinstance(one, bytes) else one for one, name in pieces))


def _written_from(message: Message) -> str:
    fields = [str(one) for one in message.get_all("From", [])]
    found = [address for _name, address in getaddresses(fields) if address]
    alone = len(fields) == 1 and len(found) == 1 and found[0].count("@") == 1
    return storable(found[0].strip().lower()[:254]) if alone else ""
