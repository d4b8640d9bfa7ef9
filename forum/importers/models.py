"""What was imported from where, so that a second run adds nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class ImportSource(Base):
    """A site that was imported from. Later dumps of it go under the same name; `format` is what it ran on."""

    __tablename__ = "import_sources"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    format: Mapped[str] = mapped_column(String(20), default="stackexchange", server_default="stackexchange")
    created_at: Mapped[datetime] = mapped_column(default=now)


class ImportedId(Base):
    """Something's number there and here. `digest` is of what it said, `revision` the one it was given here.

    A post whose revision has moved on was edited here since, and keeps its text.
    """

    __tablename__ = "imported_ids"
    source_id: Mapped[int] = mapped_column(ForeignKey("import_sources.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    local_id: Mapped[int]
    digest: Mapped[str] = mapped_column(String(16), default="")
    revision: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_imported_ids_local", "kind", "local_id"),)


class ImportRun(Base):
    """How far one run has come: `done` of the `total` bytes of its `phase`, and in `report` what came of those before.

    `seen_at` is when it last said so; a run that says nothing more, and has no end, was killed.
    """

    __tablename__ = "import_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("import_sources.id"), index=True)
    format: Mapped[str] = mapped_column(String(20))
    phase: Mapped[str] = mapped_column(String(80), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(String(1000))
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
