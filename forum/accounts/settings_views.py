"""Pages about one's own account."""

from __future__ import annotations

from zoneinfo import available_timezones

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum import i18n
from forum.access import signed_in
from forum.accounts import actions, sessions
from forum.accounts.forms import ChangePasswordForm, ProfileForm
from forum.accounts.models import Account, AccountSession
from forum.accounts.passwords import SHORTEST
from forum.accounts.security import Origin
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.web import Access, Route, act, choices, page, render, see_other
from forum.web.middleware import SESSION_COOKIE
from forum.web.preferences import YEAR
from forum.web.replies import local_path

FOLDER = "forum/accounts/settings"
AREAS = frozenset(
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)


@page
def standing(request: Request, session: Session) -> Response:
    """What stands between an account and taking part: an unconfirmed address, a sanction."""
    account = session.get_one(Account, signed_in(request).id)
    ends = {"suspended": account.suspended_until, "silenced": account.silenced_until}
    sanctions = [(kind, end) for kind, end in ends.items() if end is not None and end > now()]
    back = local_path(request.query_params.get("next"))
    return render(request, f"{FOLDER}/standing.html", account=account, sanctions=sanctions, back=back)


def time_zones(stored: str) -> list[str]:
    """UTC and the zones named after a place, with the one that somebody has whatever its name."""
    known = available_timezones()
    offered = {zone for zone in known if zone.partition("/")[0] in AREAS and "/" in zone}
    return ["UTC", *sorted(offered | ({stored or "UTC"} & known) - {"UTC"})]


def _profile(request: Request, session: Session, form: ProfileForm) -> Response:
    form.time_zone.choices = choices((zone, zone.replace("_", " ")) for zone in time_zones(str(form.time_zone.data)))
    form.locale.choices = choices((code, i18n.language(code)) for code in i18n.locales())
    account = session.get_one(Account, signed_in(request).id)
    return render(request, f"{FOLDER}/profile.html", form=form, account=account)


@page
def profile_page(request: Request, session: Session) -> Response:
    account = session.get_one(Account, signed_in(request).id)
    return _profile(request, session, ProfileForm(obj=account, bio=account.bio_source))


@act(ProfileForm, again=_profile)
def profile(request: Request, session: Session, form: ProfileForm) -> Response:
    given = actions.Profile(
        display_name=str(form.display_name.data or ""),
        bio_source=form.bio_source,
        bio_html=form.bio_html,
        location=str(form.location.data or ""),
        website=str(form.website.data or ""),
        time_zone=str(form.time_zone.data),
        locale=str(form.locale.data),
    )
    account = actions.update_profile(session, signed_in(request), given)
    response = see_other(request, "accounts.settings", flash=_("Your settings are saved."))
    https = request.state.site.settings.https
    response.set_cookie("locale", account.locale, max_age=YEAR, samesite="lax", httponly=True, secure=https)
    return response


@page
def settings_root(request: Request, _session: Session) -> Response:
    return see_other(request, "accounts.settings")


@page
def sessions_page(request: Request, session: Session) -> Response:
    rows = sessions.open_sessions(session, signed_in(request))
    return render(request, f"{FOLDER}/sessions.html", sessions=rows)


@act()
def end_session(request: Request, session: Session) -> Response:
    actor, session_id = signed_in(request), request.path_params["session_id"]
    sessions.end_session(session, actor, session_id)
    if session_id == actor.session_id:
        response = see_other(request, "accounts.login", flash=_("You are signed out."))
        response.delete_cookie(SESSION_COOKIE)
        return response
    return see_other(request, "accounts.sessions", flash=_("That browser is signed out."))


@act()
def end_others(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    count = sessions.end_sessions(session, actor.id, but=actor.session_id)
    words = ngettext("{count} other browser is signed out.", "{count} other browsers are signed out.", count)
    return see_other(request, "accounts.sessions", flash=words.format(count=count))


def _password(request: Request, _session: Session, form: ChangePasswordForm) -> Response:
    return render(request, f"{FOLDER}/password.html", form=form, shortest=SHORTEST)


@page
def password_page(request: Request, session: Session) -> Response:
    return _password(request, session, ChangePasswordForm())


@act(ChangePasswordForm, again=_password)
def password(request: Request, session: Session, form: ChangePasswordForm) -> Response:
    account = actions.change_password(
        session,
        signed_in(request),
        checked_hash=form.checked_hash,
        password_hash=form.password_hash,
        origin=Origin.of(request),
    )
    kept = session.get(AccountSession, signed_in(request).session_id)
    opened = sessions.open_session(session, request, account, remembered=kept is None or kept.remembered, alert=False)
    words = _("Your password is changed. Every other browser is signed out.")
    response = see_other(request, "accounts.password", flash=words)
    return sessions.put_cookie(request, response, opened)


SIGNED_IN = Access.SIGNED_IN
ENROLLING = Access.ENROLLING
routes = [
    Route("/settings", settings_root, name="accounts.settings_root", access=SIGNED_IN, methods=["GET"]),
    Route("/settings/standing", standing, name="accounts.standing", access=ENROLLING, methods=["GET"]),
    Route("/settings/profile", profile_page, name="accounts.settings", access=SIGNED_IN, methods=["GET"]),
    Route("/settings/profile", profile, name="accounts.save", access=SIGNED_IN, methods=["POST"], rate="20/minute"),
    Route("/settings/sessions", sessions_page, name="accounts.sessions", access=ENROLLING, methods=["GET"]),
    Route(
        "/settings/sessions/end",
        end_others,
        name="accounts.end_others",
        access=ENROLLING,
        methods=["POST"],
        rate="20/minute",
    ),
    Route(
        "/settings/sessions/{session_id:int}/end",
        end_session,
        name="accounts.end_session",
        access=ENROLLING,
        methods=["POST"],
        rate="60/minute",
    ),
    Route("/settings/password", password_page, name="accounts.password", access=SIGNED_IN, methods=["GET"]),
    Route(
        "/settings/password",
        password,
        name="accounts.change_password",
        access=SIGNED_IN,
        methods=["POST"],
        rate="10/hour",
    ),
]
