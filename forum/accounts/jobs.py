"""What is done for accounts later: letters to confirm, reset and warn, and forgetting who never joined."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.accounts import claiming, devices, tokens
from forum.accounts.actions import CHANGED, RESET
from forum.accounts.consents import Consent
from forum.accounts.email_change import CONFIRM
from forum.accounts.factors import models as factors
from forum.accounts.merged import whose_now
from forum.accounts.models import (
    Account,
    AccountSession,
    AccountToken,
    Ignored,
    KnownDevice,
    ParkedPost,
    SecurityEvent,
    TokenPurpose,
)
from forum.accounts.oidc.models import LinkedIdentity, ProviderTrip
from forum.clock import now
from forum.jobs import Jobs
from forum.letters import send_letter

TIDY = "accounts.tidy"
UNCONFIRMED_KEPT = timedelta(days=14)
AT_ONCE = 200
OF_ACCOUNTS = (AccountSession, AccountToken, ParkedPost, KnownDevice, SecurityEvent, Ignored, Consent)
TABLES = (*OF_ACCOUNTS, LinkedIdentity, ProviderTrip, *factors.TABLES)
"""What hangs on an account and is forgotten with it."""


def install(jobs: Jobs) -> None:
    jobs.does(CONFIRM, send_confirmation)
    jobs.does(RESET, send_reset)
    jobs.does(claiming.CLAIM, claiming.send_claim)
    jobs.does(CHANGED, send_password_changed)
    jobs.does(devices.ALERT, devices.send_alert)
    jobs.every("17 3 * * *", TIDY, tidy)


def send_confirmation(session: Session, payload: dict[str, Any]) -> None:
    """A link to an address that waits to be confirmed; to one that has an account, a word to its owner instead.

    Whoever registers anew, and has an imported account under that address, gets a link to that as well.
    """
    account = session.get(Account, payload["account_id"])
    if account is None or account.unconfirmed_email is None:
        return
    email = account.unconfirmed_email
    owner = session.scalars(select(Account).where(Account.email == email)).one_or_none()
    if owner is not None and (became := whose_now(session, owner.id)) is not None:
        owner = session.get_one(Account, became) if became != account.id else None
    token = tokens.issue(session, account.id, TokenPurpose.VERIFY_EMAIL, email)
    if token is None:
        return
    if owner is not None:
        send_letter(session, "known", email, owner, path="/login")
        return
    days = tokens.LIFETIME[TokenPurpose.VERIFY_EMAIL].days
    if account.email is None and (waiting := claiming.claimable(session, email)) is not None:
        claiming.write_to(session, waiting)
    template = "confirm" if account.email_verified_at is None else "confirm_change"
    send_letter(session, template, email, account, path=f"/confirm/{token}", days=days)


def send_reset(session: Session, payload: dict[str, Any]) -> None:
    """A link to set a new password, if the address has an open account, or to claim the one that was imported."""
    account = session.scalars(
        select(Account).where(
            Account.email == payload["email"], Account.anonymised_at.is_(None), Account.offboarded_at.is_(None)
        )
    ).one_or_none()
    if account is None and (waiting := claiming.claimable(session, payload["email"])) is not None:
        claiming.write_to(session, waiting)
    if account is None or account.email is None:
        return
    token = tokens.issue(session, account.id, TokenPurpose.RESET_PASSWORD, account.email)
    if token is not None:
        hours = tokens.LIFETIME[TokenPurpose.RESET_PASSWORD].seconds // 3600
        send_letter(session, "reset", account.email, account, path=f"/reset/{token}", hours=hours)


def send_password_changed(session: Session, payload: dict[str, Any]) -> None:
    account = session.get(Account, payload["account_id"])
    if account is not None and account.email is not None:
        send_letter(session, "password_changed", account.email, account, path="/reset")


def tidy(session: Session, _payload: dict[str, Any]) -> None:
    """Forget accounts that never joined."""
    moment = now()
    never_joined = (
        select(Account.id)
        .where(
            Account.unconfirmed_email.is_not(None),
            Account.email.is_(None),
            Account.imported_at.is_(None),
            Account.created_at < moment - UNCONFIRMED_KEPT,
            or_(Account.last_seen_at.is_(None), Account.last_seen_at < moment - UNCONFIRMED_KEPT),
        )
        .limit(AT_ONCE)
    )
    for account_id in session.scalars(never_joined).all():
        _forget(session, account_id)


def _forget(session: Session, account_id: int) -> None:
    """Delete one account, unless something that others see hangs on it."""
    try:
        with session.begin_nested():
            for table in TABLES:
                session.execute(delete(table).where(table.account_id == account_id))
            session.execute(delete(Account).where(Account.id == account_id))
    except IntegrityError:
        return
