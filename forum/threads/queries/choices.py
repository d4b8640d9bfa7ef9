"""What forms offer: products and tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

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


def known_tags(session: Session) -> tuple[str, ...]:
    """The tags used most, and unused ones; those that stand only where not everybody reads are named to nobody."""
    unused = ~exists().where(ThreadTag.tag_id == Tag.id)
    query = select(Tag.name).where(or_(Tag.thread_count > 0, unused))
    return tuple(session.scalars(query.order_by(Tag.thread_count.desc(), Tag.name).limit(MOST_TAGS)))
