"""Versions of the terms, each in the languages it was written in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base


class TermsVersion(Base):
    """A version; the one that is being written has no `published_at`, and there is one such at most.

    Once published it is never changed. `asks_again` says that those who had agreed before are asked, and have to have
    agreed by `required_from`. `note` says in a few words what is new.
    """

    __tablename__ = "terms_versions"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    asks_again: Mapped[bool] = mapped_column(default=False)
    required_from: Mapped[date | None]
    published_at: Mapped[datetime | None]


class TermsText(Base):
    """Markdown as it was written, and what the cooker made of it."""

    __tablename__ = "terms_texts"
    version_id: Mapped[int] = mapped_column(ForeignKey("terms_versions.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    cooker_version: Mapped[int]
