"""The log of what staff did: entries that cannot be changed, their texts that can be erased, and the chain's head."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base


class AuditEntry(Base):
    """One act. `id` counts without gaps; `hash` covers everything here and the entry before.

    `facts` holds ids, enums and times only. Free text lies in `audit_texts`, and
    `text_digest` is all that the chain knows of it. A trigger refuses change.
    """

    __tablename__ = "audit_entries"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]]
    text_digest: Mapped[str | None] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_entries_actor", "actor_id", "id"),
        Index("ix_audit_entries_action", "action", "id"),
        Index("ix_audit_entries_at", "at"),
    )

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        return true() if actor is not None and actor.can(Privilege.SEE_AUDIT) else false()


class AuditText(Base):
    """The words of an entry. Erased, the row is gone: the chain holds only a salted digest, and still verifies."""

    __tablename__ = "audit_texts"
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(32))
    texts: Mapped[dict[str, Any]]


class AuditCheck(Base):
    """One walk along the chain that somebody asked for, done a part at a time: `checked` entries stand so far.

    `previous_hash` is that of the last of them. `broken_id` is the first entry that does not fit, and `why` says how.
    """

    __tablename__ = "audit_checks"
    id: Mapped[int] = mapped_column(primary_key=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    checked: Mapped[int] = mapped_column(default=0)
    previous_hash: Mapped[str] = mapped_column(String(64))
    broken_id: Mapped[int | None]
    why: Mapped[str | None] = mapped_column(String(100))
    ended_at: Mapped[datetime | None]


class AuditHead(Base):
    """The one row (id 1) that writers lock, so that they join the chain one after another."""

    __tablename__ = "audit_heads"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
