"""The front page: what waits for the reader, what nobody has answered, what was solved lately."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Row, or_
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.threads.models import Thread, ThreadKind
from forum.threads.queries.choices import ProductRow, products
from forum.threads.queries.listing import as_rows, select_rows, unanswered
from forum.threads.queries.rows import ThreadRow

WAITING, SHOWN = 5, 6


@dataclass(frozen=True, slots=True)
class FrontPage:
    waiting: tuple[ThreadRow, ...]
    unanswered: tuple[ThreadRow, ...]
    solved: tuple[ThreadRow, ...]
    products: tuple[ProductRow, ...]


def front_page(session: Session, actor: Actor | None) -> FrontPage:
    shown = (Thread.visible_to(actor), Thread.listed())
    is_solved = (*shown, Thread.kind == ThreadKind.QUESTION, Thread.accepted_at.is_not(None))
    found = (
        _few(session, WAITING, Thread.last_activity_at, *shown, *_waiting(actor)) if actor else [],
        _few(session, SHOWN, Thread.created_at, *shown, *unanswered()),
        _few(session, SHOWN, Thread.accepted_at, *is_solved),
    )
    rows = iter(as_rows(session, chain.from_iterable(found)))
    waiting, open_, solved = (tuple(islice(rows, len(part))) for part in found)
    return FrontPage(waiting, open_, solved, products(session, actor))


def _waiting(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """One's own questions where the next word is one's own: more was asked for, or an answer waits for a verdict."""
    return (
        Thread.author_id == actor.id,
        Thread.kind == ThreadKind.QUESTION,
        Thread.accepted_answer_id.is_(None),
        Thread.duplicate_of_id.is_(None),
        or_(Thread.needs_info_at.is_not(None), Thread.answer_count > 0),
    )


def _few(session: Session, limit: int, newest: Any, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    query = select_rows().where(*conditions).order_by(newest.desc(), Thread.id.desc()).limit(limit)
    return list(session.execute(query))
