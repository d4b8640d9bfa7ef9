"""One page of a thread's answers: the solution first, the others in the order the reader chose, paged by key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, select, tuple_
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.threads.models import Answer

PAGE = 30
SORTS = ("score", "newest", "oldest")
COLUMNS: tuple[Any, ...] = tuple(
    getattr(Answer, name)
    for name in [
        "id",
        "author_id",
        "html",
        "withheld",
        "score",
        "from_staff",
        "visibility",
        "visibility_reason",
        "visibility_by_id",
        "revision",
        "created_at",
        "edited_at",
    ]
)
Found = tuple[Row[Any] | None, list[Row[Any]], str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a long thread the reader is: a sort, and a key to go on from, or an answer to be shown."""

    sort: str = "score"
    after: str | None = None
    before: str | None = None
    answer_id: int | None = None


def answers_page(session: Session, actor: Actor | None, thread: Row[Any], place: Place) -> Found:
    """The solution, one page of the others, and the keys before and after it, with the sort that was used."""
    sort = place.sort if place.sort in SORTS else "score"
    solution = _solution(session, actor, thread)
    query: Select[Any] = select(*COLUMNS).where(Answer.thread_id == thread.id, Answer.visible_to(actor))
    if solution is not None:
        query = query.where(Answer.id != solution.id)
    before, after = _parse(place.before), _parse(place.after)
    backwards, key = before is not None, before or after
    named = _of_answer(session, thread, place.answer_id) if key is None else None
    key = key or named
    if key is not None:
        query = query.where(_beyond(sort, key, backwards=backwards, inclusive=named is not None))
    found = list(session.execute(query.order_by(*_order(sort, backwards=backwards)).limit(PAGE + 1)))
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    first, last = (f"{row.score}:{row.id}" for row in (found[0], found[-1])) if found else (None, None)
    earlier = more if backwards else key is not None
    later = key is not None if backwards else more
    return solution, found, first if earlier else None, last if later else None, sort


def _solution(session: Session, actor: Actor | None, thread: Row[Any]) -> Row[Any] | None:
    chosen = Answer.id == thread.accepted_answer_id if thread.accepted_answer_id else false()
    return session.execute(select(*COLUMNS).where(chosen, Answer.visible_to(actor))).one_or_none()


def _of_answer(session: Session, thread: Row[Any], answer_id: int | None) -> tuple[int, int] | None:
    """The key of an answer that a link names; on the first page of a short thread it is in sight anyway."""
    if answer_id is None or answer_id == thread.accepted_answer_id or thread.answer_count <= PAGE:
        return None
    query = select(Answer.score, Answer.id).where(Answer.id == answer_id, Answer.thread_id == thread.id)
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def _order(sort: str, *, backwards: bool) -> tuple[ColumnElement[Any], ...]:
    if sort == "score":
        return (Answer.score.asc(), Answer.id.desc()) if backwards else (Answer.score.desc(), Answer.id.asc())
    return (Answer.id.desc() if (sort == "newest") is not backwards else Answer.id.asc(),)


def _beyond(sort: str, key: tuple[int, int], *, backwards: bool, inclusive: bool) -> ColumnElement[bool]:
    """What comes after a key in the order of the page, or before it."""
    score, row_id = key
    place: Any = tuple_(-Answer.score, Answer.id) if sort == "score" else Answer.id
    here: Any = (-score, row_id) if sort == "score" else row_id
    upwards = (sort != "newest") is not backwards
    compare = {(True, True): place >= here, (True, False): place > here, (False, True): place <= here}
    condition: ColumnElement[bool] = compare.get((upwards, inclusive), place < here)
    return condition


def _parse(key: str | None) -> tuple[int, int] | None:
    found = re.fullmatch(r"(-?[0-9]{1,9}):([0-9]{1,18})", key or "")
    return (int(found[1]), int(found[2])) if found else None
