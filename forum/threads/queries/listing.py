"""Lists of threads: filtered, paged by key in both directions, in two queries whatever their length."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.tags.models import Space, Tag
from forum.threads.models import Thread, ThreadKind, ThreadTag, slugify
from forum.threads.queries.people import Person
from forum.threads.queries.rows import WITH_STAFF, Product, ThreadRow, is_locked, public_resolution

PAGE = 30


class Filter(enum.StrEnum):
    NEW = "new"
    ACTIVE = "active"
    UNANSWERED = "unanswered"
    SOLVED = "solved"
    DISCUSSIONS = "discussions"
    WITH_STAFF = "with-staff"


@dataclass(frozen=True, slots=True)
class ThreadList:
    """One page of a list; `newer` and `older` are the keys of its neighbours."""

    rows: tuple[ThreadRow, ...]
    newer: str | None
    older: str | None


COLUMNS: tuple[Any, ...] = (
    Thread.id,
    Thread.kind,
    Thread.title,
    Thread.score,
    Thread.answer_count,
    Thread.view_count,
    Thread.author_id,
    Thread.created_at,
    Thread.last_activity_at,
    Thread.visibility,
    Thread.accepted_answer_id,
    Thread.duplicate_of_id,
    Thread.needs_info_at,
    Thread.locked_at,
    Thread.locked_until,
    Thread.staff_state,
    Account.id.label("person_id"),
    Account.handle,
    Account.display_name,
    Account.reputation,
    Account.staff,
    Account.moderator,
    Account.anonymised_at,
    Space.id.label("space_id"),
    Space.slug.label("space_slug"),
    Space.name.label("space_name"),
    Space.colour.label("space_colour"),
)


def list_threads(
    session: Session,
    actor: Actor | None,
    wanted: Filter = Filter.NEW,
    *,
    tag: str | None = None,
    product: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> ThreadList:
    """One page of the threads that the actor may see, newest first.

    Raises:
        NotFound: the filter is not for this reader.
    """
    if wanted is Filter.WITH_STAFF and (actor is None or not actor.can(Privilege.WORK_TICKETS)):
        raise NotFound(_("There is nothing at this address."))
    column = Thread.created_at if wanted in (Filter.NEW, Filter.UNANSWERED) else Thread.last_activity_at
    query = select_rows().where(Thread.visible_to(actor), Thread.listed(), *_narrowed(wanted))
    if tag:
        tagged = select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id).where(Tag.name == tag)
        query = query.where(Thread.id.in_(tagged))
    if product:
        query = query.where(Space.slug == product)
    found, newer, older = page_by_key(session, query, column, after=after, before=before, limit=limit)
    return ThreadList(as_rows(session, found), newer, older)


def select_rows() -> Select[Any]:
    query: Select[Any] = select(*COLUMNS).join(Account, Account.id == Thread.author_id)
    return query.outerjoin(Space, Space.id == Thread.space_id)


def page_by_key(
    session: Session,
    query: Select[Any],
    column: InstrumentedAttribute[datetime],
    *,
    after: str | None,
    before: str | None,
    limit: int,
) -> tuple[list[Row[Any]], str | None, str | None]:
    """A page of threads on either side of a key, newest first, with the keys of its neighbours.

    A thread that is added or bumped meanwhile moves no other across a page's edge.
    """
    here, backwards = parse_key(before or after), before is not None
    if here is not None:
        place: ColumnElement[Any] = tuple_(column, Thread.id)
        query = query.where(place > here if backwards else place < here)
    order = (column.asc(), Thread.id.asc()) if backwards else (column.desc(), Thread.id.desc())
    found = list(session.execute(query.order_by(*order).limit(limit + 1)))
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    if not found:
        return [], None, None
    newer = more if backwards else here is not None
    older = here is not None if backwards else more
    first, last = (key_of(getattr(row, column.key), row.id) for row in (found[0], found[-1]))
    return found, first if newer else None, last if older else None


def key_of(moment: datetime, row_id: int) -> str:
    micros = round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return f"{micros}-{row_id}"


def parse_key(key: str | None) -> tuple[datetime, int] | None:
    """What a key stands for; one that was tampered with stands for the first page."""
    micros, _dash, row_id = (key or "").rpartition("-")
    if not (micros.isdecimal() and row_id.isdecimal() and len(micros) < 18 and len(row_id) < 19):
        return None
    try:
        return datetime.fromtimestamp(int(micros) / 1_000_000, UTC), int(row_id)
    except (OverflowError, ValueError):
        return None


def as_rows(session: Session, found: Iterable[Row[Any]]) -> tuple[ThreadRow, ...]:
    found = list(found)
    tags = tags_of(session, [row.id for row in found])
    return tuple(_row(row, tags[row.id]) for row in found)


def tags_of(session: Session, thread_ids: list[int]) -> dict[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = defaultdict(tuple)
    query = select(ThreadTag.thread_id, Tag.name).join(Tag, Tag.id == ThreadTag.tag_id)
    query = query.where(ThreadTag.thread_id.in_(thread_ids)).order_by(ThreadTag.thread_id, ThreadTag.position)
    for thread_id, name in session.execute(query) if thread_ids else ():
        names[thread_id] += (name,)
    return names


def unanswered() -> tuple[ColumnElement[bool], ...]:
    """Questions that somebody could still answer, and nobody has."""
    return (
        Thread.kind == ThreadKind.QUESTION,
        Thread.answer_count == 0,
        Thread.accepted_answer_id.is_(None),
        Thread.duplicate_of_id.is_(None),
        or_(Thread.locked_at.is_(None), Thread.locked_until <= now()),
    )


def _narrowed(wanted: Filter) -> tuple[ColumnElement[bool], ...]:
    question = Thread.kind == ThreadKind.QUESTION
    return {
        Filter.UNANSWERED: unanswered(),
        Filter.SOLVED: (question, Thread.accepted_answer_id.is_not(None)),
        Filter.DISCUSSIONS: (Thread.kind == ThreadKind.DISCUSSION,),
        Filter.WITH_STAFF: (Thread.staff_state.in_(WITH_STAFF),),
    }.get(wanted, ())


def _row(row: Row[Any], tags: tuple[str, ...]) -> ThreadRow:
    person = Person(
        row.person_id, row.handle, row.display_name, row.reputation, is_staff=row.staff, is_moderator=row.moderator
    )
    product = Product(row.space_id, row.space_slug, row.space_name, row.space_colour) if row.space_id else None
    return ThreadRow(
        id=row.id,
        kind=row.kind,
        title=row.title,
        slug=slugify(row.title),
        score=row.score,
        answer_count=row.answer_count,
        view_count=row.view_count,
        tags=tags,
        author=None if row.anonymised_at else person,
        author_id=row.author_id,
        created_at=row.created_at,
        active_at=row.last_activity_at,
        product=product,
        visibility=row.visibility,
        resolution=public_resolution(row),
        locked=is_locked(row),
        with_staff=row.staff_state if row.staff_state in (*WITH_STAFF, "answered") else None,
    )
