"""One page of a thread's answers: the solution first, the others in the order the reader chose, paged by key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, false, or_, select, true, tuple_
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.prepared import Own, prepared_for
from forum.threads.models import Answer, Unhelpful
from forum.threads.queries.people import PERSON

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
NOBODYS = 0
"""The id of no answer: that of the solution of a thread without one."""
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
    before, after = parse_place(place.before), parse_place(place.after)
    backwards, key = before is not None, before or after
    named = _of_answer(session, thread, place.answer_id) if key is None else None
    key = key or named
    limits = None if key is None else (backwards, named is not None)
    score, row_id = key or (0, 0)
    solution_id = thread.accepted_answer_id or NOBODYS
    values = {"thread_id": thread.id, "solution_id": solution_id, "score": -score, "row_id": row_id}
    found = list(_answers(session, actor, sort, limits, **values))
    solution = found.pop(0) if found and found[0].id == solution_id else None
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    first, last = (f"{row.score}:{row.id}" for row in (found[0], found[-1])) if found else (None, None)
    earlier = more if backwards else key is not None
    later = key is not None if backwards else more
    return solution, found, first if earlier else None, last if later else None, sort


@prepared_for(answers="thread_id", accounts=None, unhelpful_answers=Own())
def _answers(reader: Actor | None, sort: str, limits: tuple[bool, bool] | None) -> Select[Any]:
    """The solution and one more of the others than a page holds, with who wrote each and whether it helped the reader.

    `limits` are the direction from a key and whether what has the key is itself wanted.
    """
    solution = Answer.id == bindparam("solution_id")
    backwards, inclusive = limits or (False, False)
    wanted = true() if limits is None else or_(solution, _beyond(sort, backwards=backwards, inclusive=inclusive))
    query: Select[Any] = select(*COLUMNS, *PERSON, _unhelpful_to(reader)).join(Account, Account.id == Answer.author_id)
    query = query.where(Answer.thread_id == bindparam("thread_id"), Answer.visible_to(reader), wanted)
    return query.order_by(solution.desc(), *_order(sort, backwards=backwards)).limit(PAGE + 2)


def _unhelpful_to(reader: Actor | None) -> ColumnElement[Any]:
    if reader is None:
        return false().label("unhelpful")
    said = exists().where(Unhelpful.answer_id == Answer.id, Unhelpful.account_id == reader.id)
    return said.label("unhelpful")


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


def _beyond(sort: str, *, backwards: bool, inclusive: bool) -> ColumnElement[bool]:
    """What comes after a key in the order of the page, or before it: its parts are parameters, the score negated."""
    place: Any = tuple_(-Answer.score, Answer.id) if sort == "score" else Answer.id
    row_id = bindparam("row_id", type_=Answer.id.type)
    here: Any = tuple_(bindparam("score", type_=Answer.score.type), row_id) if sort == "score" else row_id
    upwards = (sort != "newest") is not backwards
    compare = {(True, True): place >= here, (True, False): place > here, (False, True): place <= here}
    condition: ColumnElement[bool] = compare.get((upwards, inclusive), place < here)
    return condition


def parse_place(key: str | None) -> tuple[int, int] | None:
    """What a key stands for; one that was tampered with stands for the first page."""
    found = re.fullmatch(r"(-?[0-9]{1,9}):([0-9]{1,18})", key or "")
    return (int(found[1]), int(found[2])) if found else None
