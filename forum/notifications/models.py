"""What somebody has been told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor
from forum.clock import now
from forum.db import Base
from forum.posts import PostKind


class Notification(Base):
    """One thing one person was told of.

    `text` is a reason or a note meant for this person; a post's own text is never copied
    here, because it may be hidden later. With a `key`, the same thing is told to the same
    person once. `accounts.unread_count` is the number of rows that were not read.
    """

    __tablename__ = "notifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"), index=True)
    post_kind: Mapped[PostKind | None]
    post_id: Mapped[int | None]
    text: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    key: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notifications_account_id_id", "account_id", "id"),
    )

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Only to whom it was told."""
        return false() if actor is None else cls.account_id == actor.id
