"""The people on a page: who wrote what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    handle: str
    display_name: str
    reputation: int
    is_staff: bool
    is_moderator: bool


def people(session: Session, account_ids: Iterable[int | None]) -> dict[int, Person | None]:
    """Everybody of these ids, in one query; None for those whose account was erased."""
    wanted = sorted({account_id for account_id in account_ids if account_id is not None})
    if not wanted:
        return {}
    columns = (
        Account.id,
        Account.handle,
        Account.display_name,
        Account.reputation,
        Account.staff,
        Account.moderator,
        Account.anonymised_at,
    )
    rows = session.execute(select(*columns).where(Account.id.in_(wanted))).all()
    return {row[0]: None if row[6] is not None else Person(*row[:6]) for row in rows}
