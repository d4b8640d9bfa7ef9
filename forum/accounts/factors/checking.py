"""Whether a typed code proves an account: one of its app, or a recovery code."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.factors import recovery, totp
from forum.accounts.factors.models import Passkey, TotpSecret, has_factor
from forum.accounts.models import Account, SecurityKind
from forum.accounts.security import Origin, record
from forum.i18n import gettext as _
from forum.settings import Settings

DIGITS = re.compile(r"[0-9]{6}")
TRIES_BY_ACCOUNT = "10/15 minutes"
TRIES_BY_ADDRESS = "60/15 minutes"


def take_code(session: Session, settings: Settings, account: Account, typed: str, origin: Origin) -> bool:
    """Whether a code is right and unused; a recovery code that was is told to the owner."""
    code = recovery.plain(typed)
    if DIGITS.fullmatch(code):
        return totp.take(session, settings, account.id, code)
    if not recovery.take(session, account.id, code):
        return False
    words = _("{count} left").format(count=recovery.left(session, account.id))
    record(session, account, SecurityKind.CODE_USED, origin, detail=words)
    return True


def is_protected(session: Session, account_id: int) -> bool:
    """Whether the account asks for more than a password."""
    return bool(session.scalar(select(has_factor(account_id))))


def has_app(session: Session, account_id: int) -> bool:
    return session.get(TotpSecret, account_id) is not None


def has_passkey(session: Session, account_id: int) -> bool:
    return session.scalar(select(Passkey.id).where(Passkey.account_id == account_id).limit(1)) is not None


def wrong() -> str:
    return _("That code is not right, or was used before. Wait for the next one, or use another recovery code.")
