"""The people on a page: who wrote what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.changes import keyed


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    handle: str
    display_name: str
    reputation: int
    is_staff: bool
    is_moderator: bool


PERSON: tuple[Any, ...] = (
    Account.id.label("person_id"),
    Account.handle,
    Account.display_name,
    Account.reputation,
    Account.staff,
    Account.moderator,
    Account.anonymised_at,
)
"""What a statement that joins the author selects of them, for `person_of`."""


def person_of(row: Row[Any]) -> Person | None:
    """The person in a row with the columns PERSON; None when their account was erased."""
    if row.anonymised_at is not None:
        return None
    return Person(
        row.person_id, row.handle, row.display_name, row.reputation, is_staff=row.staff, is_moderator=row.moderator
    )


def people(session: Session, account_ids: Iterable[int | None]) -> dict[int, Person | None]:
    """Everybody of these ids, in one query; None for those whose account was erased."""
    wanted = sorted({account_id for account_id in account_ids if account_id is not None})
    if not wanted:
        return {}
    rows = session.execute(keyed(select(*PERSON).where(Account.id.in_(wanted)), accounts=wanted)).all()
    return {row.person_id: person_of(row) for row in rows}
