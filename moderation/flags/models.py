"""One person's word that something is wrong with a post."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base
from forum.events.moderation import FlagReason
from forum.posts import PostKind, PostRef


class FlagState(enum.StrEnum):
    PENDING = "pending"
    AGREED = "agreed"
    DISAGREED = "disagreed"
    IGNORED = "ignored"
    RETRACTED = "retracted"


class Flag(Base):
    """One a person and post: taken back and raised again it is the same row.

    `weight` is what it counted for when it was raised. `decision_id` settled it.
    """

    __tablename__ = "flags"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    post_kind: Mapped[PostKind]
    post_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[FlagReason]
    note: Mapped[str] = mapped_column(String(500), default="")
    weight: Mapped[float]
    state: Mapped[FlagState] = mapped_column(default=FlagState.PENDING)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("review_decisions.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("post_kind", "post_id", "account_id"),
        Index("ix_flags_of_person", "account_id", "state"),
    )

    @property
    def post(self) -> PostRef:
        return PostRef(self.post_kind, self.post_id)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that a flag exists: whoever raised it, and moderators; never the author it is about."""
        if actor is None:
            return cls.id.is_(None)
        if actor.can(Privilege.MODERATE):
            return cls.id.is_not(None)
        return cls.account_id == actor.id
