"""Pages of the ledger: who helped most, and where somebody's points came from."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.numbers import whole_number
from forum.web import Access, Route, page, render
from reputation.ledger import queries
from reputation.ledger.leaders import Period, leaders


@page
def leaderboard(request: Request, session: Session) -> Response:
    asked = request.query_params.get("period", "")
    period = Period(asked) if asked in set(Period) else Period.WEEK
    found = leaders(session, period)
    return render(request, "reputation/ledger/leaders.html", leaders=found, period=period, periods=list(Period))


@page
def history(request: Request, session: Session) -> Response:
    before = request.query_params.get("before", "")
    found = queries.history(
        session,
        request.state.actor,
        request.path_params["handle"],
        before=whole_number(before),
    )
    return render(request, "reputation/ledger/history.html", history=found, before=before)


routes = [
    Route("/people/leaders", leaderboard, name="reputation.leaders", access=Access.EVERYONE, shared=True),
    Route("/people/{handle}/reputation", history, name="reputation.history", access=Access.EVERYONE, shared=True),
]
