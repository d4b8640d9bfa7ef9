"""The page on which one moves to another address, and the one on which the old address takes that back."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.accounts import email_change, tokens
from forum.accounts.forms import EmailForm
from forum.accounts.models import Account, TokenPurpose
from forum.accounts.security import Origin
from forum.i18n import gettext as _
from forum.web import Access, Route, act, page, render, see_other
from forum.web.middleware import SESSION_COOKIE

FOLDER = "forum/accounts"


def _show(request: Request, session: Session, form: EmailForm) -> Response:
    account = session.get_one(Account, signed_in(request).id)
    days = tokens.LIFETIME[TokenPurpose.VERIFY_EMAIL].days
    return render(request, f"{FOLDER}/settings/email.html", form=form, account=account, days=days)


@page
def show(request: Request, session: Session) -> Response:
    return _show(request, session, EmailForm())


@act(EmailForm, again=_show)
def ask(request: Request, session: Session, form: EmailForm) -> Response:
    email_change.ask_change(session, signed_in(request), form.clean_email, Origin.of(request))
    return see_other(request, "email.show", flash=_("A link is on its way to the new address."))


@act()
def drop(request: Request, session: Session) -> Response:
    email_change.drop_change(session, signed_in(request))
    return see_other(request, "email.show", flash=_("Your address stays as it is."))


@page
def undo_page(request: Request, session: Session) -> Response:
    token = request.path_params["token"]
    link = tokens.find(session, token, TokenPurpose.UNDO_EMAIL, hold=False)
    return render(request, f"{FOLDER}/entry/undo_email.html", token=token, email=link.email)


@act()
def undo(request: Request, session: Session) -> Response:
    word = email_change.undo_change(session, request.path_params["token"], Origin.of(request))
    words = _("Your address is back, and everybody is signed out. Choose a new password to come in again.")
    if word is None:
        response = see_other(request, "accounts.reset", flash=words)
    else:
        response = see_other(request, "accounts.new_password", token=word, flash=words)
    response.delete_cookie(SESSION_COOKIE)
    return response


MINE = Access.SIGNED_IN
routes = [
    Route("/settings/email", show, name="email.show", access=MINE, methods=["GET"], recent=True),
    Route("/settings/email", ask, name="email.ask", access=MINE, methods=["POST"], rate="5/hour", recent=True),
    Route("/settings/email/drop", drop, name="email.drop", access=MINE, methods=["POST"], rate="20/hour"),
    Route("/undo-email/{token}", undo_page, name="email.undo_page", access=Access.EVERYONE, methods=["GET"]),
    Route("/undo-email/{token}", undo, name="email.undo", access=Access.EVERYONE, methods=["POST"], rate="20/hour"),
]
