"""Reads of tags and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor, Privilege, require
from forum.accounts.models import Organisation
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.numbers import whole_number
from forum.prepared import prepared
from forum.tags.models import Space, SpaceAudience, SpaceOrganisation, Tag

PAGE = 60


@dataclass(frozen=True, slots=True)
class TagRow:
    """`stands_for` is set on a synonym: the name of its tag."""

    name: str
    description: str
    thread_count: int
    id: int
    stands_for: str | None = None


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
    chosen = select(Tag.name, Tag.description, Tag.thread_count, Tag.id).where(Tag.thread_count > 0)
    if query:
        chosen = chosen.where(or_(Tag.name.contains(query.lower(), autoescape=True), has_synonym_like(query)))
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


def has_synonym_like(text: str) -> ColumnElement[bool]:
    """Whether a name that stands for the tag holds this text."""
    synonym = aliased(Tag)
    return Tag.id.in_(select(synonym.main_id).where(synonym.name.contains(text.lower(), autoescape=True)))


def main_name(session: Session, name: str | None) -> str | None:
    """What a filter means by a tag's name: the tag that a synonym stands for, and any other name itself."""
    row: Any = _tag(session, None, name=name.lower()).one_or_none() if name else None
    return row.stands_for or row.name if row is not None else name


@prepared
def _tag(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    main = aliased(Tag)
    columns = (Tag.name, main.name.label("stands_for"))
    return select(*columns).outerjoin(main, main.id == Tag.main_id).where(Tag.name == bindparam("name"))


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
    """A product as an admin sees it; `organisations` are the names of those chosen for it."""

    audience: SpaceAudience
    organisations: tuple[str, ...]

    @property
    def nobodys(self) -> bool:
        """For chosen organisations, of which none is chosen: only moderators and staff see it."""
        return self.audience is SpaceAudience.ORGANISATIONS and not self.organisations


def products(session: Session, actor: Actor) -> tuple[ProductRow, ...]:
    """All products in their order.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    columns = (*(getattr(Space, name) for name in SpaceRow.__dataclass_fields__), Space.audience)
    rows: Any = session.execute(select(*columns).order_by(Space.position, Space.name)).all()
    chosen: dict[int, list[str]] = {}
    for space_id, name in session.execute(
        select(SpaceOrganisation.space_id, Organisation.name)
        .join(Organisation, Organisation.id == SpaceOrganisation.organisation_id)
        .order_by(Organisation.name)
    ):
        chosen.setdefault(space_id, []).append(name)
    return tuple(ProductRow(**row._mapping, organisations=tuple(chosen.get(row.id, ()))) for row in rows)


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


def shows_to_more(session: Session, product_id: int | None, than: int | None) -> bool:
    """Whether somebody sees a product who does not see another one; what has no product, everybody sees."""
    asked = [one for one in (product_id, than) if one is not None]
    audiences: dict[int | None, SpaceAudience] = {
        row.id: row.audience for row in session.execute(select(Space.id, Space.audience).where(Space.id.in_(asked)))
    }
    order = [SpaceAudience.ORGANISATIONS, SpaceAudience.SIGNED_IN, SpaceAudience.EVERYONE]
    after, before = (order.index(audiences.get(one, SpaceAudience.EVERYONE)) for one in (product_id, than))
    if after or before:
        return after > before
    chosen: dict[int, set[int]] = {one: set() for one in asked}
    for row in session.execute(
        select(SpaceOrganisation.space_id, SpaceOrganisation.organisation_id).where(
            SpaceOrganisation.space_id.in_(asked)
        )
    ):
        chosen[row.space_id].add(row.organisation_id)
    return not chosen[asked[0]] <= chosen[asked[-1]]
