"""A thread's tags: found, made where somebody may, put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Insert, Select, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, why_not
from forum.clock import now
from forum.db import insert_on
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.prepared import prepared
from forum.tags.keeping import NAME, tidy_name
from forum.tags.models import Tag
from forum.threads.actions.counting import count_tags, is_listed, is_public, tags_of
from forum.threads.models import Thread, ThreadTag

MAX_TAGS = 5
FEW_TAGS = 5


class Named(NamedTuple):
    """A tag, as far as a thread needs it."""

    id: int
    name: str


def tag_names(names: Sequence[str]) -> list[str]:
    """Names as they are kept: lower case, hyphens for spaces, each once.

    Raises:
        Invalid: none, too many, or one that cannot be a tag.
    """
    tidied = [tidy_name(name) for name in names]
    wanted = list(dict.fromkeys(name for name in tidied if name))
    if not 1 <= len(wanted) <= MAX_TAGS:
        raise Invalid({"tags": _("Choose one to five tags.")})
    for name in wanted:
        if not NAME.fullmatch(name):
            words = _("“{name}” cannot be a tag: use at most 35 letters, digits, hyphens and . + #")
            raise Invalid({"tags": words.format(name=name[:40])})
    return wanted


def find_tags(session: Session, actor: Actor, names: Sequence[str]) -> list[Named]:
    """The tags of these names or synonyms, in this order; those that are new are made, by whoever may.

    Raises:
        Invalid: a name is no tag's, and the actor may not make new ones.
    """
    wanted = tag_names(names)
    known = _by_name(session, wanted)
    fresh = sorted(name for name in wanted if name not in known)
    if fresh and not may_make_tags(session, actor):
        words = _("There is no tag “{name}” yet. Choose from those there are.").format(name=fresh[0])
        raise Invalid({"tags": f"{words} {why_not(session, actor, Privilege.NEW_TAG) or ''}".strip()})
    if fresh:
        _make(session, actor, fresh)
        known = _by_name(session, wanted)
    return list(dict.fromkeys(known[name] for name in wanted))


def may_make_tags(session: Session, actor: Actor) -> bool:
    """Whether the actor may make a new tag; on a site that has hardly any yet, everybody may, or nobody could ask."""
    if actor.can(Privilege.NEW_TAG):
        return True
    few = select(Tag.id).where(Tag.main_id.is_(None)).limit(FEW_TAGS)
    return len(session.scalars(few).all()) < FEW_TAGS


def set_tags(session: Session, thread: Thread, tags: Sequence[Named]) -> None:
    """Replace a thread's tags, keeping what each of them counts."""
    before = set(tags_of(session, thread.id))
    after = [tag.id for tag in tags]
    if before:
        session.execute(delete(ThreadTag).where(ThreadTag.thread_id == thread.id))
    same = {"thread_id": thread.id, "created_at": thread.created_at}
    _tag.each(session, [{**same, "tag_id": tag_id, "position": position} for position, tag_id in enumerate(after)])
    if is_listed(thread.visibility) and is_public(session, thread.space_id):
        moves = dict.fromkeys(before - set(after), -1) | dict.fromkeys(set(after) - before, 1)
        for tag_id in sorted(moves):
            count_tags(session, [tag_id], moves[tag_id])


@prepared
def _tag(_reader: None) -> Insert:
    return insert(ThreadTag)


def names_of(session: Session, thread_id: int) -> list[str]:
    query = select(Tag.name).join(ThreadTag, ThreadTag.tag_id == Tag.id).where(ThreadTag.thread_id == thread_id)
    return list(session.scalars(query.order_by(ThreadTag.position)))


def _by_name(session: Session, names: Sequence[str]) -> dict[str, Named]:
    """Each name's tag, which no merge takes away before this transaction ends."""
    rows = _named(session, None, names=list(names)).all()
    found = {row.name: Named(row.id, row.name) for row in rows}
    standing_for = {row.name: row.main_id for row in rows if row.main_id is not None}
    if standing_for:
        mains = {row.id: Named(row.id, row.name) for row in session.execute(_mains(set(standing_for.values())))}
        found |= {name: mains[main_id] for name, main_id in standing_for.items()}
    return found


@prepared
def _named(_reader: None) -> Select[*tuple[Any, ...]]:
    query = select(Tag.id, Tag.name, Tag.main_id).where(Tag.name.in_(bindparam("names", expanding=True)))
    return query.order_by(Tag.id).with_for_update(read=True, key_share=True)


def _mains(ids: set[int]) -> Select[int, str]:
    return select(Tag.id, Tag.name).where(Tag.id.in_(ids)).with_for_update(read=True, key_share=True)


def _make(session: Session, actor: Actor, names: Sequence[str]) -> None:
    """Two people may make the same tag at the same moment: one of them finds it made."""
    rows = [
        {"name": name, "description": "", "thread_count": 0, "created_by_id": actor.id, "created_at": now()}
        for name in names
    ]
    into = insert_on(session.get_bind().dialect.name, Tag)
    session.execute(into.values(rows).on_conflict_do_nothing(index_elements=["name"]))
