"""Browsers that an account was signed in from before, and word to its owner of those that it was not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from forum import i18n
from forum.accounts import tokens
from forum.accounts.browsers import browser_name
from forum.accounts.models import (
    Account,
    AccountSession,
    AccountToken,
    KnownDevice,
    SecurityEvent,
    SecurityKind,
    TokenPurpose,
)
from forum.accounts.queries import token_hash
from forum.accounts.security import Origin, record
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.db import insert_on
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.letters import send_letter

COOKIE = "device"
SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
ALERT = "accounts.sign_in_alert"
GATHERED = timedelta(minutes=15)
"""Of sign-ins that follow each other sooner than this, all but the first are told in one letter."""
TOLD = 10


def recognise(
    session: Session, account: Account, cookie: str | None, origin: Origin, session_id: int, *, alert: bool
) -> str:
    """Note that the account is used in this browser, tell its owner if it never was, and say the browser's cookie.

    Nobody is told of the first browser of all: that is where the account was made, or first opened.
    """
    device = cookie if cookie and SHAPE.fullmatch(cookie) else new_token()
    had_any = session.scalar(select(exists().where(KnownDevice.account_id == account.id)))
    row = {"account_id": account.id, "token_hash": token_hash(device), "last_seen_at": now()}
    insert = insert_on(session.get_bind().dialect.name, KnownDevice).values(row)
    made = insert.on_conflict_do_nothing(index_elements=["account_id", "token_hash"]).returning(KnownDevice.id)
    if session.execute(made).one_or_none() is None:
        known = (KnownDevice.account_id == account.id, KnownDevice.token_hash == row["token_hash"])
        session.execute(update(KnownDevice).where(*known).values(last_seen_at=now()))
    elif had_any and alert:
        _note(session, account, origin, session_id)
    return device


def _note(session: Session, account: Account, origin: Origin, session_id: int) -> None:
    before = session.scalar(
        select(SecurityEvent.created_at)
        .where(SecurityEvent.account_id == account.id, SecurityEvent.kind == SecurityKind.NEW_BROWSER)
        .order_by(SecurityEvent.id.desc())
        .limit(1)
    )
    event = record(session, account, SecurityKind.NEW_BROWSER, origin, session_id=session_id)
    if not (account.roles or account.sign_in_alerts):
        return
    payload, moment = {"account_id": account.id, "first": event.id}, now()
    if before is None or before < moment - GATHERED:
        enqueue(session, ALERT, {**payload, "last": event.id})
        return
    turn = int(moment.timestamp() // GATHERED.total_seconds())
    end = moment + GATHERED - timedelta(seconds=moment.timestamp() % GATHERED.total_seconds())
    enqueue(session, ALERT, payload, run_at=end, key=f"{ALERT}:{account.id}:{turn}")


def send_alert(session: Session, payload: dict[str, Any]) -> None:
    """Tell the owner of the sign-ins from new browsers since one of them, with a link that ends their sessions."""
    account = session.get(Account, payload["account_id"])
    if account is None or account.email is None or account.anonymised_at or account.offboarded_at:
        return
    events = [one for one in _since(session, account.id, payload["first"]) if one.id <= payload.get("last", one.id)]
    if not events:
        return
    token = tokens.issue(session, account.id, TokenPurpose.END_SESSIONS, account.email, about_id=payload["first"])
    path = f"/sign-in-alert/{token}" if token else "/settings/sessions"
    with i18n.use_locale(account.locale):
        told = "\n\n".join(said(event) for event in events)
    send_letter(session, "sign_in_alert", account.email, account, path=path, told=told, count=len(events))


def alerted(session: Session, token: str) -> list[str]:
    """The sign-ins that a link in a letter tells of, in words.

    Raises:
        NotFound: the link was used, is too old, or was sent to another address than the account has now.
    """
    link = tokens.find(session, token, TokenPurpose.END_SESSIONS, hold=False)
    account = _still_theirs(session, link)
    return [said(event) for event in _since(session, account.id, link.about_id or 0)]


def end_alerted(session: Session, token: str) -> None:
    """End the sessions that a link in a letter tells of, and forget their browsers.

    Raises:
        NotFound: as for `alerted`.
    """
    link = tokens.find(session, token, TokenPurpose.END_SESSIONS)
    account = _still_theirs(session, link)
    link.used_at = now()
    ids = [event.session_id for event in _since(session, account.id, link.about_id or 0, most=None)]
    session.execute(delete(AccountSession).where(AccountSession.account_id == account.id, AccountSession.id.in_(ids)))


def said(event: SecurityEvent) -> str:
    """A sign-in as a letter and its page tell of it."""
    words = _("{browser}, address {address}, {time} (UTC)")
    time = event.created_at.strftime("%Y-%m-%d %H:%M")
    return words.format(browser=browser_name(event.user_agent), address=event.address or "–", time=time)


def _since(session: Session, account_id: int, first: int, most: int | None = TOLD) -> list[SecurityEvent]:
    signed_in = (SecurityEvent.account_id == account_id, SecurityEvent.kind == SecurityKind.NEW_BROWSER)
    query = select(SecurityEvent).where(*signed_in, SecurityEvent.id >= first).order_by(SecurityEvent.id)
    return list(session.scalars(query.limit(most)))


def _still_theirs(session: Session, link: AccountToken) -> Account:
    account = session.get(Account, link.account_id)
    if account is None or account.email != link.email:
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    return account
