"""Where something is now that had an address on a site that was imported.

Where two imported sites used the same number, the one imported first has it.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.importers.models import ImportedId, ImportSource
from forum.importers.personal import USER, USERNAME
from forum.importers.run import ANSWER, CATEGORY, DISCOURSE, NUMBER, OPENING, QUESTION, STACKEXCHANGE
from forum.markup import slugify
from forum.tags.models import Space
from forum.threads.models import Answer, Thread


class Place(NamedTuple):
    thread_id: int
    slug: str
    answer_id: int | None


def thread_of_question(
    session: Session, actor: Actor | None, old_id: int, form: str = STACKEXCHANGE, site: int | None = None
) -> Place | None:
    """`site` is the import that is meant, where a text that came with it says so."""
    found = _ids(QUESTION, str(old_id), form, site)
    return _thread(session, actor, found)


def place_of_post(session: Session, actor: Actor | None, old_id: int, form: str = STACKEXCHANGE) -> Place | None:
    """An answer of that number, or else a question."""
    found = _answer(session, actor, _ids(ANSWER, str(old_id), form))
    kind = QUESTION if form == STACKEXCHANGE else OPENING
    return found or _thread(session, actor, _ids(kind, str(old_id), form))


def place_in_topic(
    session: Session, actor: Actor | None, topic: int, number: int, site: int | None = None
) -> Place | None:
    """A topic's post by its place there; the topic itself where that post is not here."""
    found = _answer(session, actor, _ids(NUMBER, f"{topic}/{number}", DISCOURSE, site))
    return found or thread_of_question(session, actor, topic, DISCOURSE, site)


def handle_of_user(session: Session, old: str, form: str = STACKEXCHANGE) -> str | None:
    """By number, or by the name that somebody had on a site that had names in its addresses."""
    return session.scalar(
        select(Account.handle)
        .join(ImportedId, ImportedId.local_id == Account.id)
        .where(*_ids(USER if form == STACKEXCHANGE else USERNAME, old, form), Account.anonymised_at.is_(None))
        .order_by(ImportedId.source_id)
        .limit(1)
    )


def product_of_category(session: Session, actor: Actor | None, old_id: int) -> str | None:
    return session.scalar(
        select(Space.slug)
        .join(ImportedId, ImportedId.local_id == Space.id)
        .where(*_ids(CATEGORY, str(old_id), DISCOURSE), Space.visible_to(actor))
        .order_by(ImportedId.source_id)
        .limit(1)
    )


Ids = tuple[ColumnElement[bool], ...]


def _ids(kind: str, external_id: str, form: str, site: int | None = None) -> Ids:
    sources = select(ImportSource.id).where(ImportSource.format == form)
    if site is not None:
        sources = sources.where(ImportSource.id == site)
    return (ImportedId.kind == kind, ImportedId.external_id == external_id, ImportedId.source_id.in_(sources))


def _thread(session: Session, actor: Actor | None, ids: Ids) -> Place | None:
    row = session.execute(
        select(Thread.id, Thread.title)
        .join(ImportedId, ImportedId.local_id == Thread.id)
        .where(*ids, Thread.visible_to(actor))
        .order_by(ImportedId.source_id)
        .limit(1)
    ).one_or_none()
    return Place(row.id, slugify(row.title), None) if row else None


def _answer(session: Session, actor: Actor | None, ids: Ids) -> Place | None:
    row = session.execute(
        select(Thread.id, Thread.title, Answer.id.label("answer_id"))
        .join(Answer, Answer.thread_id == Thread.id)
        .join(ImportedId, ImportedId.local_id == Answer.id)
        .where(*ids, Thread.visible_to(actor), Answer.visible_to(actor))
        .order_by(ImportedId.source_id)
        .limit(1)
    ).one_or_none()
    return Place(row.id, slugify(row.title), row.answer_id) if row else None
