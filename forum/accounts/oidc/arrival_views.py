"""The pages for somebody whom the provider vouched for and no account is linked to; and where a link is removed."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.accounts import admission, entry, names
from forum.accounts.oidc import actions, trips
from forum.accounts.oidc.forms import ArrivalForm, require_provider
from forum.accounts.oidc.models import ProviderArrival
from forum.accounts.security import Origin
from forum.accounts.sessions import open_session
from forum.errors import Forbidden, Invalid
from forum.i18n import gettext as _
from forum.web import Access, Route, act, page, render, see_other
from forum.web.replies import FLASH_COOKIE, leave_for, leave_note

FOLDER = "forum/accounts/oidc"


def _waiting(request: Request, session: Session, *, hold: bool = False) -> ProviderArrival | None:
    require_provider(request.state.site)
    return trips.waiting(session, request.cookies.get(trips.ARRIVAL), hold=hold)


def _arrival(request: Request, session: Session, form: ArrivalForm | None = None) -> Response:
    """One of three: sign in to the account that has your address; make one; or, where nothing is known, either."""
    arrival = _waiting(request, session)
    if arrival is None:
        return _too_late(request)
    known = {"handle": arrival.handle, "display_name": arrival.display_name, "email": arrival.email}
    response = render(
        request,
        f"{FOLDER}/arrival.html",
        form=form or ArrivalForm(data=known),
        provider=request.state.site.settings.oidc_name,
        email=arrival.email,
        verified=arrival.verified,
        has_account=actions.has_account(session, arrival),
        refusal=_refusal(request, session, arrival),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(request: Request, session: Session, arrival: ProviderArrival) -> str | None:
    """Why no account can be made for them, if none can."""
    if not request.state.site.doors.look(session):
        return _("New accounts can be made once this site is open.")
    return None if actions.lets_join(session, arrival) else admission.refusal(session)


@page
def arrival_page(request: Request, session: Session) -> Response:
    return _arrival(request, session)


@act(ArrivalForm, again=_arrival)
def join(request: Request, session: Session, form: ArrivalForm) -> Response:
    arrival = _waiting(request, session, hold=True)
    if arrival is None:
        return _too_late(request)
    if not request.state.site.doors.look(session):
        raise Forbidden(_("This site is not open yet."))
    account = actions.join(
        session,
        request.state.site.settings,
        arrival,
        handle=str(form.handle.data),
        display_name=str(form.display_name.data or ""),
        email=arrival.email if arrival.verified else _typed(form),
        origin=Origin.of(request),
        agreed=form.agreed,
    )
    going, remembered = arrival.next, arrival.remembered
    session.delete(arrival)
    opened = open_session(session, request, account, remembered=remembered)
    return _done(entry.let_in(request, session, account, opened, going))


def _typed(form: ArrivalForm) -> str:
    typed = str(form.email.data or "").strip()
    if not typed:
        raise Invalid({"email": _("Give your e-mail address.")})
    return names.clean_email(typed)


@page
def link_page(request: Request, session: Session) -> Response:
    arrival = _waiting(request, session)
    if arrival is None:
        return _too_late(request)
    name = request.state.site.settings.oidc_name
    return render(request, f"{FOLDER}/link.html", provider=name, email=arrival.email)


@act()
def link(request: Request, session: Session) -> Response:
    arrival = _waiting(request, session, hold=True)
    if arrival is None:
        return _too_late(request)
    settings, going = request.state.site.settings, arrival.next
    actions.link(session, settings, signed_in(request), arrival, Origin.of(request))
    session.delete(arrival)
    words = _("{name} is linked: it signs you in from now on.").format(name=settings.oidc_name)
    response = leave_for(request, going)
    leave_note(request, response, FLASH_COOKIE, {"level": "success", "text": words, "undo": None})
    return _done(response)


@act()
def drop(request: Request, session: Session) -> Response:
    arrival = _waiting(request, session, hold=True)
    if arrival is not None:
        session.delete(arrival)
    return _done(see_other(request, "home", flash=_("Nothing was linked.")))


@act()
def unlink(request: Request, session: Session) -> Response:
    settings, identity_id = request.state.site.settings, request.path_params["identity_id"]
    actions.unlink(session, settings, signed_in(request), identity_id, Origin.of(request))
    return see_other(request, "security.show", flash=_("The link is removed. It signs you in no more."))


def _done(response: Response) -> Response:
    response.delete_cookie(trips.ARRIVAL)
    return response


def _too_late(request: Request) -> Response:
    response = see_other(request, "security.show" if request.state.actor else "accounts.login")
    words = _("That took too long, or is done already. Start again.")
    leave_note(request, response, FLASH_COOKIE, {"level": "warning", "text": words, "undo": None})
    return _done(response)


ANYBODY, MINE = Access.EVERYONE, Access.SIGNED_IN
LINK = "/login/oidc/link"
routes = [
    Route("/login/oidc/new", arrival_page, name="oidc.arrival", access=ANYBODY, methods=["GET"]),
    Route("/login/oidc/new", join, name="oidc.join", access=ANYBODY, methods=["POST"], rate="10/hour"),
    Route("/login/oidc/drop", drop, name="oidc.drop", access=ANYBODY, methods=["POST"], rate="30/minute"),
    Route(LINK, link_page, name="oidc.link_page", access=MINE, methods=["GET"], recent=True),
    Route(LINK, link, name="oidc.link", access=MINE, methods=["POST"], rate="20/minute", recent=True),
    Route(
        "/settings/security/provider/{identity_id:int}/remove",
        unlink,
        name="oidc.unlink",
        access=MINE,
        methods=["POST"],
        rate="20/minute",
        recent=True,
    ),
]
