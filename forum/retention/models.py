"""What retention did last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base


class RetentionRun(Base):
    """When a rule was last applied, and to how many rows or files."""

    __tablename__ = "retention_runs"
    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    count: Mapped[int]
