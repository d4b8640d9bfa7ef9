"""A post's history: lines of the dump that belong to one revision, put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from forum.importers.dump import moment, tag_names
from forum.importers.people import GONE, Owner
from forum.importers.staging import BODIES, TAGS, TITLES, Change
from forum.posts import PostRef
from forum.threads.models import Revision

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Said:
    """What a post said from one revision on."""

    owner: Owner
    made: datetime
    title: str | None
    tags: tuple[str, ...]
    source: str
    note: str


def said(history: Sequence[Change]) -> list[Said]:
    """The revisions of a post, oldest first; what one does not touch it takes from the one before."""
    found: list[Said] = []
    title: str | None = None
    tags: tuple[str, ...] = ()
    source = ""
    for lines in _revisions(history):
        for line in lines:
            if line.kind in TITLES:
                title = line.text[:150]
            elif line.kind in TAGS:
                tags = tuple(tag_names(line.text))
            else:
                source = line.text.replace("\r\n", "\n")
        first = lines[0]
        owner = Owner(first.person, "") if first.person else _named(first)
        found.append(Said(owner, moment(first.made) or EPOCH, title, tags, source, first.note[:300]))
    return found


def rows(ref: PostRef, history: Sequence[Said], people: dict[str, int], *, after: int = 0) -> list[dict[str, Any]]:
    """The revisions numbered above `after`; a post that was never edited has none to keep."""
    if len(history) < 2:
        return []
    return [
        {
            "post_kind": ref.kind,
            "post_id": ref.id,
            "number": number,
            "author_id": people[one.owner.key],
            "title": one.title,
            "tags": list(one.tags),
            "source": one.source,
            "note": one.note,
            "created_at": one.made,
        }
        for number, one in enumerate(history, 1)
        if number > after
    ]


def keep(session: Session, revisions: list[dict[str, Any]]) -> int:
    """Keep revisions, and say how many."""
    if revisions:
        session.execute(insert(Revision), revisions)
    return len(revisions)


def _revisions(history: Sequence[Change]) -> Iterator[list[Change]]:
    texts = [line for line in history if line.kind in (*BODIES, *TITLES, *TAGS)]
    for _guid, lines in groupby(texts, key=lambda line: line.guid):
        yield list(lines)


def _named(line: Change) -> Owner:
    return Owner(f"name:{line.name[:60]}", line.name) if line.name else Owner(GONE, "")
