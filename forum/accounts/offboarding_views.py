"""The page on which an admin hands over what somebody who leaves was at."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from forum.access import Privilege, require, signed_in
from forum.accounts import offboarding
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Form, Route, act, page, render, see_other
from forum.web.routing import path_for

ADMIN = Privilege.ADMINISTER
PATH = "/admin/people/{handle}/offboard"


class OffboardForm(Form):
    to = StringField(lazy("Who takes over"), [InputRequired(lazy("Say who takes over.")), Length(max=64)])


@page
def preview(request: Request, session: Session) -> Response:
    return _preview(request, session, OffboardForm())


def _preview(request: Request, session: Session, form: OffboardForm) -> Response:
    require(signed_in(request), ADMIN)
    account = offboarding.leaver(session, request.path_params["handle"])
    at = offboarding.duties_of(session, request.state.site.duties, account.id)
    return render(request, "forum/accounts/roles/offboard.html", form=form, account=account, duties=at)


@act(OffboardForm, again=_preview)
def offboard(request: Request, session: Session, form: OffboardForm) -> Response:
    handle, to = request.path_params["handle"], str(form.to.data)
    offboarding.offboard(session, signed_in(request), request.state.site.duties, handle, to)
    words = _("@{handle} can no longer sign in; what they were at went to @{to}.")
    flash = words.format(handle=handle.lower(), to=to.strip().lower().removeprefix("@"))
    undo = path_for(request.state.site.routes, "offboarding.reinstate", handle=handle.lower())
    return see_other(request, "roles.list", flash=flash, undo=undo)


@act()
def reinstate(request: Request, session: Session) -> Response:
    account = offboarding.reinstate(session, signed_in(request), request.path_params["handle"])
    words = _("@{handle} can sign in again, as a customer. Give roles and tickets anew.")
    return see_other(request, "roles.edit", flash=words.format(handle=account.handle), handle=account.handle)


routes = [
    Route(PATH, preview, name="offboarding.preview", access=ADMIN, methods=["GET"], recent=True),
    Route(PATH, offboard, name="offboarding.offboard", access=ADMIN, methods=["POST"], rate="30/hour", recent=True),
    Route(
        "/admin/people/{handle}/reinstate",
        reinstate,
        name="offboarding.reinstate",
        access=ADMIN,
        methods=["POST"],
        rate="30/hour",
        recent=True,
    ),
]
