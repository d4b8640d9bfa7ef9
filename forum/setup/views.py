"""The pages of the first run."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.accounts.passwords import SHORTEST
from forum.accounts.sessions import open_session, put_cookie
from forum.doors import awaits_admin, is_open
from forum.errors import NotFound, SignInRequired
from forum.i18n import gettext as _
from forum.setup import actions
from forum.setup.forms import FirstAdminForm, PutOffForm
from forum.setup.steps import StepName, progress
from forum.web import Access, Route, act, page, render, see_other

FOLDER = "forum/setup"
ADMIN = Privilege.ADMINISTER
RATE = "60/minute"


@page
def show(request: Request, session: Session) -> Response:
    """The first admin's account while there is none; then the steps, for admins; nothing once the site is open."""
    if awaits_admin(session):
        return _claim(request, session, FirstAdminForm())
    if is_open(session):
        raise NotFound(_("There is nothing at this address."))
    actor = request.state.actor
    if actor is None:
        raise SignInRequired(_("Please sign in first."))
    if not actor.can(ADMIN):
        raise NotFound(_("There is nothing at this address."))
    done = progress(request.state.site.slots, session, actor)
    return render(request, f"{FOLDER}/steps.html", progress=done)


def _claim(request: Request, _session: Session, form: FirstAdminForm) -> Response:
    return render(request, f"{FOLDER}/claim.html", form=form, shortest=SHORTEST)


@act(FirstAdminForm, again=_claim)
def claim(request: Request, session: Session, form: FirstAdminForm) -> Response:
    account = actions.become_first_admin(
        session,
        code=str(form.code.data),
        handle=str(form.handle.data),
        display_name=str(form.display_name.data or ""),
        email=form.clean_email,
        password_hash=form.password_hash,
    )
    words = _("Welcome, {name}. This site is yours to set up.").format(name=account.display_name)
    response = see_other(request, "setup.show", flash=words)
    return put_cookie(request, response, open_session(session, request, account))


@act(PutOffForm)
def put_off(request: Request, session: Session, form: PutOffForm) -> Response:
    name = request.path_params["step"]
    if name not in set(StepName):
        raise NotFound(_("There is no such step."))
    actions.put_off(session, signed_in(request), StepName(name), later=form.later.data == "yes")
    if is_open(session):
        return see_other(request, "admin")
    return see_other(request, "setup.show", anchor=f"step-{name}")


@act()
def open_doors(request: Request, session: Session) -> Response:
    actions.open_doors(session, signed_in(request))
    return see_other(request, "home", flash=_("The doors are open: everybody can come in now."))


routes = [
    Route("/setup", show, name="setup.show", access=Access.EVERYONE, methods=["GET"]),
    Route("/setup", claim, name="setup.claim", access=Access.EVERYONE, methods=["POST"], rate="30/hour"),
    Route("/setup/open", open_doors, name="setup.open", access=ADMIN, methods=["POST"], rate=RATE),
    Route("/setup/{step}", put_off, name="setup.put_off", access=ADMIN, methods=["POST"], rate=RATE),
]
