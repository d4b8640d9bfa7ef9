"""The list of tags."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.tags import queries
from forum.web import Access, Route, page, render


@page
def index(request: Request, session: Session) -> Response:
    params = request.query_params
    by_name, query = params.get("sort") == "name", params.get("q", "").strip()[:35]
    tags = queries.tag_page(session, query=query, by_name=by_name, after=params.get("after"))
    return render(request, "forum/tags/index.html", page=tags, by_name=by_name, query=query)


routes = [Route("/tags", index, name="tags.list", access=Access.EVERYONE, shared=True)]
