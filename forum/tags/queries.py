"""Reads of tags and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.numbers import whole_number
from forum.prepared import prepared
from forum.tags.models import Space, SpaceAudience, Tag

PAGE = 60


@dataclass(frozen=True, slots=True)
class TagRow:
    name: str
    description: str
    thread_count: int


@dataclass(frozen=True, slots=True)
class TagPage:
    tags: tuple[TagRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SpaceRow:
    id: int
    slug: str
    name: str
    colour: str
    description: str
    thread_count: int


def tag_page(session: Session, *, query: str = "", by_name: bool = False, after: str | None = None) -> TagPage:
    """Tags in use, the most used first or by name; `after` is the cursor of the page before."""
    chosen = select(Tag.name, Tag.description, Tag.thread_count).where(Tag.thread_count > 0)
    if query:
        chosen = chosen.where(Tag.name.contains(query.lower(), autoescape=True))
    count, _, name = (after or "").partition(":")
    if by_name:
        chosen = chosen.order_by(Tag.name).where(Tag.name > name if after else Tag.name != "")
    else:
        chosen = chosen.order_by(Tag.thread_count.desc(), Tag.name)
        if after and (seen := whole_number(count, digits=9)) is not None:
            chosen = chosen.where(or_(Tag.thread_count < seen, and_(Tag.thread_count == seen, Tag.name > name)))
    rows = [TagRow(*row) for row in session.execute(chosen.limit(PAGE + 1))]
    cursor = f"{rows[PAGE - 1].thread_count}:{rows[PAGE - 1].name}" if len(rows) > PAGE else None
    return TagPage(tuple(rows[:PAGE]), cursor)


def find_tag(session: Session, name: str) -> TagRow:
    """The tag of that name, in use or not.

    Raises:
        NotFound: there is none.
    """
    row: Any = _tag(session, None, name=name.lower()).one_or_none()
    if row is None:
        raise NotFound(_("There is no such tag."))
    return TagRow(*row)


@prepared
def _tag(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    return select(Tag.name, Tag.description, Tag.thread_count).where(Tag.name == bindparam("name"))


def spaces(session: Session, actor: Actor | None) -> tuple[SpaceRow, ...]:
    """The products that the actor may see, in the order an admin gave them."""
    rows = session.execute(
        select(Space.id, Space.slug, Space.name, Space.colour, Space.description, Space.thread_count)
        .where(Space.visible_to(actor))
        .order_by(Space.position, Space.name)
    )
    return tuple(SpaceRow(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class ProductRow(SpaceRow):
    """A product as an admin sees it."""

    audience: SpaceAudience


def products(session: Session, actor: Actor) -> tuple[ProductRow, ...]:
    """All products in their order.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    columns = (*(getattr(Space, name) for name in SpaceRow.__dataclass_fields__), Space.audience)
    return tuple(ProductRow(*row) for row in session.execute(select(*columns).order_by(Space.position, Space.name)))


def find_product(session: Session, actor: Actor, product_id: int) -> ProductRow:
    """One of them.

    Raises:
        NotFound: there is none.
        Forbidden: the actor is no admin.
    """
    for product in products(session, actor):
        if product.id == product_id:
            return product
    raise NotFound(_("There is no such product."))
