"""Old addresses lead to where their content is now."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.importers import queries
from forum.web import Access, Route, page
from forum.web.routing import path_for


@page
def question(request: Request, session: Session) -> Response:
    found = queries.thread_of_question(session, request.state.actor, request.path_params["old_id"])
    return _moved(request, found)


@page
def answer(request: Request, session: Session) -> Response:
    """The old short address of a post, which may have been a question's or an answer's."""
    old_id, actor = request.path_params["old_id"], request.state.actor
    return _moved(request, queries.place_of_post(session, actor, old_id))


@page
def person(request: Request, session: Session) -> Response:
    handle = queries.handle_of_user(session, request.path_params["old_id"])
    if handle is None:
        raise NotFound(_("There is nothing at this address."))
    return RedirectResponse(path_for(request.state.site.routes, "accounts.show", handle=handle), status_code=301)


def _moved(request: Request, place: queries.Place | None) -> Response:
    if place is None:
        raise NotFound(_("There is nothing at this address."))
    anchor = f"answer-{place.answer_id}" if place.answer_id else None
    to = path_for(request.state.site.routes, "threads.show", thread_id=place.thread_id, slug=place.slug, anchor=anchor)
    return RedirectResponse(to, status_code=301)


routes = [
    Route("/questions/{old_id:int}", question, name="importers.question", access=Access.EVERYONE),
    Route("/questions/{old_id:int}/{slug:path}", question, name="importers.question_slug", access=Access.EVERYONE),
    Route("/q/{old_id:int}", question, name="importers.q", access=Access.EVERYONE),
    Route("/q/{old_id:int}/{person:int}", question, name="importers.q_shared", access=Access.EVERYONE),
    Route("/a/{old_id:int}", answer, name="importers.a", access=Access.EVERYONE),
    Route("/a/{old_id:int}/{person:int}", answer, name="importers.a_shared", access=Access.EVERYONE),
    Route("/users/{old_id:int}", person, name="importers.user", access=Access.EVERYONE),
    Route("/users/{old_id:int}/{name}", person, name="importers.user_name", access=Access.EVERYONE),
]
