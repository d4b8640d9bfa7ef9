"""What an admin changes while the site runs, kept in the database."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy import JSON, Select, String, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from forum.changes.reads import note_reads
from forum.db import Base, Json
from forum.prepared import prepared

T = TypeVar("T")


class Option(Base):
    __tablename__ = "options"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


def option(session: Session, name: str, default: T) -> T:
    """What is set under a name, such as "privileges.preset", or the default."""
    return cast(T, _set(session).get(name, default))


def hold_options(session: Session) -> None:
    """Let nobody else set an option until commit, for whoever reads some before setting them."""
    if session.get_bind().dialect.name == "postgresql":  # on SQLite there is one writer at a time
        session.execute(text("LOCK TABLE options IN SHARE ROW EXCLUSIVE MODE"))
    session.info.pop("options", None)


def set_option(session: Session, name: str, value: Any) -> None:
    _set(session)[name] = value
    session.merge(Option(name=name, value=value))


@prepared
def _options(_reader: None) -> Select[str, Any]:
    return select(Option.name, Option.value)


def _set(session: Session) -> dict[str, Any]:
    """All that is set, read once a transaction: most options never are, and many are asked for on every page."""
    known: tuple[object, dict[str, Any]] | None = session.info.get("options")
    if known is None or known[0] is not session.get_transaction():
        return know_options(session, {row.name: row.value for row in _options(session, None)})
    return known[1]


def know_options(session: Session, found: dict[str, Any]) -> dict[str, Any]:
    """Take as all that is set what was just read along with something else: `EveryOption` as a column."""
    note_reads((Option.__tablename__,), {})
    session.info["options"] = (session.get_transaction() or session.begin(), found)
    return found


class EveryOption(FunctionElement[dict[str, Any]]):
    """All that is set as one value, so that it can be read along with something else."""

    type = JSON()
    inherit_cache = True


@compiles(EveryOption, "sqlite")
def _object(_element: EveryOption, _compiler: Any, **_words: Any) -> str:
    return "(SELECT json_group_object(name, json(value)) FROM options)"


@compiles(EveryOption, "postgresql")
def _aggregate(_element: EveryOption, _compiler: Any, **_words: Any) -> str:
    return "(SELECT coalesce(json_object_agg(name, value), '{}') FROM options)"
