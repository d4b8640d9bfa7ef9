"""The front page: what waits for the reader, what nobody has answered, what was solved lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_
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
    question = Thread.kind == ThreadKind.QUESTION
    open_ = Thread.accepted_answer_id.is_(None) & Thread.duplicate_of_id.is_(None)
    shown = (Thread.visible_to(actor), Thread.listed())
    return FrontPage(
        waiting=_waiting(session, actor, question, open_),
        unanswered=_few(session, SHOWN, Thread.created_at, *shown, *unanswered()),
        solved=_few(session, SHOWN, Thread.accepted_at, *shown, question, Thread.accepted_at.is_not(None)),
        products=products(session, actor),
    )


def _waiting(session: Session, actor: Actor | None, *conditions: ColumnElement[bool]) -> tuple[ThreadRow, ...]:
    """One's own questions where the next word is one's own: more was asked for, or an answer waits for a verdict."""
    if actor is None:
        return ()
    asked = or_(Thread.needs_info_at.is_not(None), Thread.answer_count > 0)
    mine = (Thread.author_id == actor.id, Thread.visible_to(actor), Thread.listed(), asked)
    return _few(session, WAITING, Thread.last_activity_at, *mine, *conditions)


def _few(session: Session, limit: int, newest: Any, *conditions: ColumnElement[bool]) -> tuple[ThreadRow, ...]:
    query = select_rows().where(*conditions).order_by(newest.desc(), Thread.id.desc()).limit(limit)
    return as_rows(session, session.execute(query))
