"""Votes: one live row a person and post."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base
from forum.posts import PostKind


class Vote(Base):
    """What somebody thinks of a question or an answer; taking it back deletes the row."""

    __tablename__ = "votes"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    post_kind: Mapped[PostKind] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        CheckConstraint("value IN (-1, 1)", name="value"),
        Index("ix_votes_post", "post_kind", "post_id"),
    )
