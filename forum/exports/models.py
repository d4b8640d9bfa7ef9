"""Archives that people asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class DataExport(Base):
    """One archive of one person's data; `file` is its name in `VAR/exports` while it can be fetched."""

    __tablename__ = "data_exports"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    file: Mapped[str | None] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_data_exports_account_id_id", "account_id", "id"),)

    @property
    def fetchable(self) -> bool:
        return self.file is not None and self.expires_at is not None and self.expires_at > now()
