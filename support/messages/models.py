"""What was said in a ticket."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base


class Audience(enum.StrEnum):
    """Who reads a message: everyone, the customer and staff, or staff alone."""

    PUBLIC = "public"
    REQUESTER = "requester"
    INTERNAL = "internal"


class Side(enum.StrEnum):
    """Who spoke: the customer, staff, somebody else in the thread, or the program."""

    REQUESTER = "requester"
    STAFF = "staff"
    CONTEXT = "context"
    PROGRAM = "program"


class MessageKind(enum.StrEnum):
    """How it came: written here, said in the thread, or made by the program, which changes no state."""

    WEB = "web"
    THREAD = "thread"
    AUTOMATIC = "automatic"


class Message(Base):
    """One message, with one audience.

    A message that stands in the thread holds no text of its own: `source_kind` and
    `source_id` name the post, which is read afresh, so that what is edited, hidden or
    erased there is so here. A source is in a ticket once. `withheld` text is shown to nobody.
    """

    __tablename__ = "ticket_messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    audience: Mapped[Audience]
    side: Mapped[Side]
    kind: Mapped[MessageKind] = mapped_column(default=MessageKind.WEB)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    source: Mapped[str] = mapped_column(default="")
    html: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    cooker_version: Mapped[int] = mapped_column(default=0)
    source_kind: Mapped[str | None] = mapped_column(String(20))
    source_id: Mapped[int | None]
    withheld: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("source_kind", "source_id"),)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may read a message, given that they may see its ticket."""
        if actor is None:
            return false()
        return true() if actor.can(Privilege.WORK_TICKETS) else cls.audience != Audience.INTERNAL
