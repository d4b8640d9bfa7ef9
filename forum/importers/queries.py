"""Where something is now that had an address on a site that was imported.

Where two imported sites used the same number, the one imported first has it.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.importers.models import ImportedId
from forum.importers.people import KIND as USER
from forum.importers.posts import ANSWER, QUESTION
from forum.markup import slugify
from forum.threads.models import Answer, Thread


class Place(NamedTuple):
    thread_id: int
    slug: str
    answer_id: int | None


def thread_of_question(session: Session, actor: Actor | None, old_id: int) -> Place | None:
    row = session.execute(
        select(Thread.id, Thread.title)
        .join(ImportedId, ImportedId.local_id == Thread.id)
        .where(ImportedId.kind == QUESTION, ImportedId.external_id == str(old_id), Thread.visible_to(actor))
        .order_by(ImportedId.source_id)
        .limit(1)
    ).one_or_none()
    return Place(row.id, slugify(row.title), None) if row else None


def place_of_post(session: Session, actor: Actor | None, old_id: int) -> Place | None:
    """An answer of that number, or else a question."""
    row = session.execute(
        select(Thread.id, Thread.title, Answer.id.label("answer_id"))
        .join(Answer, Answer.thread_id == Thread.id)
        .join(ImportedId, ImportedId.local_id == Answer.id)
        .where(
            ImportedId.kind == ANSWER,
            ImportedId.external_id == str(old_id),
            Thread.visible_to(actor),
            Answer.visible_to(actor),
        )
        .order_by(ImportedId.source_id)
        .limit(1)
    ).one_or_none()
    return Place(row.id, slugify(row.title), row.answer_id) if row else thread_of_question(session, actor, old_id)


def handle_of_user(session: Session, old_id: int) -> str | None:
    return session.scalar(
        select(Account.handle)
        .join(ImportedId, ImportedId.local_id == Account.id)
        .where(ImportedId.kind == USER, ImportedId.external_id == str(old_id), Account.anonymised_at.is_(None))
        .order_by(ImportedId.source_id)
        .limit(1)
    )
