"""The one table of levels."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class Subject(enum.StrEnum):
    """What a level can be chosen for, the most specific place first."""

    __hash__ = str.__hash__  # as for PostKind

    THREAD = "thread"
    TAG = "tag"
    PRODUCT = "product"
    PERSON = "person"


class Level(enum.StrEnum):
    """How much of it somebody hears, the most first; what each one tells of is said in `rules.TELLS`."""

    __hash__ = str.__hash__

    WATCH = "watch"
    FOLLOW = "follow"
    NORMAL = "normal"
    MUTE = "mute"


HEARING = (Level.WATCH, Level.FOLLOW)
"""Levels that tell of more than what is about oneself."""


class Follow(Base):
    """The level that somebody has for one subject; no row means that they chose none.

    Whoever asks, answers or comments follows the thread, unless they have a level for it already.
    `threads.follower_count` counts the rows of a thread whose level is one of `HEARING`.
    """

    __tablename__ = "follows"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    subject: Mapped[Subject] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(default=Level.FOLLOW)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_follows_subject", "subject", "subject_id", "account_id"),)
