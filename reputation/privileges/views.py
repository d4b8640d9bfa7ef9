"""The help page that refusals link to."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.web import Access, Route, page, render
from reputation.ledger.rules import rules
from reputation.privileges import queries


@page
def show(request: Request, session: Session) -> Response:
    ladder = queries.ladder(session, request.state.actor)
    return render(request, "reputation/privileges/show.html", ladder=ladder, rules=rules(session))


routes = [Route("/privileges", show, name="privileges.show", access=Access.EVERYONE, shared=True)]
