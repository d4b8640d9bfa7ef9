"""The door of a site that is still being set up: whoever holds a role comes in, everybody else is told so.

It stands before all that could answer, the API and feeds among it, and is gone from the way of requests as soon as
this process has seen the site open.
"""

from __future__ import annotations

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from forum.doors import awaits_admin
from forum.i18n import gettext as _
from forum.web.api.app import PATH
from forum.web.api.problems import problem
from forum.web.rendering import render
from forum.web.site import Site

ALWAYS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/static",
    "/brand",
    "/setup",
    "/login",
    "/logout",
    "/reset",
    "/confirm",
    "/join",
    "/claim",
    "/undo-email",
    "/sign-in-alert",
    "/terms",
    "/theme",
    "/language",
)
"""What answers all the same: to machines that look after the server, the first admin, who signs in or has a link."""
COME_BACK = "600"


class Closed:
    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.site.doors.known_open and not _passes(scope["path"]):
            try:
                refusal = await to_thread.run_sync(self._refusal, Request(scope), limiter=self.site.readers)
            except SQLAlchemyError:  # whatever would have answered says what is wrong
                refusal = None
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        """What to say to somebody who may not come in yet."""
        with self.site.database.reading() as session:
            if self.site.doors.look(session) or self._holds_role(request, session):
                return None
            if _is_api(request):
                words = _("This site is not open yet.")
                return problem(request, 503, words, headers={"Retry-After": COME_BACK})
            unclaimed = awaits_admin(session)
            if unclaimed and request.url.path == "/":
                return RedirectResponse("/setup", 303, headers={"Cache-Control": "no-store"})
            request.state.session = session
            response = render(request, "errors/closed.html", status=503, unclaimed=unclaimed)
        response.headers.update({"Cache-Control": "no-store", "Retry-After": COME_BACK})
        return response

    def _holds_role(self, request: Request, session: Session) -> bool:
        if _is_api(request):
            kind, _space, token = request.headers.get("authorization", "").partition(" ")
            bearer = self.site.load_bearer(session, token.strip()) if kind.lower() == "bearer" else None
            return bearer is not None and bool(bearer.actor.roles)
        request.state.actor = self.site.load_actor(session, request)
        return request.state.actor is not None and bool(request.state.actor.roles)


def _passes(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in ALWAYS)


def _is_api(request: Request) -> bool:
    return request.url.path == PATH or request.url.path.startswith(f"{PATH}/")
