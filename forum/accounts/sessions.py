"""Browsers that are signed in: opened, renewed, listed and ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor
from forum.accounts import queries
from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.web.middleware import SESSION_COOKIE

LIFETIME = timedelta(days=30)
SLIDES_AFTER = timedelta(hours=1)
COOKIE_AGE = 400 * 24 * 3600  # the longest a browser keeps one; the row decides how long it opens anything
SHOWN = 100
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""What a browser's own name holds, and what people call it; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    id: int
    browser: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def open_session(session: Session, request: Request, account: Account) -> str:
    """Sign this browser in, under a new cookie; the session it had before ends."""
    close_session(session, request)
    token, moment = new_token(), now()
    session.add(
        AccountSession(
            account_id=account.id,
            token_hash=token_hash(token),
            user_agent=request.headers.get("user-agent", "")[:300],
            address=request.state.address[:45],
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + LIFETIME,
        )
    )
    account.last_seen_at = moment
    return token


def close_session(session: Session, request: Request) -> None:
    """Sign this browser out."""
    if token := request.state.session_token:
        session.execute(delete(AccountSession).where(AccountSession.token_hash == token_hash(token)))


def end_sessions(session: Session, account_id: int, *, but: int | None = None) -> int:
    """Sign the account out everywhere, `but` in one session; says how many browsers that were."""
    ended = session.execute(
        delete(AccountSession)
        .where(AccountSession.account_id == account_id, AccountSession.id != (but or 0))
        .returning(AccountSession.id)
    )
    return len(ended.all())


def end_session(session: Session, actor: Actor, session_id: int) -> None:
    """Sign one of one's own browsers out.

    Raises:
        NotFound: there is no such session, or it is somebody else's.
    """
    ended = session.execute(
        delete(AccountSession)
        .where(AccountSession.id == session_id, AccountSession.account_id == actor.id)
        .returning(AccountSession.id)
    )
    if ended.one_or_none() is None:
        raise NotFound(_("There is no such session any more."))


def open_sessions(session: Session, actor: Actor) -> list[OpenSession]:
    """Where an account is signed in, the latest used first."""
    rows = session.scalars(
        select(AccountSession)
        .where(AccountSession.account_id == actor.id, AccountSession.expires_at > now())
        .order_by(AccountSession.last_seen_at.desc(), AccountSession.id.desc())
        .limit(SHOWN)
    )
    return [
        OpenSession(
            id=row.id,
            browser=browser_name(row.user_agent),
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.id == actor.session_id,
        )
        for row in rows
    ]


def load_actor(session: Session, request: Request) -> Actor | None:
    """Who is behind a request; an act also puts off the end of the session that it came by."""
    found = queries.load_actor(session, request)
    if found is None:
        return None
    actor, seen_at = found
    moment = now()
    if seen_at < moment - SLIDES_AFTER and session.get_bind() is request.state.site.database.writer:
        session.execute(
            update(AccountSession)
            .where(AccountSession.id == actor.session_id, AccountSession.last_seen_at < moment - SLIDES_AFTER)
            .values(last_seen_at=moment, expires_at=moment + LIFETIME)
        )
    return actor


def put_cookie(request: Request, response: Response, token: str) -> Response:
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="lax",
        secure=request.state.site.settings.https,
    )
    return response


def browser_name(user_agent: str) -> str:
    """A browser in words, as far as it says what it is."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("An unknown browser")
