"""The pages on which one's second factors are added and removed, and where an admin takes away those of others."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from forum.access import Privilege, signed_in
from forum.accounts.factors import actions, checking, passkeys, totp
from forum.accounts.factors.entry_views import count_try, refused, require_passkeys
from forum.accounts.factors.forms import AppForm, NewPasskeyForm, put_challenge
from forum.accounts.factors.models import Ceremony
from forum.accounts.models import Account
from forum.accounts.security import Origin
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.web import Access, Reply, Route, act, page, render, see_other
from forum.web.replies import leave_note, read_note

FOLDER = "forum/accounts/settings"
CODES = "/settings/security/codes"
COOKIE = "new-codes"


def _app(request: Request, session: Session, form: AppForm) -> Response:
    """With the picture of the secret that the form holds, or of a new one where that is too old."""
    actor, settings = signed_in(request), request.state.site.settings
    secret = totp.offered(settings, actor.id, str(form.offer.data or ""))
    if secret is None:
        secret, form.offer.data = totp.offer(settings, actor.id)
    address = totp.address(secret, settings.site_name, actor.handle)
    picture = Markup(totp.picture(address, _("QR code for your app")))  # noqa: S704 - drawn here
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    replaces = checking.has_app(session, actor.id)
    return render(request, f"{FOLDER}/app.html", form=form, picture=picture, secret=spaced, replaces=replaces)


@page
def app_page(request: Request, session: Session) -> Response:
    return _app(request, session, AppForm())


@act(AppForm, again=_app)
def add_app(request: Request, session: Session, form: AppForm) -> Response:
    actor, settings = signed_in(request), request.state.site.settings
    count_try(request, actor.id)
    secret = totp.offered(settings, actor.id, str(form.offer.data))
    codes = actions.add_app(session, settings, actor, secret, str(form.code.data), Origin.of(request))
    return _added(request, codes, _("Your code app is set up. It is asked for when you sign in."))


@act()
def remove_app(request: Request, session: Session) -> Response:
    actions.remove_app(session, signed_in(request), Origin.of(request))
    return see_other(request, "security.show", flash=_("The code app is removed."))


@act()
def renew_codes(request: Request, session: Session) -> Response:
    codes = actions.renew_codes(session, signed_in(request), Origin.of(request))
    return _added(request, codes, "")


@page
def codes_page(request: Request, _session: Session) -> Response:
    """The codes that were made just now, which stand on this one page and nowhere afterwards."""
    note = read_note(request, COOKIE)
    if note is None or note["account"] != signed_in(request).id:
        return see_other(request, "security.show")
    response = render(request, f"{FOLDER}/codes.html", codes=note["codes"])
    response.delete_cookie(COOKIE, path=CODES)
    return response


def _passkey(request: Request, _session: Session, form: NewPasskeyForm) -> Response:
    require_passkeys(request)
    return render(request, f"{FOLDER}/passkey.html", form=form, longest=passkeys.LONGEST_NAME)


@page
def passkey_page(request: Request, session: Session) -> Response:
    return _passkey(request, session, NewPasskeyForm())


@act()
def passkey_options(request: Request, session: Session) -> Response:
    require_passkeys(request)
    account = session.get_one(Account, signed_in(request).id)
    options, token = passkeys.ask(session, request.state.site.settings, Ceremony.REGISTER, account)
    return put_challenge(request, JSONResponse(options), token)


@act(NewPasskeyForm, again=_passkey)
def add_passkey(request: Request, session: Session, form: NewPasskeyForm) -> Response | Reply:
    require_passkeys(request)
    given: dict[str, Any] = {
        "cookie": request.cookies.get(passkeys.COOKIE),
        "answer": str(form.credential.data or ""),
        "name": str(form.name.data or ""),
        "origin": Origin.of(request),
    }
    try:
        codes = actions.add_passkey(session, request.state.site.settings, signed_in(request), **given)
    except Invalid as refusal:  # said in a reply, so that what was asked is used up
        form.add_errors(refusal.fields)
        return lambda reading: refused(_passkey(request, reading, form))
    response = _added(request, codes, _("The passkey is added. You can sign in with it from now on."))
    response.delete_cookie(passkeys.COOKIE)
    return response


@act()
def remove_passkey(request: Request, session: Session) -> Response:
    actions.remove_passkey(session, signed_in(request), request.path_params["passkey_id"], Origin.of(request))
    return see_other(request, "security.show", flash=_("The passkey opens nothing here any more."))


@act()
def reset_for(request: Request, session: Session) -> Response:
    account = actions.reset_for(session, signed_in(request), request.path_params["handle"])
    words = _("The second factors of {name} are gone, and they were told by mail.").format(name=account.display_name)
    return see_other(request, "roles.edit", handle=account.handle, flash=words)


def _added(request: Request, codes: list[str] | None, words: str) -> Response:
    if codes is None:
        return see_other(request, "security.show", flash=words)
    response = see_other(request, "factors.codes", flash=words)
    leave_note(request, response, COOKIE, {"account": signed_in(request).id, "codes": codes}, path=CODES)
    return response


MINE = Access.ENROLLING
routes = [
    Route("/settings/security/app", app_page, name="factors.app", access=MINE, methods=["GET"], recent=True),
    Route(
        "/settings/security/app",
        add_app,
        name="factors.add_app",
        access=MINE,
        methods=["POST"],
        rate="20/minute",
        recent=True,
    ),
    Route(
        "/settings/security/app/remove",
        remove_app,
        name="factors.remove_app",
        access=MINE,
        methods=["POST"],
        rate="10/minute",
        recent=True,
    ),
    Route(CODES, codes_page, name="factors.codes", access=MINE, methods=["GET"]),
    Route(CODES, renew_codes, name="factors.renew_codes", access=MINE, methods=["POST"], rate="10/minute", recent=True),
    Route("/settings/security/passkeys", passkey_page, name="passkeys.new", access=MINE, methods=["GET"], recent=True),
    Route(
        "/settings/security/passkeys",
        add_passkey,
        name="passkeys.add",
        access=MINE,
        methods=["POST"],
        rate="20/minute",
        recent=True,
    ),
    Route(
        "/settings/security/passkeys/options",
        passkey_options,
        name="passkeys.add_options",
        access=MINE,
        methods=["POST"],
        rate="30/minute",
        recent=True,
    ),
    Route(
        "/settings/security/passkeys/{passkey_id:int}/remove",
        remove_passkey,
        name="passkeys.remove",
        access=MINE,
        methods=["POST"],
        rate="30/minute",
        recent=True,
    ),
    Route(
        "/admin/people/{handle}/factors/reset",
        reset_for,
        name="factors.reset",
        access=Privilege.ADMINISTER,
        methods=["POST"],
        rate="20/minute",
        recent=True,
    ),
]
