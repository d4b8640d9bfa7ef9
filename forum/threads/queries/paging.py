"""Pages of a list of threads, by key and in both directions: what is added or bumped moves no other across an edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from forum.numbers import whole_number

Place = tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]]
"""What a list is in the order of: a time, and an id among those of the same time."""
Way = tuple[bool, bool]
"""Whether a page is read backwards, and whether it has a key to go on from: what decides a statement's shape."""
Neighbours = tuple[list[Row[Any]], str | None, str | None]


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of one page: up to so many on either side of a key, or from an end of the list."""

    here: tuple[datetime, int] | None
    backwards: bool
    limit: int

    @property
    def way(self) -> Way:
        return self.backwards, self.here is not None

    @property
    def values(self) -> dict[str, Any]:
        """For a statement made by `in_order`."""
        moment, row_id = self.here or (None, None)
        return {"moment": moment, "row_id": row_id, "at_most": self.limit + 1}

    def page(self, found: Iterable[Row[Any]], moment: str) -> Neighbours:
        """What such a statement found, as it is shown, with the keys of the pages before and after it."""
        found = list(found)
        more, found = len(found) > self.limit, found[: self.limit]
        if self.backwards:
            found.reverse()
        if not found:
            return [], None, None
        newer = more if self.backwards else self.here is not None
        older = self.here is not None if self.backwards else more
        first, last = (key_of(getattr(row, moment), row.id) for row in (found[0], found[-1]))
        return found, first if newer else None, last if older else None


def span(after: str | None, before: str | None, limit: int) -> Span:
    back, on = parse_key(before), parse_key(after)
    return Span(back or on, back is not None, limit)


def in_order(query: Select[Any], place: Place, way: Way) -> Select[Any]:
    """One more than a span of a list holds, newest first by `place`."""
    (moment, number), (backwards, bounded) = place, way
    if bounded:
        key: ColumnElement[Any] = tuple_(moment, number)
        here = tuple_(bindparam("moment", type_=moment.type), bindparam("row_id", type_=number.type))
        query = query.where(key > here if backwards else key < here)
    order = (moment.asc(), number.asc()) if backwards else (moment.desc(), number.desc())
    return query.order_by(*order).limit(bindparam("at_most"))


def key_of(moment: datetime, row_id: int) -> str:
    micros = round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return f"{micros}-{row_id}"


def parse_key(key: str | None) -> tuple[datetime, int] | None:
    """What a key stands for; one that was tampered with stands for the first page."""
    micros, _dash, row_id = (key or "").rpartition("-")
    moment, number = whole_number(micros, digits=17), whole_number(row_id)
    if moment is None or number is None:
        return None
    try:
        return datetime.fromtimestamp(moment / 1_000_000, UTC), number
    except (OverflowError, ValueError):
        return None
