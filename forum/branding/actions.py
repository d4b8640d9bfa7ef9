"""What admins do with the site's name, colours and logo."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.brand import COLOURS, LOGO, NAME
from forum.branding.logo import Picture
from forum.branding.models import StoredLogo
from forum.colours import measure, nearest, read_colour
from forum.errors import Invalid
from forum.events import emit
from forum.events.site import BrandingChanged, BrandPart
from forum.i18n import gettext as _
from forum.markup import one_line
from forum.options import option, set_option

LONGEST_NAME = 60
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Looks:
    """What an admin says of them: an empty name is that of the settings, empty colours are the program's own."""

    name: str = ""
    light: str = ""
    dark: str = ""


def set_looks(session: Session, actor: Actor, given: Looks) -> None:
    """Change the site's name and its colours; a colour for one scheme alone gives the other its nearest readable one.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: the name is too long, or a colour is none, or cannot be read on the site's surfaces.
    """
    require(actor, Privilege.ADMINISTER)
    name = one_line(given.name)
    wrong = {} if len(name) <= LONGEST_NAME else {"name": _("Use at most {most} characters.").format(most=LONGEST_NAME)}
    light, dark = _readable(given.light, "light", wrong), _readable(given.dark, "dark", wrong)
    if wrong:
        raise Invalid(wrong)
    colours = _for_both(light, dark)
    changed = []
    if name != option(session, NAME, ""):
        set_option(session, NAME, name)
        changed.append(BrandPart.NAME)
    if colours != option(session, COLOURS, None):
        set_option(session, COLOURS, colours)
        changed.append(BrandPart.COLOURS)
    if changed:
        emit(session, BrandingChanged(actor_id=actor.id, parts=tuple(changed)))


def set_logo(session: Session, actor: Actor, picture: Picture) -> None:
    """Show a picture in place of the lamp. The one before stays for who has a page open that shows it.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    before: dict[str, object] | None = option(session, LOGO, None)
    if before is not None and before["digest"] == picture.digest:
        return
    kept = {picture.digest, before["digest"] if before else picture.digest}
    session.execute(delete(StoredLogo).where(StoredLogo.digest.not_in(kept)))
    session.merge(
        StoredLogo(
            digest=picture.digest,
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            data=picture.data,
        )
    )
    address = f"/brand/logo-{picture.digest}.{EXTENSIONS[picture.media_type]}"
    chosen = {"digest": picture.digest, "address": address, "width": picture.width, "height": picture.height}
    set_option(session, LOGO, chosen)
    emit(session, BrandingChanged(actor_id=actor.id, parts=(BrandPart.LOGO,)))


def remove_logo(session: Session, actor: Actor) -> None:
    """Go back to the lamp.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    if option(session, LOGO, None) is not None:
        set_option(session, LOGO, None)
        emit(session, BrandingChanged(actor_id=actor.id, parts=(BrandPart.LOGO,)))


def _for_both(light: str | None, dark: str | None) -> dict[str, str] | None:
    if one := light or dark:
        return {"light": light or nearest(one, "light"), "dark": dark or nearest(one, "dark")}
    return None


def _readable(text: str, scheme: str, wrong: dict[str, str]) -> str | None:
    """A colour that can be read on every surface of its scheme; else what is wrong goes among the wrong."""
    if not text.strip():
        return None
    colour = read_colour(text)
    if colour is None:
        wrong[scheme] = _("Give a colour as # and six digits, such as #8a4b00.")
        return None
    found = measure(colour, scheme)
    if not found.enough:
        ratio = f"{math.floor(found.ratio * 100) / 100:.2f}"  # 4.499 must not read as enough
        words = _(
            "The contrast on {surface} is {ratio}, and text needs 4.5. The nearest colour with that is {nearest}."
        )
        wrong[scheme] = words.format(surface=found.surface, ratio=ratio, nearest=found.nearest)
    return colour
