"""Who has the same problem."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class MeToo(Base):
    """Somebody who has a thread's problem too; `notify` says whether to tell them of the fix."""

    __tablename__ = "me_too"
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    notify: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
