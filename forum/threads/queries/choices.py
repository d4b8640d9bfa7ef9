"""What forms offer: products and tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor
from forum.prepared import prepared
from forum.tags.models import Space, Tag
from forum.threads.models import ThreadTag

MOST_TAGS = 300


@dataclass(frozen=True, slots=True)
class ProductRow:
    id: int
    slug: str
    name: str
    colour: str
    description: str
    thread_count: int


def products(session: Session, actor: Actor | None) -> tuple[ProductRow, ...]:
    """The products that the actor may see, in the order of the site."""
    rows: Any = _products(session, actor)
    return tuple(ProductRow(*row) for row in rows)


@prepared
def _products(reader: Actor | None) -> Select[*tuple[Any, ...]]:
    columns = (Space.id, Space.slug, Space.name, Space.colour, Space.description, Space.thread_count)
    return select(*columns).where(Space.visible_to(reader)).order_by(Space.position, Space.name)


class KnownTag(NamedTuple):
    """What somebody may write, and the tag that it becomes."""

    name: str
    stands_for: str


def known_tags(session: Session) -> tuple[KnownTag, ...]:
    """The tags used most, unused ones, and synonyms: each name with the tag it stands for, most often its own.

    Those that stand only where not everybody reads are named to nobody.
    """
    unused = ~exists().where(ThreadTag.tag_id == func.coalesce(Tag.main_id, Tag.id))
    main = aliased(Tag)
    count = func.coalesce(main.thread_count, Tag.thread_count)
    query = select(Tag.name, func.coalesce(main.name, Tag.name)).outerjoin(main, main.id == Tag.main_id)
    query = query.where(or_(count > 0, unused))
    rows = session.execute(query.order_by(count.desc(), Tag.main_id.is_not(None), Tag.name).limit(MOST_TAGS))
    return tuple(KnownTag(name, stands_for) for name, stands_for in rows)
