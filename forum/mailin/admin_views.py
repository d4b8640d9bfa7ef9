"""The page on which admins see whether mail comes in, and decide about what is held."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.mailin import actions, queries
from forum.mailin.words import why_words
from forum.numbers import whole_number
from forum.web import Route, act, page, render, see_other
from forum.web.routing import path_for

ADMIN = Privilege.ADMINISTER
RATE = "60/minute"
ONE = "/admin/mail-in/{mail_id:int}"


@page
def show(request: Request, session: Session) -> Response:
    before = whole_number(request.query_params.get("before", ""))
    found = queries.inbound(session, signed_in(request), before=before)
    return render(
        request,
        "forum/mailin/admin.html",
        inbound=found,
        before=before,
        settings=request.state.site.settings,
        why_words=why_words,
    )


@act()
def release(request: Request, session: Session) -> Response:
    actions.release(session, signed_in(request), request.path_params["mail_id"])
    words = _("It goes to the person it was written for, who decides whether it is posted.")
    return see_other(request, "mailin.show", flash=words)


@act()
def discard(request: Request, session: Session) -> Response:
    mail_id = request.path_params["mail_id"]
    actions.discard(session, signed_in(request), mail_id)
    undo = path_for(request.state.site.routes, "mailin.hold", mail_id=mail_id)
    return see_other(request, "mailin.show", flash=_("The mail is put away."), undo=undo)


@act()
def hold(request: Request, session: Session) -> Response:
    actions.hold_again(session, signed_in(request), request.path_params["mail_id"])
    return see_other(request, "mailin.show", flash=_("The mail is held again."))


routes = [
    Route("/admin/mail-in", show, name="mailin.show", access=ADMIN, methods=["GET"]),
    Route(f"{ONE}/release", release, name="mailin.release", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/discard", discard, name="mailin.discard", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/hold", hold, name="mailin.hold", access=ADMIN, methods=["POST"], rate=RATE),
]
