"""Browsers that are signed in: opened, renewed, listed and ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor
from forum.accounts import devices, queries, rules
from forum.accounts.browsers import browser_name
from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.accounts.security import Origin
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.web.middleware import SESSION_COOKIE

SLIDES_AFTER = timedelta(hours=1)
COOKIE_AGE = 400 * 24 * 3600  # the longest a browser keeps one; the row decides how long it opens anything
SHOWN = 100


@dataclass(frozen=True, slots=True)
class OpenSession:
    id: int
    browser: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class Opened(NamedTuple):
    """What a browser is given when it is signed in: its cookies, the second of which tells it from others for good."""

    token: str
    device: str
    remembered: bool


def open_session(
    session: Session,
    request: Request,
    account: Account,
    *,
    remembered: bool = True,
    alert: bool = True,
    proven_at: datetime | None = None,
) -> Opened:
    """Sign this browser in, under a new cookie; the session it had before ends.

    The owner is told of a browser that was never used before, unless no `alert` is due. `proven_at` is when they
    proved who they are, where that was not just now.
    """
    close_session(session, request)
    token, moment, origin = new_token(), now(), Origin.of(request)
    rule = rules.lifetime(session, holds_role=bool(account.roles), remembered=remembered)
    opened = AccountSession(
        account_id=account.id,
        token_hash=token_hash(token),
        user_agent=origin.user_agent,
        address=origin.address,
        created_at=moment,
        last_seen_at=moment,
        confirmed_at=min(proven_at, moment) if proven_at else moment,
        remembered=remembered,
        expires_at=rules.end_of(rule, moment, moment),
    )
    session.add(opened)
    account.last_seen_at = moment
    session.flush()
    told = alert and not request.state.site.settings.demo
    device = devices.recognise(session, account, request.cookies.get(devices.COOKIE), origin, opened.id, alert=told)
    return Opened(token, device, remembered)


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


def confirm_session(session: Session, actor: Actor) -> None:
    """Note that whoever is in this session has just proved who they are."""
    session.execute(update(AccountSession).where(AccountSession.id == actor.session_id).values(confirmed_at=now()))


def open_sessions(session: Session, actor: Actor) -> list[OpenSession]:
    """Where an account is signed in, the latest used first."""
    holds_role = bool(actor.roles)
    kinds = {kept: rules.lifetime(session, holds_role=holds_role, remembered=kept) for kept in (True, False)}
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
        if rules.end_of(kinds[row.remembered], row.created_at, row.last_seen_at) > now()
    ]


def load_actor(session: Session, request: Request) -> Actor | None:
    """Who is behind a request, which also puts off the end of the session that it came by: an act at once, the
    reading of a page with what else reading leaves behind."""
    found = queries.load_actor(session, request)
    if found is None:
        return None
    moment, site = now(), request.state.site
    stale = moment - min(SLIDES_AFTER, found.idle / 4)
    if found.seen_at < stale and found.actor.session_id is not None:
        if session.get_bind() is site.database.writer:
            session.execute(
                update(AccountSession)
                .where(AccountSession.id == found.actor.session_id, AccountSession.last_seen_at < stale)
                .values(last_seen_at=moment, expires_at=found.slides_to)
            )
        else:
            site.telemetry.note("sessions", found.actor.session_id, request)
    return found.actor


def mark_seen(session: Session, counts: Mapping[int, int]) -> None:
    """For the telemetry: these sessions were used just now."""
    moment = now()
    living = (AccountSession.id.in_(counts), AccountSession.expires_at > moment)
    rows = session.execute(select(AccountSession, Account).join(Account).where(*living)).all()
    for seen, account in rows:
        rule = rules.lifetime(session, holds_role=bool(account.roles), remembered=seen.remembered)
        if rules.end_of(rule, seen.created_at, seen.last_seen_at) > moment > seen.last_seen_at:
            seen.last_seen_at, seen.expires_at = moment, rules.end_of(rule, seen.created_at, moment)


def put_cookie(request: Request, response: Response, opened: Opened) -> Response:
    """Give the browser its session, until it is closed unless it is to be remembered."""
    shared: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": request.state.site.settings.https}
    response.set_cookie(SESSION_COOKIE, opened.token, max_age=COOKIE_AGE if opened.remembered else None, **shared)
    response.set_cookie(devices.COOKIE, opened.device, max_age=COOKIE_AGE, **shared)
    return response
