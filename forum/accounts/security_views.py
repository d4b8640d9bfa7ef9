"""The page about the safety of one's account, and what a letter about a new browser leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import BooleanField

from forum.access import signed_in
from forum.accounts import devices, parking, rules
from forum.accounts.factors import passkeys, recovery
from forum.accounts.factors.models import TotpSecret
from forum.accounts.models import Account, SecurityKind
from forum.accounts.oidc import actions as oidc_actions
from forum.accounts.oidc import provider as oidc_provider
from forum.accounts.security import Origin, recent_events, record
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.settings import Settings
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
        provider=oidc_provider.offered(site.settings),
        **_links(session, site.settings, account),
        offers_passkeys=passkeys.offered(site.settings),
        codes=recovery.left(session, actor.id),
        protected=app is not None or bool(keys),
        required_from=rules.required_from(session) if actor.roles else None,
        events=recent_events(session, actor.id),
        alerts=AlertsForm(obj=account),
        always_told=bool(actor.roles),
        parked=parking.COOKIE in request.cookies,
    )


@dataclass(frozen=True, slots=True)
class Link:
    """Who somebody is at a provider; `works` says that it is the site's, `only_way` that nothing else lets them in."""

    id: int
    provider: str
    email: str
    created_at: datetime
    last_used_at: datetime | None
    works: bool
    only_way: bool


def _links(session: Session, settings: Settings, account: Account) -> dict[str, Any]:
    found = [
        Link(
            id=one.id,
            provider=oidc_actions.provider_name(settings, one.issuer),
            email=one.email,
            created_at=one.created_at,
            last_used_at=one.last_used_at,
            works=one.issuer == settings.oidc_issuer,
            only_way=oidc_actions.is_only_way(session, settings, account, one),
        )
        for one in oidc_actions.own(session, account.id)
    ]
    return {"links": found, "may_link": not any(one.works for one in found)}


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
