"""What people were told, by what they may read of it, and how each wants to be told."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor
from forum.clock import now
from forum.db import Base
from forum.posts import PostKind


class ByMail(enum.StrEnum):
    """When somebody hears of a matter by mail."""

    __hash__ = str.__hash__  # as for PostKind

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NEVER = "never"


class Notification(Base):
    """One thing told to one person. `thread_id` says whose title the sentence names; it is not kept
    here, because it may be hidden later. With a `key`, the same thing is told to the same
    person once. `accounts.unread_count` is the number of rows of the `page` that were not read.

    `by_mail` is how a letter is to bring it, None for not at all; `letter_id` is the job that does.
    `why` names what the person chose a level for ("tag:5"), "" where it concerns themselves.
    """

    __tablename__ = "notifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"), index=True)
    post_kind: Mapped[PostKind | None]
    post_id: Mapped[int | None]
    text: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    key: Mapped[str | None] = mapped_column(String(120))
    page: Mapped[bool] = mapped_column(default=True)
    by_mail: Mapped[ByMail | None]
    letter_id: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notifications_account_id_id", "account_id", "id"),
        Index(
            "ix_notifications_to_mail",
            "account_id",
            "by_mail",
            "id",
            sqlite_where=sql("by_mail IS NOT NULL AND letter_id IS NULL"),
            postgresql_where=sql("by_mail IS NOT NULL AND letter_id IS NULL"),
        ),
        Index(
            "ix_notifications_letter_id",
            "letter_id",
            sqlite_where=sql("letter_id IS NOT NULL"),
            postgresql_where=sql("letter_id IS NOT NULL"),
        ),
    )

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Only to whom it was told."""
        return false() if actor is None else cls.account_id == actor.id


class Choice(Base):
    """How somebody wants to hear of a matter; `EVERY` stands for all that they chose nothing else for."""

    __tablename__ = "notification_choices"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    matter: Mapped[str] = mapped_column(String(40), primary_key=True)
    page: Mapped[bool] = mapped_column(default=True)
    by_mail: Mapped[ByMail] = mapped_column(default=ByMail.AT_ONCE)


EVERY = "*"


class MailWindow(Base):
    """Until when what is told to somebody is gathered, because a letter went to them a moment ago."""

    __tablename__ = "mail_windows"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    until: Mapped[datetime]


class Rhythm(enum.StrEnum):
    """How often a digest comes."""

    __hash__ = str.__hash__

    DAILY = "daily"
    WEEKLY = "weekly"


class DigestChoice(Base):
    """Who gets a digest: how often, at which full hour of their own time zone, on which day of the week (0: Monday).

    `next_at` is worked out from that whenever one is made and whenever one of the three, or the time zone, changes.
    """

    __tablename__ = "digest_choices"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    rhythm: Mapped[Rhythm]
    hour: Mapped[int] = mapped_column(default=8)
    weekday: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(index=True)


class Digest(Base):
    """A digest that was made: one an account and period, which is named by its last day as the account counts days."""

    __tablename__ = "digests"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
