"""A tag, for whoever sees a thread that has it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.prepared import prepared
from forum.tags.models import Tag
from forum.tags.queries import TagRow
from forum.threads.models import Thread, ThreadTag


def find_tag(session: Session, actor: Actor | None, name: str) -> TagRow:
    """The tag or synonym of that name. One that nothing has yet is in no list either.

    Raises:
        NotFound: there is none, or the actor sees no thread with it, and would learn a product's words.
    """
    row: Any = _tag(session, actor, name=name.lower()).one_or_none()
    if row is None:
        raise NotFound(_("There is no such tag."))
    return TagRow(*row)


@prepared
def _tag(reader: Actor | None) -> Select[*tuple[Any, ...]]:
    main = aliased(Tag)
    columns = (Tag.name, Tag.description, Tag.thread_count, Tag.id, main.name.label("stands_for"))
    named = select(*columns).outerjoin(main, main.id == Tag.main_id).where(Tag.name == bindparam("name"))
    return named.where(_in_use(reader, main))


def _in_use(reader: Actor | None, main: type[Tag]) -> ColumnElement[bool]:
    """What visitors see is counted; whoever is signed in may see more. A synonym is in use as its main tag is."""
    counted = func.coalesce(main.thread_count, Tag.thread_count) > 0
    if reader is None:
        return counted
    tagged = ThreadTag.tag_id == func.coalesce(Tag.main_id, Tag.id)
    shown = (tagged, Thread.visible_to(reader), Thread.listed())
    return or_(counted, exists().where(Thread.id == ThreadTag.thread_id, *shown))
