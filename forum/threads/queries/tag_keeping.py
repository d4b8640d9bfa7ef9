"""Tags as admins look after them: with their synonyms, what was merged into them, and what was removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.tags.models import RemovedTag, Tag
from forum.tags.queries import has_synonym_like
from forum.threads.models import TagMerge, ThreadTag

PAGE = 50
LATELY = 10


@dataclass(frozen=True, slots=True)
class KeptTag:
    """`used` says whether any thread has it, shown or not; `thread_count` counts what everybody sees."""

    id: int
    name: str
    description: str
    thread_count: int
    used: bool
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synonym:
    id: int
    name: str
    merge_id: int | None


@dataclass(frozen=True, slots=True)
class Merged:
    """A tag that was merged into the one looked at."""

    id: int
    name: str
    threads: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    id: int
    name: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OneTag:
    tag: KeptTag
    synonyms: tuple[Synonym, ...]
    merged: tuple[Merged, ...]


def kept_tags(
    session: Session, actor: Actor, text: str = "", after: str = "", *, unused: bool = False
) -> tuple[tuple[KeptTag, ...], str | None]:
    """Tags by name, fifty a page, and the last name of the page if more follow.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    used = exists().where(ThreadTag.tag_id == Tag.id)
    query = select(Tag.id, Tag.name, Tag.description, Tag.thread_count, used).where(Tag.main_id.is_(None))
    text = text.replace("\0", "").strip()
    if text:
        query = query.where(or_(Tag.name.contains(text.lower(), autoescape=True), has_synonym_like(text)))
    if unused:
        query = query.where(~used)
    if after:
        query = query.where(Tag.name > after)
    rows = session.execute(query.order_by(Tag.name).limit(PAGE + 1)).all()
    names = _synonyms(session, [row.id for row in rows[:PAGE]])
    found = tuple(KeptTag(*row, tuple(names.get(row.id, ()))) for row in rows[:PAGE])
    return found, found[-1].name if len(rows) > PAGE else None


def kept_tag(session: Session, actor: Actor, tag_id: int) -> OneTag:
    """
    Raises:
        NotFound: there is no such tag.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    used = exists().where(ThreadTag.tag_id == Tag.id)
    columns = (Tag.id, Tag.name, Tag.description, Tag.thread_count, used)
    row = session.execute(select(*columns).where(Tag.id == tag_id, Tag.main_id.is_(None))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such tag."))
    merge = select(Tag.id, Tag.name, TagMerge.id).outerjoin(TagMerge, TagMerge.tag_id == Tag.id)
    synonyms = tuple(Synonym(*one) for one in session.execute(merge.where(Tag.main_id == tag_id).order_by(Tag.name)))
    merged = (
        select(TagMerge.id, Tag.name, TagMerge.thread_count, Account.display_name, TagMerge.merged_at)
        .join(Tag, Tag.id == TagMerge.tag_id)
        .join(Account, Account.id == TagMerge.merged_by_id)
        .where(TagMerge.into_id == tag_id)
        .order_by(TagMerge.id.desc())
        .limit(PAGE)
    )
    names = tuple(synonym.name for synonym in synonyms)
    return OneTag(KeptTag(*row, names), synonyms, tuple(Merged(*one) for one in session.execute(merged)))


def removed_tags(session: Session, actor: Actor) -> tuple[Removed, ...]:
    """The tags that were removed last.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    columns = (RemovedTag.id, RemovedTag.name, Account.display_name, RemovedTag.removed_at)
    query = select(*columns).join(Account, Account.id == RemovedTag.removed_by_id)
    return tuple(Removed(*row) for row in session.execute(query.order_by(RemovedTag.id.desc()).limit(LATELY)))


def most_used(session: Session, but: int) -> tuple[str, ...]:
    """Names to choose from where a tag is merged into another."""
    query = select(Tag.name).where(Tag.main_id.is_(None), Tag.id != but)
    return tuple(session.scalars(query.order_by(Tag.thread_count.desc(), Tag.name).limit(300)))


def _synonyms(session: Session, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = session.execute(select(Tag.main_id, Tag.name).where(Tag.main_id.in_(ids)).order_by(Tag.name))
    for main_id, name in rows:
        found.setdefault(main_id or 0, []).append(name)
    return found
