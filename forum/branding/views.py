"""The page of name, colours and logo, and where the last two are served."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.brand import COLOURS, NAME, brand_of
from forum.branding import actions
from forum.branding.forms import LogoForm, LooksForm
from forum.branding.logo import LARGEST
from forum.branding.models import StoredLogo
from forum.colours import DEFAULT, HEX, style_address, stylesheet
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.options import option
from forum.web import Access, Route, act, page, render, see_other

ADMIN = Privilege.ADMINISTER
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
RATE = "60/minute"


@page
def show(request: Request, session: Session) -> Response:
    return _show(request, session, _looks(session))


def _looks(session: Session) -> LooksForm:
    colours: dict[str, str] | None = option(session, COLOURS, None)
    return LooksForm(data={"name": option(session, NAME, ""), **(colours or {})})


def _show(request: Request, session: Session, form: LooksForm, logo: LogoForm | None = None) -> Response:
    settings = request.state.site.settings
    return render(
        request,
        "forum/branding/show.html",
        form=form,
        logo=logo or LogoForm(),
        now=brand_of(session, settings),
        default_name=settings.site_name,
        default_colours=DEFAULT,
    )


def _show_logo(request: Request, session: Session, logo: LogoForm) -> Response:
    return _show(request, session, _looks(session), logo)


@act(LooksForm, again=_show)
def save(request: Request, session: Session, form: LooksForm) -> Response:
    actions.set_looks(session, signed_in(request), form.given())
    return see_other(request, "branding.show", flash=_("Name and colours are saved. Every page has them now."))


@act(LogoForm, again=_show_logo)
def save_logo(request: Request, session: Session, form: LogoForm) -> Response:
    actions.set_logo(session, signed_in(request), form.picture)
    return see_other(request, "branding.show", flash=_("The logo is saved. Every page has it now."))


@act()
def remove_logo(request: Request, session: Session) -> Response:
    actions.remove_logo(session, signed_in(request))
    return see_other(request, "branding.show", flash=_("The lamp is back."))


@page
def logo(request: Request, session: Session) -> Response:
    """The picture of that name, which never changes."""
    digest = request.path_params["digest"]
    row = session.execute(select(StoredLogo.data, StoredLogo.media_type).where(StoredLogo.digest == digest)).first()
    if row is None:
        raise NotFound(_("There is nothing at this address."))
    return Response(row.data, media_type=row.media_type, headers=FOR_GOOD)


@page
def style(request: Request, _session: Session) -> Response:
    """The colours stand in the address, so whatever page asks for them gets those that it was made with."""
    light, dark = (f"#{request.path_params[name]}" for name in ("light", "dark"))
    if not all(len(one) == 7 and HEX.fullmatch(one) for one in (light, dark)):
        raise NotFound(_("There is nothing at this address."))
    # While a new release comes in, a page of the one may ask a process of the other.
    known = style_address(light, dark) == request.url.path
    return Response(
        stylesheet(light, dark), media_type="text/css", headers=FOR_GOOD if known else {"Cache-Control": "no-cache"}
    )


routes = [
    Route("/admin/branding", show, name="branding.show", access=ADMIN, methods=["GET"]),
    Route("/admin/branding", save, name="branding.save", access=ADMIN, methods=["POST"], rate=RATE),
    Route(
        "/admin/branding/logo",
        save_logo,
        name="branding.save_logo",
        access=ADMIN,
        methods=["POST"],
        rate="20/minute",
        max_body=LARGEST + 64 * 1024,
    ),
    Route(
        "/admin/branding/logo/remove",
        remove_logo,
        name="branding.remove_logo",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
    ),
    Route("/brand/logo-{digest}.{kind}", logo, name="branding.logo", access=Access.EVERYONE, methods=["GET"]),
    Route("/brand/{light}-{dark}-{digest}.css", style, name="branding.style", access=Access.EVERYONE, methods=["GET"]),
]
