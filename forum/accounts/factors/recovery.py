"""Recovery codes: ten words for when the factor is lost, each good once."""

from __future__ import annotations

import base64
import re
import secrets

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from forum.accounts.factors.models import RecoveryCode
from forum.accounts.queries import token_hash
from forum.clock import now

COUNT = 10
SHAPE = re.compile(r"[a-z2-7]{16}")


def renew(session: Session, account_id: int) -> list[str]:
    """New codes in place of all before, as they are shown this once: 80 random bits each, so a plain hash is enough."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(COUNT)]
    session.add_all(RecoveryCode(account_id=account_id, code_hash=token_hash(code)) for code in codes)
    session.flush()
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def take(session: Session, account_id: int, typed: str) -> bool:
    """Whether this is one of the account's codes that was not used; then it is used, by whoever asks first."""
    code = plain(typed)
    if not SHAPE.fullmatch(code):
        return False
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    found = update(RecoveryCode).where(RecoveryCode.code_hash == token_hash(code), *unused)
    return session.execute(found.values(used_at=now()).returning(RecoveryCode.id)).one_or_none() is not None


def left(session: Session, account_id: int) -> int:
    """How many codes are unused."""
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def plain(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed).lower()
