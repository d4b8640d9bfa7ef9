"""What the site is called and looks like: the frame of every page, letters, feeds and the API show it.

What an admin chose is kept among the options and wins over `PORCHLIGHT_SITE_NAME`; whoever shows it reads it
with the rest of the page, so that a kept page moves with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from forum.colours import DEFAULT, style_address
from forum.doors import is_open
from forum.options import option
from forum.settings import Settings

INVITE_FROM = "registration.invite_from"
TERMS = "terms.current"
NAME, LOGO, COLOURS, GUIDELINES = "site.name", "site.logo", "site.colours", "site.guidelines"
ROUGHLY_SQUARE = 1.5


@dataclass(frozen=True, slots=True)
class Logo:
    """`address` changes with the picture."""

    address: str
    width: int
    height: int

    @property
    def square(self) -> bool:
        """Whether it is a sign beside which the name has to stand, rather than a name that was drawn."""
        return self.width <= self.height * ROUGHLY_SQUARE


@dataclass(frozen=True, slots=True)
class Brand:
    """`style` is the address of the stylesheet with the site's own colours; `closed` is a site that is being set up.

    `invite_from` is the reputation from which customers may invite others, where they may. `terms` is the version in
    force of what people agree to.
    """

    name: str
    logo: Logo | None = None
    style: str | None = None
    guidelines: bool = False
    closed: bool = False
    invite_from: int | None = None
    terms: int | None = None


def site_name(session: Session, settings: Settings) -> str:
    return option(session, NAME, "") or settings.site_name


def branded(session: Session, settings: Settings) -> Settings:
    """The settings with the name that the site has now."""
    return replace(settings, site_name=site_name(session, settings))


def accent_of(session: Session) -> str:
    """The colour of links and buttons on light surfaces."""
    colours: dict[str, str] | None = option(session, COLOURS, None)
    return (colours or DEFAULT)["light"]


def brand_of(session: Session, settings: Settings) -> Brand:
    logo: dict[str, Any] | None = option(session, LOGO, None)
    colours: dict[str, str] | None = option(session, COLOURS, None)
    return Brand(
        name=site_name(session, settings),
        logo=Logo(logo["address"], logo["width"], logo["height"]) if logo else None,
        style=style_address(colours["light"], colours["dark"]) if colours else None,
        guidelines=option(session, GUIDELINES, False),
        closed=not settings.demo and not is_open(session),
        invite_from=option(session, INVITE_FROM, None),
        terms=option(session, TERMS, None),
    )
