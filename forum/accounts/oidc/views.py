"""To the provider and back: signing in and up, linking, and proving once more who one is."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import RECENT, signed_in
from forum.accounts import entry
from forum.accounts.consents import current_version
from forum.accounts.factors import checking, steps
from forum.accounts.factors.entry_views import count_try, show_confirm
from forum.accounts.factors.forms import put_step
from forum.accounts.forms import ConfirmForm
from forum.accounts.models import Account
from forum.accounts.oidc import actions, trips
from forum.accounts.oidc.forms import AwayForm, CallbackForm, ConfirmAwayForm
from forum.accounts.oidc.handles import free_handle
from forum.accounts.oidc.models import Purpose
from forum.accounts.oidc.provider import CALLBACK, FRESH, Away, Identity, ProviderError, Refused
from forum.accounts.oidc.trips import Underway
from forum.accounts.security import Origin
from forum.accounts.sessions import confirm_session, open_session
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid
from forum.i18n import gettext as _
from forum.web import Access, Reply, Route, act, page, render, see_other
from forum.web.replies import leave_for, local_path
from forum.web.routing import path_for

FOLDER = "forum/accounts/oidc"


@page
def start_page(request: Request, _session: Session) -> Response:
    """For whoever comes to the address of the button: it is on the sign-in page."""
    return see_other(request, "accounts.login")


@act(AwayForm)
def start(request: Request, session: Session, form: AwayForm) -> Reply:
    purpose = Purpose.JOIN if form.joining.data else Purpose.SIGN_IN
    return _away(request, session, form, purpose, remembered=bool(form.remembered.data) or purpose is Purpose.JOIN)


@act(AwayForm)
def start_link(request: Request, session: Session, form: AwayForm) -> Reply:
    return _away(request, session, form, Purpose.LINK)


def _confirm_again(request: Request, session: Session, form: ConfirmAwayForm) -> Response:
    return show_confirm(request, session, ConfirmForm(next=form.next.data), away=form)


@act(ConfirmAwayForm, again=_confirm_again)
def start_confirm(request: Request, session: Session, form: ConfirmAwayForm) -> Reply:
    """The second factor is asked for before the way there, so that whoever comes back has proven all they have."""
    actor = signed_in(request)
    if form.trip is not None and checking.is_protected(session, actor.id):
        count_try(request, actor.id)
        account, code = session.get_one(Account, actor.id), str(form.code.data or "")
        if not checking.take_code(session, request.state.site.settings, account, code, Origin.of(request)):
            raise Invalid({"code": checking.wrong()})
    return _away(request, session, form, Purpose.CONFIRM)


def _away(request: Request, session: Session, form: AwayForm, purpose: Purpose, *, remembered: bool = True) -> Reply:
    """A page that leads on by itself: browsers hold a redirect after a form to the addresses that forms may go to."""
    back = local_path(form.next.data)
    trip = form.trip
    if trip is None:
        trouble = form.trouble or Refused(_("Start again."))
        return lambda _reading: _trouble(request, trouble, purpose, back)
    browser = request.cookies.get(trips.BROWSER) or new_token()
    trips.set_out(session, request, trip, purpose, browser, next=back, remembered=remembered)

    def reply(_reading: Session) -> Response:
        response = render(request, f"{FOLDER}/away.html", address=trip.address, provider=_name(request))
        response.headers["Refresh"] = f"0; url={trip.address}"
        response.headers["Cache-Control"] = "no-store"
        _put(request, response, trips.BROWSER, browser, trips.AWAY)
        return response

    return reply


@act(CallbackForm)
def callback(request: Request, session: Session, form: CallbackForm) -> Response | Reply:
    """The one GET that changes something: only the browser that began the trip can call for it, and only once."""
    trip, identity = form.trip, form.identity
    try:
        if trip is None or identity is None:
            raise form.trouble or Refused(_("Start again."))
        if trip.purpose is Purpose.CONFIRM:
            return _confirmed(request, session, trip, identity)
        _require_domain(request, identity)
        if trip.purpose is Purpose.LINK:
            return _linked(request, session, trip, identity)
        return _entered(request, session, trip, identity)
    except (ProviderError, Conflict, Forbidden) as error:  # said in a reply: nothing was written before any of them
        trouble = error
    purpose, back = (trip.purpose, trip.next) if trip is not None else (Purpose.SIGN_IN, "/")
    return lambda _reading: _trouble(request, trouble, purpose, back)


def _require_domain(request: Request, identity: Identity) -> None:
    domains = request.state.site.settings.oidc_domains
    if domains and not (identity.verified and identity.email.rpartition("@")[2] in domains):
        words = _("Here only people come in by {name} whose confirmed address there ends in {domains}.")
        shown = ", ".join(f"@{domain}" for domain in domains)
        raise Refused(words.format(name=_name(request), domains=shown))


def _confirmed(request: Request, session: Session, trip: Underway, identity: Identity) -> Response:
    actor, name = _same_person(request, trip), _name(request)
    linked = actions.whose(session, identity)
    if linked is None or linked.account_id != actor:
        raise Refused(_("At {name} you are somebody who is not linked to this account.").format(name=name))
    if identity.signed_in_at is None or identity.signed_in_at < trip.created_at - timedelta(seconds=FRESH):
        raise Refused(_("{name} did not ask you to sign in once more, so it proves nothing.").format(name=name))
    confirm_session(session, signed_in(request))
    return leave_for(request, trip.next)


def _linked(request: Request, session: Session, trip: Underway, identity: Identity) -> Response:
    _same_person(request, trip)
    actions.link(session, request.state.site.settings, signed_in(request), identity, Origin.of(request))
    words = _("{name} is linked: it signs you in from now on.").format(name=_name(request))
    return see_other(request, "security.show", flash=words)


def _same_person(request: Request, trip: Underway) -> int:
    """
    Raises:
        Refused: somebody else is signed in than when the trip began, or the same person anew.
    """
    if not trip.is_of(request):
        raise Refused(_("You are not signed in as you were when you left for {name}.").format(name=_name(request)))
    return signed_in(request).id


def _entered(request: Request, session: Session, trip: Underway, identity: Identity) -> Response:
    site, linked = request.state.site, actions.whose(session, identity)
    if linked is not None:
        account, proven_at = actions.enter(session, linked, identity.email), _proven_at(identity)
        if checking.is_protected(session, account.id):
            token = steps.begin(session, account, remembered=trip.remembered, proven_at=proven_at)
            going = trip.next if trip.next != "/" else None
            return put_step(request, see_other(request, "accounts.factor", query={"next": going}), token)
        opened = open_session(session, request, account, remembered=trip.remembered, proven_at=proven_at)
        return entry.let_in(request, session, account, opened, trip.next)
    open_to_all = site.doors.look(session)
    if (
        trip.purpose is Purpose.JOIN
        and open_to_all
        and identity.verified
        and not actions.has_account(session, identity)
        and actions.lets_join(session, identity)
        and current_version(session) is None  # or else they agree to the terms first
    ):
        handle = free_handle(session, identity.names)
        name = trips.display_name(identity, handle)
        given = {"handle": handle, "display_name": name, "email": identity.email}
        try:
            with session.begin_nested():
                account = actions.join(session, site.settings, identity, origin=Origin.of(request), **given)
        except Invalid:  # somebody took the handle this moment: they choose one themselves
            pass
        else:
            opened = open_session(session, request, account, remembered=trip.remembered)
            return entry.let_in(request, session, account, opened, trip.next)
    response = see_other(request, "oidc.arrival")
    return _put(request, response, trips.ARRIVAL, trips.let_wait(session, identity, trip), trips.WAITS)


def _proven_at(identity: Identity) -> datetime:
    """When they signed in over there. Where nobody says, it may have been any time ago, and is no recent proof."""
    return identity.signed_in_at or now() - 2 * RECENT


def _trouble(request: Request, error: Exception, purpose: Purpose, back: str) -> Response:
    """What is wrong, and where it can be tried again; where somebody was going is kept."""
    names = {Purpose.SIGN_IN: "accounts.login", Purpose.JOIN: "accounts.register", Purpose.CONFIRM: "confirming.show"}
    query = {"next": back if back != "/" else None}
    routes = request.state.site.routes
    again = path_for(routes, names.get(purpose, "security.show"), query=query if purpose in names else None)
    status = 503 if isinstance(error, Away) else 400
    response = render(
        request, f"{FOLDER}/trouble.html", status=status, message=str(error), again=again, provider=_name(request)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _name(request: Request) -> str:
    name: str = request.state.site.settings.oidc_name
    return name


def _put(request: Request, response: Response, name: str, token: str, age: timedelta) -> Response:
    https = request.state.site.settings.https
    seconds = int(age.total_seconds())
    response.set_cookie(name, token, max_age=seconds, httponly=True, samesite="lax", secure=https)
    return response


routes = [
    Route("/login/oidc", start_page, name="oidc.start_page", access=Access.EVERYONE, methods=["GET"]),
    Route("/login/oidc", start, name="oidc.start", access=Access.EVERYONE, methods=["POST"], rate="20/minute"),
    Route(CALLBACK, callback, name="oidc.callback", access=Access.EVERYONE, methods=["GET"], rate="30/minute"),
    Route(
        "/settings/security/provider",
        start_link,
        name="oidc.start_link",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="20/minute",
        recent=True,
    ),
    Route(
        "/settings/confirm/provider",
        start_confirm,
        name="oidc.start_confirm",
        access=Access.ENROLLING,
        methods=["POST"],
        rate="20/minute",
    ),
]
