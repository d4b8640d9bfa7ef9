"""Lists of threads: filtered, paged by key in both directions, in two queries whatever their length."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.prepared import among, prepared
from forum.tags.models import Space, Tag
from forum.threads.models import Thread, ThreadKind, ThreadTag
from forum.threads.queries.paging import Place, Way, in_order, span
from forum.threads.queries.people import PERSON, person_of
from forum.threads.queries.rows import (
    WITH_STAFF,
    Product,
    ThreadRow,
    is_locked,
    public_resolution,
    public_staff_state,
)

PAGE = 30
MANY = 1000


class Filter(enum.StrEnum):
    NEW = "new"
    ACTIVE = "active"
    UNANSWERED = "unanswered"
    SOLVED = "solved"
    DISCUSSIONS = "discussions"
    WITH_STAFF = "with-staff"


BY_ASKING = (Filter.NEW, Filter.UNANSWERED)
"""Filters whose threads are in the order of their asking; those of the others are in that of the last word."""


class Tagged(enum.Enum):
    """How the threads of a tag are found.

    Their times of asking lie with the tag; in the order of the last word, a tag that stands on many threads is looked
    for among the latest, and one that stands on few has its threads sorted.
    """

    WITH_TAG = enum.auto()
    AMONG_LATEST = enum.auto()
    SORTED = enum.auto()


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
    *PERSON,
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
    tagged, tag_id = _tagged(session, wanted, tag) if tag else (None, 0)
    here = span(after, before, limit)
    values = {"tag_id": tag_id, "product": product, "now": now(), **here.values}
    found = _threads(session, actor, wanted, tagged, bool(product), here.way, **values)
    rows, newer, older = here.page(found, _moment(wanted).key)
    return ThreadList(marked(actor, as_rows(session, rows)), newer, older)


def _tagged(session: Session, wanted: Filter, name: str) -> tuple[Tagged, int]:
    tag = _tag(session, None, name=name).one_or_none()
    if wanted in BY_ASKING:
        how = Tagged.WITH_TAG
    else:
        how = Tagged.AMONG_LATEST if tag is not None and tag.thread_count > MANY else Tagged.SORTED
    return how, tag.id if tag else 0


@prepared
def _tag(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    named = select(func.coalesce(Tag.main_id, Tag.id)).where(Tag.name == bindparam("name"))
    return select(Tag.id, Tag.thread_count).where(Tag.id == named.scalar_subquery())


@prepared
def _threads(reader: Actor | None, wanted: Filter, tagged: Tagged | None, of_product: bool, way: Way) -> Select[Any]:
    query = select_rows().where(Thread.visible_to(reader), Thread.listed(), *_narrowed(wanted))
    place: Place = (_moment(wanted), Thread.id)
    has = (ThreadTag.thread_id == Thread.id, ThreadTag.tag_id == bindparam("tag_id"))
    if tagged is Tagged.WITH_TAG:
        query, place = query.join(ThreadTag, and_(*has)), (ThreadTag.created_at, ThreadTag.thread_id)
    elif tagged is Tagged.AMONG_LATEST:
        query = query.where(exists().where(*has))
    elif tagged is Tagged.SORTED:
        query = query.where(Thread.id.in_(select(ThreadTag.thread_id).where(has[1])))
    if of_product:
        space = select(Space.id).where(Space.slug == bindparam("product"))
        query = query.where(Thread.space_id == space.scalar_subquery())
    return in_order(query, place, way)


def _moment(wanted: Filter) -> InstrumentedAttribute[datetime]:
    return Thread.created_at if wanted in BY_ASKING else Thread.last_activity_at


def select_rows() -> Select[Any]:
    query: Select[Any] = select(*COLUMNS).join(Account, Account.id == Thread.author_id)
    return query.outerjoin(Space, Space.id == Thread.space_id)


def as_rows(session: Session, found: Iterable[Row[Any]]) -> tuple[ThreadRow, ...]:
    found = list(found)
    tags = tags_of(session, [row.id for row in found])
    return tuple(as_row(row, tags[row.id]) for row in found)


def marked(actor: Actor | None, rows: tuple[ThreadRow, ...]) -> tuple[ThreadRow, ...]:
    """The rows, those marked whose asker the reader ignores."""
    if actor is None or not actor.ignored:
        return rows
    return tuple(replace(row, ignored=True) if row.author_id in actor.ignored else row for row in rows)


def tags_of(session: Session, thread_ids: list[int]) -> dict[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for row in _tags(session, None, thread_ids=thread_ids) if thread_ids else ():
        names[row.thread_id] += (row.name,)
    return names


@prepared
def _tags(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    query = select(ThreadTag.thread_id, Tag.name).join(Tag, Tag.id == ThreadTag.tag_id)
    query = query.where(among(ThreadTag.thread_id, "thread_ids"))
    return query.order_by(ThreadTag.thread_id, ThreadTag.position)


def unanswered() -> tuple[ColumnElement[bool], ...]:
    """Questions that somebody could still answer by the time `now`, a parameter, and nobody has."""
    return (
        Thread.kind == ThreadKind.QUESTION,
        Thread.answer_count == literal_column("0"),  # as the index says it
        Thread.accepted_answer_id.is_(None),
        Thread.duplicate_of_id.is_(None),
        or_(Thread.locked_at.is_(None), Thread.locked_until <= bindparam("now")),
    )


def _narrowed(wanted: Filter) -> tuple[ColumnElement[bool], ...]:
    question = Thread.kind == ThreadKind.QUESTION
    return {
        Filter.UNANSWERED: unanswered(),
        Filter.SOLVED: (question, Thread.accepted_answer_id.is_not(None)),
        Filter.DISCUSSIONS: (Thread.kind == literal_column("'discussion'"),),  # as the index says it
        Filter.WITH_STAFF: (Thread.staff_state.is_not(None), Thread.staff_state.in_(WITH_STAFF)),
    }.get(wanted, ())


def as_row(row: Row[Any], tags: tuple[str, ...]) -> ThreadRow:
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
        author=person_of(row),
        author_id=row.author_id,
        created_at=row.created_at,
        active_at=row.last_activity_at,
        product=product,
        visibility=row.visibility,
        resolution=public_resolution(row),
        locked=is_locked(row),
        with_staff=public_staff_state(row),
    )
