"""A folder with what Discourse's API gave, a file an answer; docs/operate.md says how it is laid out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forum.importers.dump import Advance, DumpError

LARGEST = 64 * 1024 * 1024
"""A file is read as a whole: one this large is no answer of the API."""
Json = dict[str, Any]
_TOPIC = re.compile(r"([0-9]{1,18})(?:-[0-9]{1,6})?")


def read(file: Path) -> Json:
    """One answer of the API.

    Raises:
        DumpError: it is too large, no JSON, or no object.
    """
    if file.stat().st_size > LARGEST:
        raise DumpError(f"{file.name} has more than {LARGEST >> 20} MB, which no answer of Discourse's has.")
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DumpError(f"{file.parent.name}/{file.name} cannot be read: it is no JSON, or only half of it.") from error
    if not isinstance(found, dict):
        raise DumpError(f"{file.parent.name}/{file.name} is not what Discourse's API gives.")
    return found


def site(folder: Path) -> Json | None:
    """What is known of the categories, from /site.json or /categories.json."""
    for name in ("site.json", "categories.json"):
        if (folder / name).is_file():
            return read(folder / name)
    return None


def categories(about: Json) -> Iterator[Json]:
    """The categories of either answer, those below others after them."""
    inner = about.get("category_list")
    listed = inner.get("categories") if isinstance(inner, dict) else about.get("categories")
    for one in dicts(listed):
        yield one
        yield from dicts(one.get("subcategory_list"))


def topic_files(folder: Path) -> list[Path]:
    """The files of topics, those of one topic together, its own first."""
    found = [file for file in (folder / "topics").glob("*.json") if _TOPIC.fullmatch(file.stem)]
    return sorted(found, key=lambda file: [int(part) for part in file.stem.split("-")])


def topic_id(file: Path) -> int:
    return int(file.stem.partition("-")[0])


def users(folder: Path, advance: Advance) -> Iterator[Json]:
    """What /u/NAME.json says of people."""
    for file in sorted((folder / "users").glob("*.json")):
        found = read(file)
        advance(file.stat().st_size)
        yield from dicts([found.get("user", found)])


def posts(answer: Json) -> list[Json]:
    stream = answer.get("post_stream")
    return list(dicts(stream.get("posts"))) if isinstance(stream, dict) else []


def raw(folder: Path, topic: int, post_number: int) -> str | None:
    """What /raw/TOPIC/NUMBER gave of one post."""
    file = folder / "raw" / str(topic) / f"{post_number}.md"
    if not file.is_file() or file.stat().st_size > LARGEST:
        return None
    return file.read_text(encoding="utf-8", errors="replace")


def address(folder: Path) -> str | None:
    """Where the site was, as the fetching noted it."""
    file = folder / "source.json"
    said = read(file).get("address") if file.is_file() else None
    return said.rstrip("/") if isinstance(said, str) and re.match(r"https?://[^\s/]", said) else None


def dicts(value: object) -> Iterator[Json]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62 else 0


def text(value: object) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""
