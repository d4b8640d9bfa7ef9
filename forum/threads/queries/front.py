"""The front page: what waits for the reader, what nobody has answered, what was solved lately."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.prepared import prepared
from forum.threads.models import Thread, ThreadKind
from forum.threads.queries.choices import ProductRow, products
from forum.threads.queries.listing import as_rows, marked, select_rows, unanswered
from forum.threads.queries.rows import ThreadRow

WAITING, SHOWN = 5, 6


@dataclass(frozen=True, slots=True)
class FrontPage:
    waiting: tuple[ThreadRow, ...]
    unanswered: tuple[ThreadRow, ...]
    solved: tuple[ThreadRow, ...]
    products: tuple[ProductRow, ...]


def front_page(session: Session, actor: Actor | None) -> FrontPage:
    found = (
        _waiting(session, actor).all() if actor else [],
        _unanswered(session, actor, now=now()).all(),
        _solved(session, actor).all(),
    )
    rows = iter(marked(actor, as_rows(session, chain.from_iterable(found))))
    waiting, open_, solved = (tuple(islice(rows, len(part))) for part in found)
    return FrontPage(waiting, open_, solved, products(session, actor))


@prepared
def _waiting(reader: Actor) -> Select[Any]:
    """One's own questions where the next word is one's own: more was asked for, or an answer waits for a verdict."""
    mine = (
        Thread.author_id == reader.id,
        Thread.kind == ThreadKind.QUESTION,
        Thread.accepted_answer_id.is_(None),
        Thread.duplicate_of_id.is_(None),
        or_(Thread.needs_info_at.is_not(None), Thread.answer_count > 0),
    )
    return _few(reader, WAITING, Thread.last_activity_at, *mine)


@prepared
def _unanswered(reader: Actor | None) -> Select[Any]:
    return _few(reader, SHOWN, Thread.created_at, *unanswered())


@prepared
def _solved(reader: Actor | None) -> Select[Any]:
    is_solved = (Thread.kind == ThreadKind.QUESTION, Thread.accepted_at.is_not(None))
    return _few(reader, SHOWN, Thread.accepted_at, *is_solved)


def _few(reader: Actor | None, limit: int, newest: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    query = select_rows().where(Thread.visible_to(reader), Thread.listed(), *conditions)
    return query.order_by(newest.desc(), Thread.id.desc()).limit(limit)
