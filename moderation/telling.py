"""One way to tell somebody something: a notification, which becomes mail for those who want mail."""

from __future__ import annotations

from sqlalchemy.orm import Session


def tell(session: Session, account_id: int, kind: str, text: str, path: str) -> None:
    """Tell a person, in the moderators' name: who of them acted is not said."""
