"""The guidelines: one page, or none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base

THE_ONE = 1


class Guidelines(Base):
    """Markdown as it was written, and what the cooker made of it. There is at most one row."""

    __tablename__ = "guidelines"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    cooker_version: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=now)
