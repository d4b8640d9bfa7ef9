"""The search page, and what is similar to a question being asked."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.search import queries
from forum.web import Access, Route, page, partial, render, wants_fragment

SIMILAR_FROM = 10


@page
def show(request: Request, session: Session) -> Response:
    query = request.query_params.get("q", "").strip()
    results = queries.search(session, request.state.actor, query, after=request.query_params.get("after"))
    return render(request, "forum/search/show.html", query=query, results=results)


@page
def similar(request: Request, session: Session) -> Response:
    """Threads like the title being typed; a title too short to say anything has none."""
    title = request.query_params.get("title", "").strip()[:150]
    threads = queries.similar(session, request.state.actor, title) if len(title) >= SIMILAR_FROM else ()
    if wants_fragment(request):
        return partial(request, "forum/search/_similar.html", title=title, threads=threads)
    return render(request, "forum/search/similar.html", title=title, threads=threads)


routes = [
    Route("/search", show, name="search.show", access=Access.EVERYONE, rate="60/minute", slow=True),
    Route("/ask/similar", similar, name="search.similar", access=Access.EVERYONE, rate="120/minute", slow=True),
]
