"""A handle for somebody who comes from a provider: like what they are called there, and nobody else's."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.accounts.names import clean_handle
from forum.accounts.reserving import reserved
from forum.errors import Invalid

NUMBERED = range(2, 10)
SHORTEST = 3
ROOM = 27


def free_handle(session: Session, names: Iterable[str]) -> str:
    """The first that can be had. No address becomes one, nor a part of it: everybody sees a handle."""
    bases = [base for name in names if "@" not in name and len(base := _plain(name)) >= SHORTEST]
    wished = [handle for base in bases for handle in (base, *(f"{base}-{number}" for number in NUMBERED))]
    possible = [handle for handle in wished if _fits(handle)]
    if possible:
        taken = set(session.scalars(select(Account.handle).where(Account.handle.in_(possible))))
        taken |= reserved(session, possible)
        for handle in possible:
            if handle not in taken:
                return handle
    return f"member-{secrets.token_hex(4)}"


def _plain(name: str) -> str:
    """A name in the letters that handles have."""
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_).strip("-_")[:ROOM].strip("-_")


def _fits(handle: str) -> bool:
    try:
        return clean_handle(handle) == handle
    except Invalid:
        return False
