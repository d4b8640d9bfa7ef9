"""What a file can be attached to. Each noun, and each sibling, says of its own who may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege

Seen = Callable[[Actor | None, Any], ColumnElement[bool]]
"""Of a reader and a column of ids: whether there is such a holder, and they may read what it says."""


@dataclass(frozen=True, slots=True)
class Holder:
    """`there` tells, of a column of ids, whether there is such a holder; `care` is what removing its files takes."""

    kind: str
    seen_by: Seen
    there: Callable[[Any], ColumnElement[bool]]
    care: Privilege


@dataclass
class Holders:
    """All kinds; `session.info["file_holders"]` holds them."""

    kinds: dict[str, Holder] = field(default_factory=dict)

    def add(self, holder: Holder) -> None:
        self.kinds[holder.kind] = holder

    def __iter__(self) -> Iterator[Holder]:
        return iter(self.kinds.values())


def holders_of(session: Session) -> Holders:
    found: Holders = session.info["file_holders"]
    return found
