"""The page "Your data", the archive itself, and an admin's button for somebody who asked by letter."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from forum.access import signed_in
from forum.clock import now
from forum.exports import actions
from forum.i18n import gettext as _
from forum.web import Access, Route, act, page, render, see_other

FOLDER = "forum/exports"
SIGNED_IN = Access.SIGNED_IN


@page
def index(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    found = actions.exports_of(session, actor.id)
    waits = bool(found) and found[0].asked_at > now() - actions.EVERY
    slots = request.state.site.slots.fill(session, actor, {"data.sections": [actor.id]})
    return render(request, f"{FOLDER}/index.html", exports=found, waits=waits, days=actions.KEPT.days, slots=slots)


@act()
def ask(request: Request, session: Session) -> Response:
    actions.ask_for_export(session, signed_in(request))
    words = _("Your archive is being made. We tell you when it is ready.")
    return see_other(request, "exports.index", flash=words)


@page
def fetch(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    file = actions.export_file(session, actor, request.path_params["export_id"])
    name = f"{actor.handle}-{request.path_params['export_id']}.zip"
    return FileResponse(
        file, filename=name, media_type="application/zip", headers={"Cache-Control": "private, no-store"}
    )


routes = [
    Route("/settings/data", index, name="exports.index", access=SIGNED_IN, methods=["GET"]),
    Route("/settings/data", ask, name="exports.ask", access=SIGNED_IN, methods=["POST"], rate="10/hour"),
    Route(
        "/settings/data/{export_id:int}/archive",
        fetch,
        name="exports.fetch",
        access=SIGNED_IN,
        methods=["GET"],
        rate="30/hour",
    ),
]
