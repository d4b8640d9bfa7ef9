"""Pages about people."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.accounts import merged, people
from forum.errors import NotFound
from forum.following import Subject, level_of
from forum.web import Access, Route, page, render
from forum.web.routing import path_for

FOLDER = "forum/accounts/people"


@page
def directory(request: Request, session: Session) -> Response:
    name, after = (request.query_params.get(key, "")[:60] for key in ("q", "after"))
    found = people.directory(session, request.state.actor, after=after, name=name)
    slots = request.state.site.slots.fill(session, request.state.actor, {"people.actions": [0]})
    return render(request, f"{FOLDER}/list.html", directory=found, name=name, after=after, slots=slots)


@page
def show(request: Request, session: Session) -> Response:
    actor, handle = request.state.actor, request.path_params["handle"]
    try:
        profile = people.profile_page(session, actor, handle)
    except NotFound:
        if (moved := merged.handle_now(session, actor, handle)) is None:
            raise
        return RedirectResponse(path_for(request.state.site.routes, "accounts.show", handle=moved), status_code=301)
    key = [profile.person.id]
    slots = request.state.site.slots.fill(session, actor, {"profile.badges": key, "profile.sections": key})
    level = level_of(session, actor, Subject.PERSON, profile.person.id)
    return render(request, f"{FOLDER}/show.html", profile=profile, person=profile.person, level=level, slots=slots)


routes = [
    Route("/people", directory, name="accounts.list", access=Access.EVERYONE, shared=True, methods=["GET"]),
    Route("/people/{handle}", show, name="accounts.show", access=Access.EVERYONE, shared=True, methods=["GET"]),
]
