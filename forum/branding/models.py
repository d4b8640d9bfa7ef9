"""The logo, kept in the database so that every process on every host has it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class StoredLogo(Base):
    """A picture as it was made anew from an upload; its digest is its name, so a row never changes."""

    __tablename__ = "logos"
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
