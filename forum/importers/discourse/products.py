"""Categories become products: a topic is in one category, as a thread is in one product, and both say who sees it.

What is restricted there, or of which nothing is known, is for chosen organisations here, of which none is chosen: only
staff and moderators see it until an admin opens it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.events import emit
from forum.events.products import ProductChanged
from forum.importers.discourse import folder
from forum.importers.discourse.folder import Json, text, whole
from forum.importers.run import CATEGORY, Known, Run, digest
from forum.markup import one_line, plain_text, slugify
from forum.tags.models import COLOURS, Space, SpaceAudience

NAME, SLUG, DESCRIPTION = 60, 40, 300


@dataclass(frozen=True, slots=True)
class Category:
    id: str
    name: str
    description: str
    restricted: bool


def read(about: Json) -> tuple[dict[str, Category], str | None]:
    """The categories by number, and the number of the one that stands for none."""
    listed = {whole(one.get("id")): one for one in folder.categories(about)}
    found = {}
    for number, one in listed.items():
        above = listed.get(whole(one.get("parent_category_id")))
        name = one_line(text(one.get("name"))) or f"Category {number}"
        if above is not None:
            name = f"{one_line(text(above.get('name')))} / {name}"
        restricted = _closed(one) or (above is not None and _closed(above))
        about_it = one_line(plain_text(text(one.get("description_text")) or text(one.get("description"))))
        found[str(number)] = Category(str(number), name[:NAME], about_it[:DESCRIPTION], restricted)
    none = whole(about.get("uncategorized_category_id"))
    return found, str(none) if none and str(none) in found and not found[str(none)].restricted else None


def import_products(run: Run, about: Json, in_use: Iterable[str]) -> None:
    """Make a product of each category that has topics, and say in `run.spaces` which is which."""
    known, none = read(about)
    wanted = sorted((set(in_use) | set(known)) - {none}, key=lambda one: (len(one), one))
    used = set(in_use)
    categories = [
        known.get(one) or Category(one, f"Category {one}"[:NAME], "", restricted=True) for one in wanted if one in used
    ]
    run.report.read["products"] += len(known)
    run.report.skip("products", "no topic is in it", len([one for one in known if one not in used and one != none]))
    if none:
        run.report.skip("products", "its topics are in no category")
    for category in categories:
        run.database.write(functools.partial(_one, run=run, category=category, listed=category.id in known))


def _one(session: Session, run: Run, category: Category, *, listed: bool) -> None:
    before = run.known(session, CATEGORY, [category.id]).get(category.id)
    said = digest(category.name, category.description, category.restricted)
    space = session.get(Space, before.local_id, with_for_update=True) if before else None
    if not listed:
        run.report.read["products"] += 1
        words = "nothing says who could see it, so only staff and moderators do"
        run.report.notes.append(f"Category {category.id}: {words}.")
    if space is None:
        space = _find(session, category) or _make(session, category)
        run.report.added["products"] += 1
    elif before is not None and before.digest != said:
        if category.restricted and space.audience is not SpaceAudience.ORGANISATIONS:
            _restrict(session, space)
        run.report.changed["products"] += 1
    run.remember(session, CATEGORY, [(category.id, Known(space.id, said, 1))])
    run.spaces[category.id] = space.id


def _find(session: Session, category: Category) -> Space | None:
    """A product of that name: open topics may join it, restricted ones are never put where others are."""
    if category.restricted:
        return None
    return session.scalars(select(Space).where(func.lower(Space.name) == category.name.lower())).first()


def _make(session: Session, category: Category) -> Space:
    there = session.execute(select(Space.slug, func.lower(Space.name).label("name"), Space.position)).all()
    slug = slugify(category.name, otherwise="product", longest=SLUG)
    audience = SpaceAudience.ORGANISATIONS if category.restricted else SpaceAudience.EVERYONE
    space = Space(
        slug=_free(slug, {row.slug for row in there}, SLUG, "-"),
        name=_free(category.name, {row.name for row in there}, NAME, " "),
        colour=COLOURS[len(there) % len(COLOURS)],
        description=category.description,
        audience=audience,
        position=max((row.position for row in there), default=-1) + 1,
    )
    session.add(space)
    session.flush()
    return space


def _restrict(session: Session, space: Space) -> None:
    """It was closed there since it was brought along: then it is here, too."""
    previous, space.audience = space.audience, SpaceAudience.ORGANISATIONS
    session.flush()
    emit(session, ProductChanged(actor_id=None, product_id=space.id, audience=space.audience, previous=previous))


def _closed(category: Json) -> bool:
    """Whether not everybody may read it; where that is not said, it counts as closed."""
    return category.get("read_restricted") is not False


def _free(wanted: str, taken: set[str], longest: int, joint: str) -> str:
    tried, number = wanted, 2
    while tried.lower() in taken:
        end = f"{joint}{number}"
        tried, number = wanted[: longest - len(end)] + end, number + 1
    return tried
