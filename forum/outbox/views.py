"""The pages on which admins see the work that waits, runs, was done or failed."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.outbox import actions, queries
from forum.outbox.forms import KindForm
from forum.outbox.words import kind_words
from forum.web import Route, act, page, render, see_other
from forum.web.routing import path_for

FOLDER = "forum/outbox"
ADMIN = Privilege.ADMINISTER
RATE = "60/minute"
ONE = "/admin/jobs/{job_id:int}"


@page
def index(request: Request, session: Session) -> Response:
    actor, jobs = signed_in(request), request.state.site.jobs
    return render(request, f"{FOLDER}/show.html", outbox=queries.outbox(session, actor, jobs), kind_words=kind_words)


@page
def dead(request: Request, session: Session) -> Response:
    asked = request.query_params
    kind, discarded, before = asked.get("kind", "")[:60], asked.get("state") == "discarded", asked.get("before", "")
    found, rest = queries.dead_jobs(
        session,
        signed_in(request),
        request.state.site.jobs,
        kind=kind,
        discarded=discarded,
        before=int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None,
    )
    listed = {"jobs": found, "next": rest, "kind": kind, "discarded": discarded, "before": before}
    return render(request, f"{FOLDER}/dead.html", listed=listed, kind_words=kind_words)


@act()
def retry(request: Request, session: Session) -> Response:
    again = actions.retry_job(session, signed_in(request), request.path_params["job_id"])
    words = _("The job is tried again.") if again else _("That job is no longer among those that failed.")
    return see_other(request, "jobs.dead", flash=words)


@act(KindForm)
def retry_kind(request: Request, session: Session, form: KindForm) -> Response:
    count = actions.retry_kind(session, signed_in(request), form.kind.data or "")
    words = ngettext("{count} job is tried again.", "{count} jobs are tried again.", count).format(count=count)
    return see_other(request, "jobs.show", flash=words)


@act()
def discard(request: Request, session: Session) -> Response:
    job_id = request.path_params["job_id"]
    if not actions.discard_job(session, signed_in(request), job_id):
        return see_other(request, "jobs.dead", flash=_("That job is no longer among those that failed."))
    undo = path_for(request.state.site.routes, "jobs.retry", job_id=job_id)
    words = _("The job is put aside. For 30 days you can still have it tried again.")
    return see_other(request, "jobs.dead", flash=words, undo=undo)


routes = [
    Route("/admin/jobs", index, name="jobs.show", access=ADMIN, methods=["GET"], slow=True),
    Route("/admin/jobs/failed", dead, name="jobs.dead", access=ADMIN, methods=["GET"]),
    Route("/admin/jobs/retry", retry_kind, name="jobs.retry_kind", access=ADMIN, methods=["POST"], rate="20/minute"),
    Route(f"{ONE}/retry", retry, name="jobs.retry", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/discard", discard, name="jobs.discard", access=ADMIN, methods=["POST"], rate=RATE),
]
