"""What an admin changes while the site runs, kept in the database."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.db import Base, Json

T = TypeVar("T")


class Option(Base):
    __tablename__ = "options"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


def option(session: Session, name: str, default: T) -> T:
    """What is set under a name, such as "privileges.preset", or the default."""
    return cast(T, _set(session).get(name, default))


def set_option(session: Session, name: str, value: Any) -> None:
    _set(session)[name] = value
    session.merge(Option(name=name, value=value))


def _set(session: Session) -> dict[str, Any]:
    """All that is set, read once a transaction: most options never are, and many are asked for on every page."""
    transaction = session.get_transaction() or session.begin()
    known: tuple[object, dict[str, Any]] | None = session.info.get("options")
    if known is None or known[0] is not transaction:
        rows = session.execute(select(Option.name, Option.value))
        known = session.info["options"] = (transaction, {row.name: row.value for row in rows})
    return known[1]
