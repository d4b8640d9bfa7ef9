"""Handles of people who were erased: nobody else gets them, and only keyed digests of them are kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import ReservedHandle
from forum.clock import now
from forum.db import insert_on
from forum.settings import Settings


def reserve(session: Session, handle: str) -> None:
    row = {"digest": _digest(session, handle), "created_at": now()}
    insert = insert_on(session.get_bind().dialect.name, ReservedHandle)
    session.execute(insert.values(row).on_conflict_do_nothing())


def reserved(session: Session, handles: Iterable[str]) -> set[str]:
    """Those of the handles that nobody can have any more."""
    digests = {_digest(session, handle): handle for handle in handles}
    found = session.scalars(select(ReservedHandle.digest).where(ReservedHandle.digest.in_(digests)))
    return {digests[one] for one in found}


def _digest(session: Session, handle: str) -> str:
    """Keyed with the site's secret, as a handle is short enough to be guessed from a plain one."""
    settings: Settings = session.info["settings"]
    return hmac.new(settings.secret.encode(), f"handle:{handle.lower()}".encode(), hashlib.sha256).hexdigest()
