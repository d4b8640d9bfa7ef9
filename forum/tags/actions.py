"""What admins do with products."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.errors import Invalid, NotFound
from forum.events import emit
from forum.events.products import ProductAdded, ProductChanged, ProductsSorted
from forum.i18n import gettext as _
from forum.markup import one_line, slugify
from forum.organisations.queries import named
from forum.tags.models import COLOURS, Space, SpaceAudience, SpaceOrganisation

LONGEST_SLUG = 40
LONGEST_NAME = 60
LONGEST_DESCRIPTION = 300
MOST_PRODUCTS = 200
MOST_ORGANISATIONS = 200


@dataclass(frozen=True, slots=True)
class Product:
    """What an admin says of a product; `organisations` are the names of those chosen, where that is its audience."""

    name: str
    description: str = ""
    colour: str = COLOURS[0]
    audience: SpaceAudience = SpaceAudience.EVERYONE
    organisations: tuple[str, ...] = ()


def add_product(session: Session, actor: Actor, given: Product) -> Space:
    """Make a product, the last in order. Its address is made of its first name, and stays.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: its name is empty, too long or taken, there are too many products, or no organisation has a name.
    """
    require(actor, Privilege.ADMINISTER)
    clean, chosen = _clean(given), _chosen(session, given)
    there = session.execute(select(Space.slug, Space.position)).all()
    if len(there) >= MOST_PRODUCTS:
        raise Invalid({"name": _("There are {most} products; there cannot be more.").format(most=MOST_PRODUCTS)})
    last = max((row.position for row in there), default=-1)
    slug = _free(slugify(clean.name, otherwise="product", longest=LONGEST_SLUG), {row.slug for row in there})
    space = Space(slug=slug, position=last + 1, **_columns(clean))
    session.add(space)
    _keep(session, space)
    _choose(session, space, chosen)
    of = tuple(sorted(chosen))
    emit(session, ProductAdded(actor_id=actor.id, product_id=space.id, audience=clean.audience, organisations=of))
    return space


def change_product(session: Session, actor: Actor, product_id: int, given: Product) -> Space:
    """Change what a product is called, how it looks and who sees it.

    Raises:
        NotFound: there is none.
        Forbidden: the actor is no admin.
        Invalid: its name is empty, too long or taken, or no organisation has a name that was chosen.
    """
    require(actor, Privilege.ADMINISTER)
    space = session.scalar(select(Space).where(Space.id == product_id).with_for_update())
    if space is None:
        raise NotFound(_("There is no such product."))
    before, chosen = space.audience, _chosen(session, given)
    for name, value in _columns(_clean(given)).items():
        setattr(space, name, value)
    changed = session.is_modified(space)
    if changed:
        _keep(session, space)
    if _choose(session, space, chosen) or changed:
        event = ProductChanged(
            actor_id=actor.id,
            product_id=space.id,
            audience=space.audience,
            previous=before,
            organisations=tuple(sorted(chosen)),
        )
        emit(session, event)
    return space


def move_product(session: Session, actor: Actor, product_id: int, by: int) -> None:
    """Put a product so many places further down in the order, or up where `by` is negative, as far as it goes.

    Raises:
        NotFound: there is none.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    order = list(session.scalars(select(Space).order_by(Space.position, Space.name).with_for_update()))
    moved = next((space for space in order if space.id == product_id), None)
    if moved is None:
        raise NotFound(_("There is no such product."))
    place = order.index(moved)
    order.remove(moved)
    order.insert(max(0, place + by), moved)
    for position, space in enumerate(order):
        space.position = position
    emit(session, ProductsSorted(actor_id=actor.id, product_id=product_id, position=moved.position))


def _clean(given: Product) -> Product:
    name, description = one_line(given.name), one_line(given.description)
    wrong = {}
    if not name:
        wrong["name"] = _("Give the product a name.")
    elif len(name) > LONGEST_NAME:
        wrong["name"] = _("Use at most {most} characters.").format(most=LONGEST_NAME)
    if len(description) > LONGEST_DESCRIPTION:
        wrong["description"] = _("Use at most {most} characters.").format(most=LONGEST_DESCRIPTION)
    if given.colour not in COLOURS:
        wrong["colour"] = _("Choose one of the colours.")
    if wrong:
        raise Invalid(wrong)
    return replace(given, name=name, description=description)


def _columns(given: Product) -> dict[str, object]:
    return {name: value for name, value in asdict(given).items() if name != "organisations"}


def _chosen(session: Session, given: Product) -> set[int]:
    """Which organisations a product is for; those of another audience than the chosen ones are forgotten.

    Raises:
        Invalid: there is no organisation of a name.
    """
    names = list(dict.fromkeys(name for typed in given.organisations if (name := one_line(typed))))
    if given.audience is not SpaceAudience.ORGANISATIONS or not names:
        return set()
    if len(names) > MOST_ORGANISATIONS:
        words = _("Choose at most {most} organisations.")
        raise Invalid({"organisations": words.format(most=MOST_ORGANISATIONS)})
    found = named(session, names)
    missing = [name for name in names if name.lower() not in found]
    if missing:
        words = _("There is no organisation named “{name}”.")
        raise Invalid({"organisations": words.format(name=missing[0][:80])})
    return set(found.values())


def _choose(session: Session, space: Space, chosen: set[int]) -> bool:
    """Let exactly these see it; says whether that changes anything."""
    here = SpaceOrganisation.space_id == space.id
    before = set(session.scalars(select(SpaceOrganisation.organisation_id).where(here)))
    if gone := before - chosen:
        session.execute(delete(SpaceOrganisation).where(here, SpaceOrganisation.organisation_id.in_(gone)))
    session.add_all(SpaceOrganisation(space_id=space.id, organisation_id=one) for one in sorted(chosen - before))
    session.flush()
    return before != chosen


def _keep(session: Session, space: Space) -> None:
    taken = Invalid({"name": _("Another product has this name.")})
    with session.no_autoflush:
        same = select(Space.id).where(func.lower(Space.name) == space.name.lower(), Space.id != (space.id or 0))
        if session.scalar(same) is not None:
            session.expunge(space)
            raise taken
    try:
        session.flush()
    except IntegrityError as error:  # another admin was quicker
        raise taken from error


def _free(slug: str, taken: set[str]) -> str:
    tried, number = slug, 2
    while tried in taken:
        end = f"-{number}"
        tried, number = slug[: LONGEST_SLUG - len(end)] + end, number + 1
    return tried
