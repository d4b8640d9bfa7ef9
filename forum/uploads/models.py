"""Files, what they are attached to, and what the sweep took away."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, exists, false, or_, text
from sqlalchemy.orm import Mapped, aliased, mapped_column

from forum.access import Actor
from forum.clock import now
from forum.db import Base
from forum.uploads.holders import Holder, Holders


class FileKind(enum.StrEnum):
    IMAGE = "image"
    OTHER = "other"


class File(Base):
    """One file. `token` is its address, which cannot be guessed; `key` is where the bytes lie.

    `size` and `digest` are those of the bytes that are kept, which for an image are not those that came.
    `attached_at` is when it first stood in a post or a message: until then it is its uploader's alone.
    """

    __tablename__ = "files"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(22), unique=True)
    uploader_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[FileKind]
    name: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    digest: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    thumbnail_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    attached_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        Index("ix_files_uploader_id", "uploader_id", "created_at"),
        Index(
            "ix_files_unattached",
            "created_at",
            sqlite_where=text("attached_at IS NULL"),
            postgresql_where=text("attached_at IS NULL"),
        ),
        Index(
            "ix_files_removed_at",
            "removed_at",
            sqlite_where=text("removed_at IS NOT NULL"),
            postgresql_where=text("removed_at IS NOT NULL"),
        ),
    )

    @classmethod
    def visible_to(cls, actor: Actor | None, holders: Holders) -> ColumnElement[bool]:
        """Who may know that a file exists: whoever may read what it is attached to; until then, who brought it."""
        shown = [cls.held_by(holder, actor) for holder in holders]
        own = false() if actor is None else and_(cls.uploader_id == actor.id, cls.attached_at.is_(None))
        return and_(cls.removed_at.is_(None), or_(own, *shown))

    @classmethod
    def held_by(cls, holder: Holder, actor: Actor | None) -> ColumnElement[bool]:
        """Whether something of this kind holds it that the actor may read."""
        use = aliased(FileUse)
        seen = holder.seen_by(actor, use.holder_id)
        return exists().where(use.file_id == cls.id, use.holder_kind == holder.kind, seen)


class FileUse(Base):
    """A file in a post or a message. `current` is False once only an earlier revision shows it."""

    __tablename__ = "file_uses"
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    holder_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    current: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_file_uses_holder", "holder_kind", "holder_id"),)


class FileSweep(Base):
    """What one sweep found: bytes that no file knew (`orphans`), and files that nobody used (`unused`)."""

    __tablename__ = "file_sweeps"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    looked_at: Mapped[int] = mapped_column(default=0)
    orphans: Mapped[int] = mapped_column(default=0)
    orphan_bytes: Mapped[int] = mapped_column(default=0)
    unused: Mapped[int] = mapped_column(default=0)
