"""What files are called and where they are found: names as typed, cleaned of what is no name, and addresses."""

from __future__ import annotations

import re
from urllib.parse import quote

from forum.markup import one_line

LONGEST = 100
UNGUESSABLE = r"[A-Za-z0-9_-]{22}"
THUMBNAIL = "thumbnail"
_SHOWN = re.compile(rf'(?:src|href)="(?:https?://[^/"]+)?/files/({UNGUESSABLE})/')
_MARKUP = re.compile(r"([\\`*_\[\]<>!&#])")


def clean_name(name: str) -> str:
    """A file's name without folders, control characters and signs that turn the direction of writing."""
    name = one_line(name[:1000].replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if dot and stem and len(ending) <= 10:
        return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"
    return name[:LONGEST] or "file"


def ending_of(name: str) -> str:
    """The extension, in small letters; "" for none."""
    stem, _dot, ending = name.rpartition(".")
    return ending.lower() if stem else ""


def with_ending(name: str, ending: str) -> str:
    """The name with the extension of what the file has become; .jpeg stays as typed."""
    was = ending_of(name)
    if was == ending or (was == "jpeg" and ending == "jpg"):
        return name
    stem = name.rpartition(".")[0] if was in ("png", "jpg", "jpeg", "gif", "webp") else name
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"


def address(token: str, name: str, width: int | None = None, height: int | None = None) -> str:
    """Where a file is found. An image's size stands in it, so that a page can keep its place before it has come."""
    size = f"{width}x{height}/" if width and height else ""
    return f"/files/{token}/{size}{quote(name, safe='')}"


def thumbnail_address(token: str, name: str) -> str:
    return f"/files/{token}/{THUMBNAIL}/{quote(name, safe='')}"


def markdown(name: str, url: str, *, image: bool) -> str:
    """What shows an image, or links a file, in a text; the name says in it what it says."""
    said = _MARKUP.sub(r"\\\1", name)
    return f"{'!' if image else ''}[{said}]({url})"


def shown_in(html: str) -> list[str]:
    """The tokens of the files that a cooked text shows or links, each once, in order."""
    return list(dict.fromkeys(_SHOWN.findall(html))) if "/files/" in html else []
