"""What somebody posted when their session had ended: kept for a day, and sent once they have signed in.

It belongs to the browser by a cookie and, where an expired session still tells whose it
was, to that account. Passwords are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, signed_in
from forum.accounts.models import AccountSession, ParkedPost
from forum.accounts.queries import token_hash
from forum.accounts.tokens import new_token
from forum.addresses import network_of
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Access, Route, act, page, render, see_other
from forum.web.replies import leave_for, local_path
from forum.web.routing import path_for

COOKIE = "parked"
KEPT = timedelta(days=1)
RATE = "30/hour"
SHORTEST = 3
UNTYPED = frozenset({"once", "next", "version", "up_to"})
NAMES = {
    "title": lazy("Title"),
    "body": lazy("Text"),
    "tags": lazy("Tags"),
    "environment": lazy("Version and system"),
    "subject": lazy("Subject"),
    "note": lazy("Note"),
    "reason": lazy("Reason"),
    "bio": lazy("About you"),
    "display_name": lazy("Display name"),
    "location": lazy("Location"),
    "website": lazy("Website"),
    "time_zone": lazy("Time zone"),
}


@dataclass(frozen=True, slots=True)
class Parked:
    """A post as it can be sent again: all its `fields`, and those with text, by name, to be read."""

    path: str
    fields: list[tuple[str, str]]
    texts: list[tuple[str, str]]


def park(session: Session, request: Request, way_out: str) -> Response:
    """Keep what a request holds, and lead to the page that has to be passed first: to sign in, or to prove it is you.

    Raises:
        TooMany: this address has parked enough; the error page shows what was typed.
    """
    site = request.state.site
    fields, path = _fields(request), request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if not any(_typed(name, value) for name, value in fields) or len(path) > 500:
        return leave_for(request, path_for(site.routes, way_out, query={"next": _came_from(request)}))
    site.limits.hit(RATE, "park", network_of(request.state.address))
    token = new_token()
    session.add(
        ParkedPost(
            token_hash=token_hash(token),
            account_id=_owner(session, request),
            path=path,
            fields={"fields": fields},
            expires_at=now() + KEPT,
        )
    )
    waiting = path_for(site.routes, "accounts.parked")
    response = leave_for(request, path_for(site.routes, way_out, query={"next": waiting}))
    age = int(KEPT.total_seconds())
    response.set_cookie(COOKIE, token, max_age=age, httponly=True, samesite="lax", secure=site.settings.https)
    return response


def find_parked(session: Session, actor: Actor, token: str | None) -> Parked | None:
    """What waits for this person in this browser."""
    row = session.scalars(
        select(ParkedPost).where(
            ParkedPost.token_hash == token_hash(token or ""),
            ParkedPost.expires_at > now(),
            or_(ParkedPost.account_id.is_(None), ParkedPost.account_id == actor.id),
        )
    ).one_or_none()
    if row is None:
        return None
    fields: list[tuple[str, str]] = [(name, value) for name, value in row.fields["fields"]]
    texts = [(str(NAMES.get(name, name)), value) for name, value in fields if _typed(name, value)]
    return Parked(row.path, fields, texts)


def discard(session: Session, token: str | None) -> None:
    session.execute(delete(ParkedPost).where(ParkedPost.token_hash == token_hash(token or "")))


@page
def parked_page(request: Request, session: Session) -> Response:
    parked = find_parked(session, signed_in(request), request.cookies.get(COOKIE))
    return render(request, "forum/accounts/entry/parked.html", parked=parked)


@act()
def discard_parked(request: Request, session: Session) -> Response:
    discard(session, request.cookies.get(COOKIE))
    response = see_other(request, "accounts.parked", flash=_("It was thrown away."))
    response.delete_cookie(COOKIE)
    return response


def _fields(request: Request) -> list[tuple[str, str]]:
    posted: Any = getattr(request.state, "posted", None)
    pairs = posted.multi_items() if posted is not None else []
    return [(name, value) for name, value in pairs if isinstance(value, str) and "password" not in name.lower()]


def _typed(name: str, value: str) -> bool:
    return name not in UNTYPED and len(value.strip()) >= SHORTEST


def _owner(session: Session, request: Request) -> int | None:
    token = request.state.session_token or ""
    return session.scalar(select(AccountSession.account_id).where(AccountSession.token_hash == token_hash(token)))


def _came_from(request: Request) -> str:
    """The page that the post came from, when it is one of this site's."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.url.netloc:
        return "/"
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""))


routes = [
    Route("/parked", parked_page, name="accounts.parked", access=Access.ENROLLING, methods=["GET"]),
    Route(
        "/parked/discard",
        discard_parked,
        name="accounts.discard",
        access=Access.ENROLLING,
        methods=["POST"],
        rate="30/minute",
    ),
]
