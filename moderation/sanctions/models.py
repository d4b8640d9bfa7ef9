"""What was done about a person, and until when."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base
from forum.events.moderation import SanctionKind

FOR_GOOD = datetime(2999, 12, 31, tzinfo=UTC)
"""What an account's column holds for a sanction without an end: it lasts until it is lifted."""


class Sanction(Base):
    """A warning, a silence or a suspension, with what the person was told; `until` is None where it has no end."""

    __tablename__ = "sanctions"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[SanctionKind]
    message: Mapped[str] = mapped_column(String(2000))
    until: Mapped[datetime | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    lift_note: Mapped[str] = mapped_column(String(2000), default="")

    __table_args__ = (Index("ix_sanctions_of_person", "account_id", "created_at"),)

    @property
    def active(self) -> bool:
        return self.lifted_at is None and self.kind != SanctionKind.WARN and (self.until is None or self.until > now())

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may read of a sanction: the person it concerns, and those who may sanction."""
        if actor is None:
            return cls.id.is_(None)
        return cls.id.is_not(None) if actor.can(Privilege.SANCTION) else cls.account_id == actor.id
