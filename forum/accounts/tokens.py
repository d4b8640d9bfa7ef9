"""Random words that open something once: the links in mail, and the cookies of sessions and parked posts."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.accounts.models import AccountToken, TokenPurpose
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _

LIFETIME = {
    TokenPurpose.VERIFY_EMAIL: timedelta(days=3),
    TokenPurpose.RESET_PASSWORD: timedelta(hours=2),
    TokenPurpose.UNDO_EMAIL: timedelta(days=7),
    TokenPurpose.END_SESSIONS: timedelta(days=7),
    TokenPurpose.JOIN_ORGANISATION: timedelta(days=14),
    TokenPurpose.MAILED_REPLY: timedelta(days=7),
    TokenPurpose.JOIN: timedelta(days=14),
    TokenPurpose.JOIN_AS_MODERATOR: timedelta(days=14),
    TokenPurpose.JOIN_AS_STAFF: timedelta(days=14),
    TokenPurpose.CLAIM_ACCOUNT: timedelta(days=14),
}
LINKS_AN_HOUR = 5


def new_token() -> str:
    return secrets.token_urlsafe(32)


def issue(session: Session, account_id: int | None, purpose: TokenPurpose, email: str, **bound: int) -> str | None:
    """A token for a link to this address, or None when it was sent enough of them this hour.

    `bound` are columns that say what else it is bound to, such as `organisation_id` and `sent_by_id`.
    """
    recent = select(AccountToken.id).where(
        AccountToken.email == email,
        AccountToken.purpose == purpose,
        AccountToken.created_at > now() - timedelta(hours=1),
    )
    if len(session.scalars(recent).all()) >= LINKS_AN_HOUR:
        return None
    token = new_token()
    session.add(
        AccountToken(
            account_id=account_id,
            purpose=purpose,
            token_hash=token_hash(token),
            email=email,
            expires_at=now() + LIFETIME[purpose],
            **bound,
        )
    )
    return token


def find(session: Session, token: str, purpose: TokenPurpose, *, hold: bool = True) -> AccountToken:
    """The live token behind a link, held until commit unless it is only to be looked at.

    Raises:
        NotFound: it was never sent for this, was used, or is too old.
    """
    live = select(AccountToken).where(
        AccountToken.token_hash == token_hash(token),
        AccountToken.purpose == purpose,
        AccountToken.used_at.is_(None),
        AccountToken.expires_at > now(),
    )
    row = session.scalars(live.with_for_update() if hold else live).one_or_none()
    if row is None:
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    return row


def use_up(session: Session, account_id: int, *purposes: TokenPurpose, since: int = 0) -> None:
    """End every link of these kinds that the account was sent, `since` one with this id."""
    session.execute(
        update(AccountToken)
        .where(
            AccountToken.account_id == account_id,
            AccountToken.purpose.in_(purposes),
            AccountToken.id >= since,
            AccountToken.used_at.is_(None),
        )
        .values(used_at=now())
    )
