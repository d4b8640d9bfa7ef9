"""The address in every letter that stops what it was: a page with a button, and what a mail program posts to."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.notifications import unsubscribing
from forum.web import Access, Reply, Route, act, page, render

PATH = "/unsubscribe/"
"""A POST here carries its own proof, and comes from mail programs: it is not asked where it came from."""
FOLDER = "forum/notifications/unsubscribing"


@page
def show(request: Request, session: Session) -> Response:
    found = unsubscribing.find(session, _secret(request), request.path_params["token"])
    words = unsubscribing.words_of(session, found)
    return render(request, f"{FOLDER}/show.html", words=words, account=found.account, done=False)


@act()
def stop(request: Request, session: Session) -> Response | Reply:
    """Stop it. What a mail program gets is no redirect (RFC 8058), but the page that says what was done."""
    found = unsubscribing.find(session, _secret(request), request.path_params["token"])
    unsubscribing.stop(session, found)

    def done(session: Session) -> Response:
        words = unsubscribing.words_of(session, found)
        return render(request, f"{FOLDER}/show.html", words=words, account=found.account, done=True)

    return done


def _secret(request: Request) -> str:
    secret: str = request.state.site.settings.secret
    return secret


routes = [
    Route(f"{PATH}{{token}}", show, name="unsubscribe", access=Access.EVERYONE, methods=["GET"], rate="60/minute"),
    Route(
        f"{PATH}{{token}}",
        stop,
        name="unsubscribe.stop",
        access=Access.EVERYONE,
        methods=["POST"],
        rate="600/minute",
    ),
]
