"""Requests to be erased."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base

OPEN = "withdrawn_at IS NULL AND done_at IS NULL"


class ErasureState(enum.StrEnum):
    """Read off a request's times, never stored."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class ErasureRequest(Base):
    """One person's wish to be erased, open once a person; it is done when `due_at` has come.

    `content` says that what they wrote goes too. `owner_id` is the admin who answers for it. `step` and
    `position` say how far it has come, of `steps` that there were when it began.
    """

    __tablename__ = "erasure_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    content: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(
            "uq_erasure_requests_open",
            "account_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_erasure_requests_due_at", "due_at"),
    )

    @property
    def state(self) -> ErasureState:
        if self.done_at is not None:
            return ErasureState.DONE
        if self.withdrawn_at is not None:
            return ErasureState.WITHDRAWN
        return ErasureState.UNDER_WAY if self.begun_at is not None else ErasureState.WAITING
