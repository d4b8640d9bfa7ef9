"""What an admin changes while the site runs, kept in the database."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.db import Base, Json

T = TypeVar("T")


class Option(Base):
    __tablename__ = "options"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


def option(session: Session, name: str, default: T) -> T:
    """What is set under a name, such as "privileges.preset", or the default."""
    row = session.get(Option, name)
    return default if row is None else cast(T, row.value)


def set_option(session: Session, name: str, value: Any) -> None:
    session.merge(Option(name=name, value=value))
