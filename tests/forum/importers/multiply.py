"""A dump made larger: every row again and again, with numbers of its own, so that size can be tried with real text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from forum.importers.dump import find, rows

STEP = 1_000_000
NUMBERS = {
    "posts": ("Id", "ParentId", "AcceptedAnswerId", "OwnerUserId", "LastEditorUserId"),
    "users": ("Id", "AccountId"),
    "comments": ("Id", "PostId", "UserId"),
    "posthistory": ("Id", "PostId", "UserId"),
    "postlinks": ("Id", "PostId", "RelatedPostId"),
    "votes": ("Id", "PostId", "UserId"),
}
SAME = ("tags", "badges")
"""What the copies share."""


def multiply(folder: Path, times: int, into: Path) -> Path:
    """Write a dump of `times` the rows; each copy's numbers are a million above those of the one before."""
    into.mkdir(parents=True, exist_ok=True)
    for table in (*NUMBERS, *SAME):
        file = find(folder, table)
        if file is None:
            continue
        copies = range(times if table in NUMBERS else 1)
        with (into / file.name).open("w", encoding="utf-8") as out:
            out.write(f'<?xml version="1.0" encoding="utf-8"?>\n<{table}>\n')
            for copy in copies:
                out.writelines(_lines(file, table, copy))
            out.write(f"</{table}>\n")
    return into


def _lines(file: Path, table: str, copy: int) -> Iterator[str]:
    for row in rows(file):
        words = " ".join(f"{name}={_quoted(value)}" for name, value in _moved(row, table, copy).items())
        yield f"  <row {words} />\n"


def _moved(row: Mapping[str, str], table: str, copy: int) -> dict[str, str]:
    """A row of one copy; the community's own account, -1, is the same in all."""
    moved = dict(row)
    for name in NUMBERS.get(table, ()):
        if (value := row.get(name)) and value.isdigit():
            moved[name] = str(int(value) + copy * STEP)
    if copy and table == "posthistory":
        moved["RevisionGUID"] = f"{row.get('RevisionGUID', '')}-{copy}"
    return moved


def _quoted(value: str) -> str:
    return quoteattr(value, {"\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"})
