"""Finding threads: by what somebody typed, and by what somebody is about to ask."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, TextClause, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.markup import slugify
from forum.posts import PostKind, PostRef
from forum.search.engines import DOCUMENT, SCORE, engine_of
from forum.search.excerpts import Excerpt, excerpt_around
from forum.search.index import document_id, post_of
from forum.search.places import Place, first_place, read_cursor
from forum.search.rarity import rare_words
from forum.search.terms import Terms, parse, words
from forum.tags.models import Space, Tag
from forum.threads.models import Answer, Resolution, Thread, ThreadTag, resolution

PAGE = 20
SIMILAR_WORDS = 12
LIKELY = 40


class Person(NamedTuple):
    handle: str
    display_name: str
    reputation: int


class Product(NamedTuple):
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One thread that was found, by its best post; `answer_id` is None when that is the question.

    `author` is None when their account was erased. `ignored` says that the reader ignores who asked, or who wrote the
    answer that was found.
    """

    id: int
    slug: str
    title: str
    answer_id: int | None
    excerpt: Excerpt
    resolution: Resolution
    score: int
    answer_count: int
    product: Product | None
    tags: tuple[str, ...]
    author: Person | None
    created_at: datetime
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits; `loosened` when no thread held all the words and some of them had to do."""

    terms: Terms
    hits: tuple[Hit, ...]
    next: str | None
    loosened: bool = False


@dataclass(frozen=True, slots=True)
class Similar:
    id: int
    slug: str
    title: str
    resolution: Resolution
    answer_count: int
    accepted_answer_id: int | None


def search(session: Session, actor: Actor | None, query: str, *, after: str | None = None) -> Results:
    """Find threads that the actor may see. `after` is the cursor of an earlier page of the same search."""
    terms = parse(query)
    if not terms:
        return Results(terms, (), None)
    place = read_cursor(after) if after else None
    found = _ranked(session, actor, terms, place)
    loosened = False
    if not found and len(terms.wanted) > 1:
        found, loosened = _ranked(session, actor, terms, place, any_word=True), True
    start = place.among([row.thread_id for row in found]) if place else 0
    shown = found[start : start + PAGE]
    more = len(found) > start + PAGE
    cursor = (place or first_place(session)).after(start + PAGE, shown[-1].thread_id).written if more else None
    return Results(terms, tuple(_hits(session, actor, shown, terms)), cursor, loosened and bool(found))


def similar_to_each(session: Session, actor: Actor | None, titles: Sequence[str]) -> dict[str, tuple[Similar, ...]]:
    """What `similar` finds, for a page that knows the titles when it is made."""
    return {title: similar(session, actor, title) for title in titles}


def similar(
    session: Session, actor: Actor | None, title: str, *, limit: int = 5, without: int | None = None
) -> tuple[Similar, ...]:
    """Threads that share the rarest words of a title, best first; `without` leaves one thread out."""
    rare = rare_words(session, words(title), SIMILAR_WORDS)
    if not rare:
        return ()
    # Whether somebody may see a document, and of which thread it is, costs more than its rank.
    found = _similar(session, actor, rare, LIKELY, limit, without)
    return tuple(found if len(found) == limit else _similar(session, actor, rare, None, limit, without))


def _similar(
    session: Session, actor: Actor | None, rare: Sequence[str], most: int | None, limit: int, without: int | None
) -> list[Similar]:
    """The same among the `most` best documents that hold these words, or all of them."""
    ranked = engine_of(session).of_rare(rare).columns(DOCUMENT, SCORE).subquery()
    matching = select(ranked).order_by(ranked.c.score.desc(), ranked.c.document.desc()).limit(most).subquery()
    best = (
        _matches(matching, actor, Terms())
        .with_only_columns(
            Thread.id,
            Thread.title,
            Thread.answer_count,
            Thread.accepted_answer_id,
            Thread.duplicate_of_id,
            Thread.needs_info_at,
        )
        .group_by(Thread.id)
        .order_by(func.max(matching.c.score).desc(), Thread.id.desc())
        .limit(limit)
    )
    if without is not None:
        best = best.where(Thread.id != without)
    return [
        Similar(row.id, slugify(row.title), row.title, resolution(row), row.answer_count, row.accepted_answer_id)
        for row in session.execute(best)
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    thread_id: int
    document: int
    rank: float

    @property
    def ref(self) -> PostRef:
        return post_of(self.document)


def _ranked(
    session: Session, actor: Actor | None, terms: Terms, place: Place | None, *, any_word: bool = False
) -> list[_Found]:
    """The threads that match, each by its best post, best first; of these what was there at a place."""
    if not terms.wanted:
        ids = session.scalars(
            select(Thread.id).where(_visible(actor), _narrowed(terms)).order_by(Thread.id.desc()).limit(1000)
        )
        found = {document_id(PostRef(PostKind.THREAD, number)): number for number in ids}
        without = engine_of(session).among(terms.unwanted, list(found)) if found and terms.unwanted else None
        gone = set(session.scalars(without)) if without is not None else set()
        return [
            _Found(number, document, float(number))
            for document, number in found.items()
            if document not in gone and (place is None or place.knew(document))
        ]
    return _found(session, actor, engine_of(session).candidates(terms, any_word=any_word), terms, place)


def _found(
    session: Session, actor: Actor | None, candidates: TextClause, terms: Terms, place: Place | None
) -> list[_Found]:
    best: dict[int, _Found] = {}
    rows = session.execute(_matches(candidates.columns(DOCUMENT, SCORE).subquery(), actor, terms))
    for document, score, thread_id in rows:
        if place is not None and not place.knew(document):
            continue
        if thread_id not in best or best[thread_id].rank < score:
            best[thread_id] = _Found(thread_id, document, score)
    return heapq.nlargest(1000, best.values(), key=_key)


def _matches(matching: Any, actor: Actor | None, terms: Terms) -> Select[Any]:
    """Each document by its post, and the post's thread by its id: both are looked up, neither table is gone through."""
    post_id, is_answer = matching.c.document // 2, matching.c.document % 2 == 1
    return (
        select(matching.c.document, matching.c.score, Thread.id.label("thread_id"))
        .outerjoin(Answer, and_(Answer.id == post_id, is_answer))
        .join(Thread, Thread.id == func.coalesce(Answer.thread_id, post_id))
        .where(or_(~is_answer, and_(Answer.id.is_not(None), Answer.visible_to(actor))), _visible(actor))
        .where(_narrowed(terms))
    )


def _visible(actor: Actor | None) -> ColumnElement[bool]:
    return and_(Thread.visible_to(actor), Thread.listed(), Thread.withheld.is_(False))


def _narrowed(terms: Terms) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [
        exists().where(ThreadTag.thread_id == Thread.id, ThreadTag.tag_id == _main(tag)) for tag in terms.tags
    ]
    if terms.product:
        conditions.append(Thread.space_id.in_(select(Space.id).where(Space.slug == terms.product)))
    if terms.user:
        conditions.append(
            Thread.author_id.in_(
                select(Account.id).where(Account.handle == terms.user, Account.anonymised_at.is_(None))
            )
        )
    states = {
        "solved": Thread.accepted_answer_id.is_not(None),
        "unanswered": Thread.answer_count == 0,
        "answered": Thread.answer_count > 0,
        "open": and_(Thread.accepted_answer_id.is_(None), Thread.duplicate_of_id.is_(None)),
    }
    if terms.state:
        conditions.append(states[terms.state])
    return and_(true(), *conditions)


def _main(name: str) -> ScalarSelect[int]:
    """The tag that a name stands for."""
    return select(func.coalesce(Tag.main_id, Tag.id)).where(Tag.name == name).scalar_subquery()


def _hits(session: Session, actor: Actor | None, found: Sequence[_Found], terms: Terms) -> Iterable[Hit]:
    rows = session.execute(
        select(
            Thread.id,
            Thread.title,
            Thread.text,
            Thread.score,
            Thread.answer_count,
            Thread.accepted_answer_id,
            Thread.duplicate_of_id,
            Thread.needs_info_at,
            Thread.created_at,
            Thread.author_id,
            Account.handle,
            Account.display_name,
            Account.reputation,
            Account.anonymised_at,
            Space.name.label("space_name"),
            Space.colour.label("space_colour"),
        )
        .join(Account, Account.id == Thread.author_id)
        .outerjoin(Space, Space.id == Thread.space_id)
        .where(Thread.id.in_([one.thread_id for one in found]))
    )
    threads = {row.id: row for row in rows}
    answer_ids = [one.ref.id for one in found if one.ref.kind is PostKind.ANSWER]
    columns = (Answer.id, Answer.text, Answer.author_id, Answer.from_staff)
    answers = {row.id: row for row in session.execute(select(*columns).where(Answer.id.in_(answer_ids)))}
    ignored = actor.ignored if actor else frozenset()
    tags = _tags(session, list(threads))
    for one in found:
        row = threads[one.thread_id]
        answer = answers[one.ref.id] if one.ref.kind is PostKind.ANSWER else None
        wrote = row.author_id if answer is None or answer.from_staff else answer.author_id
        yield Hit(
            id=row.id,
            slug=slugify(row.title),
            title=row.title,
            answer_id=answer.id if answer else None,
            excerpt=excerpt_around(answer.text if answer else row.text, terms.wanted),
            resolution=resolution(row),
            score=row.score,
            answer_count=row.answer_count,
            product=Product(row.space_name, row.space_colour) if row.space_name else None,
            tags=tags.get(row.id, ()),
            author=None if row.anonymised_at else Person(row.handle, row.display_name, row.reputation),
            created_at=row.created_at,
            ignored=not ignored.isdisjoint((row.author_id, wrote)),
        )


def _tags(session: Session, thread_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    rows = session.execute(
        select(ThreadTag.thread_id, Tag.name)
        .join(Tag, Tag.id == ThreadTag.tag_id)
        .where(ThreadTag.thread_id.in_(thread_ids))
        .order_by(ThreadTag.thread_id, ThreadTag.position)
    )
    tags: dict[int, tuple[str, ...]] = {}
    for thread_id, name in rows:
        tags[thread_id] = (*tags.get(thread_id, ()), name)
    return tags


def _key(row: _Found) -> tuple[float, int]:
    return (row.rank, row.thread_id)
