"""All that somebody asked, or answered."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.threads import queries
from forum.web import Access, Route, page, render


@page
def questions(request: Request, session: Session) -> Response:
    asked, handle = request.query_params, request.path_params["handle"]
    found = queries.asked_by(session, request.state.actor, handle, after=asked.get("after"), before=asked.get("before"))
    return render(request, "forum/threads/by_person.html", found=found, answers=False)


@page
def answers(request: Request, session: Session) -> Response:
    asked, handle = request.query_params, request.path_params["handle"]
    found = queries.answered_by(
        session, request.state.actor, handle, after=asked.get("after"), before=asked.get("before")
    )
    return render(request, "forum/threads/by_person.html", found=found, answers=True)


routes = [
    Route("/people/{handle}/questions", questions, name="threads.asked_by", access=Access.EVERYONE, shared=True),
    Route("/people/{handle}/answers", answers, name="threads.answered_by", access=Access.EVERYONE, shared=True),
]
