"""People as the pages of the desk show them."""

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
    is_staff: bool = False

    @property
    def name(self) -> str:
        return self.display_name or self.handle

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.handle


def people(session: Session, ids: Iterable[int | None]) -> dict[int | None, Person]:
    """Everybody of these ids, in one query."""
    wanted = {found for found in ids if found is not None}
    rows = session.execute(
        select(Account.id, Account.handle, Account.display_name, Account.staff).where(Account.id.in_(wanted))
    )
    return {row.id: Person(*row) for row in rows}
