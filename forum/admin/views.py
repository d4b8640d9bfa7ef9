"""The overview: what needs attention, and every setting with what it is now."""

from __future__ import annotations

import os

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum import checks
from forum.access import Privilege, signed_in
from forum.admin import mail_views, simple_views
from forum.admin.catalogue import AREA_WORDS, by_area, settings_of
from forum.admin.environment import environment
from forum.doors import is_open
from forum.setup.steps import progress
from forum.web import Route, page, render


@page
def overview(request: Request, session: Session) -> Response:
    site, actor = request.state.site, signed_in(request)
    findings = [one for one in checks.check(site) if one.what != checks.doors()]  # those have a place of their own
    return render(
        request,
        "forum/admin/overview.html",
        findings=[one for one in findings if not one.well],
        sound=sum(one.well for one in findings),
        opened=site.settings.demo or is_open(session),
        progress=progress(site.slots, session, actor),
        areas=by_area(settings_of(site.slots, session, actor)),
        area_words=AREA_WORDS,
        environment=environment(site.settings, os.environ),
    )


routes = [
    Route("/admin", overview, name="admin", access=Privilege.ADMINISTER, methods=["GET"], slow=True, rate="30/minute"),
    *mail_views.routes,
    *simple_views.routes,
]
