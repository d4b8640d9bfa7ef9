"""The page about the safety of one's account, and what a letter about a new browser leads to."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import BooleanField

from forum.access import signed_in
from forum.accounts import devices, parking, rules
from forum.accounts.factors import passkeys, recovery
from forum.accounts.factors.models import TotpSecret
from forum.accounts.models import Account, SecurityKind
from forum.accounts.security import Origin, recent_events, record
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Access, Form, Route, act, page, render, see_other

FOLDER = "forum/accounts/settings"


class AlertsForm(Form):
    sign_in_alerts = BooleanField(lazy("Tell me by mail when I am signed in from a browser that was not used before"))


@page
def show(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    account, site = session.get_one(Account, actor.id), request.state.site
    keys = passkeys.own(session, actor.id)
    app = session.get(TotpSecret, actor.id)
    return render(
        request,
        f"{FOLDER}/security.html",
        app=app,
        passkeys=keys,
        offers_passkeys=passkeys.offered(site.settings),
        codes=recovery.left(session, actor.id),
        protected=app is not None or bool(keys),
        required_from=rules.required_from(session) if actor.roles else None,
        events=recent_events(session, actor.id),
        alerts=AlertsForm(obj=account),
        always_told=bool(actor.roles),
        parked=parking.COOKIE in request.cookies,
    )


@act(AlertsForm)
def alerts(request: Request, session: Session, form: AlertsForm) -> Response:
    account, wanted = session.get_one(Account, signed_in(request).id), bool(form.sign_in_alerts.data)
    if account.sign_in_alerts and not wanted:
        record(session, account, SecurityKind.ALERTS_OFF, Origin.of(request))
    account.sign_in_alerts = wanted
    return see_other(request, "security.show", flash=_("Your settings are saved."))


@page
def alert_page(request: Request, session: Session) -> Response:
    token = request.path_params["token"]
    return render(request, "forum/accounts/entry/alert.html", token=token, told=devices.alerted(session, token))


@act()
def end_alerted(request: Request, session: Session) -> Response:
    devices.end_alerted(session, request.path_params["token"])
    words = _("That browser is signed out. Now choose a new password, as whoever it was knew yours.")
    return see_other(request, "accounts.reset", flash=words)


routes = [
    Route("/settings/security", show, name="security.show", access=Access.ENROLLING, methods=["GET"]),
    Route(
        "/settings/security/alerts",
        alerts,
        name="security.alerts",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="20/minute",
        recent=True,
    ),
    Route("/sign-in-alert/{token}", alert_page, name="security.alert", access=Access.EVERYONE, methods=["GET"]),
    Route(
        "/sign-in-alert/{token}",
        end_alerted,
        name="security.end_alerted",
        access=Access.EVERYONE,
        methods=["POST"],
        rate="20/hour",
    ),
]
