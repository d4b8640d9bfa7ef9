"""The site's name and looks where no session is at hand: on the pages of errors, and in the API's document."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from forum.brand import Brand, brand_of
from forum.changes import reading_of
from forum.changes.reads import Read
from forum.changes.watch import Behind

if TYPE_CHECKING:
    from forum.web.site import Site

KEY = "brand"


@dataclass(slots=True)
class KnownBrand:
    """Kept among the pages, and dropped as they are."""

    tick: int
    reads: frozenset[Read]
    brand: Brand
    made: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        return 1000


async def current_brand(site: Site) -> Brand:
    """As every other page shows it at this moment; the last that was read, while the database is away."""
    try:
        tick = await site.watch.caught_up()
    except Behind:
        return last_brand(site)
    known = site.pages.find(KEY, KnownBrand)
    if known is None:
        try:
            known = await to_thread.run_sync(_read, site, tick, limiter=site.readers)
        except SQLAlchemyError:
            return last_brand(site)
        site.pages.keep(KEY, known)
    return known.brand


def last_brand(site: Site) -> Brand:
    """As this process last read it, or as it was set at the start: for when there is nobody to ask."""
    return site.brand or Brand(site.settings.site_name)


def note_brand(site: Site, session: Session) -> Brand:
    """Read it along with a page."""
    brand = brand_of(session, site.settings)
    object.__setattr__(site, "brand", brand)
    return brand


def _read(site: Site, tick: int) -> KnownBrand:
    with reading_of() as reads, site.database.reading() as session:
        brand = note_brand(site, session)
    return KnownBrand(tick, frozenset(reads), brand)
