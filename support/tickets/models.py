"""Tickets, what happened to them, and who follows them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, false, or_, select, text, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.accounts.models import Organisation
from forum.clock import now
from forum.db import Base


class TicketState(enum.StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"
    MERGED = "merged"
    SPAM = "spam"


LIVE = (TicketState.NEW, TicketState.OPEN, TicketState.PENDING, TicketState.HOLD, TicketState.SOLVED)
"""States in which a word from the customer still reaches this very ticket."""
AT_WORK = (TicketState.NEW, TicketState.OPEN, TicketState.PENDING, TicketState.HOLD)


class Priority(enum.StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Reason(enum.StrEnum):
    """Why it came to staff."""

    UNANSWERED = "unanswered"
    UNHELPFUL = "unhelpful"
    OUTAGE = "outage"
    SECURITY = "security"
    BILLING = "billing"
    DATA_LOSS = "data_loss"
    HANDED_OVER = "handed_over"
    RULE = "rule"
    PRIVATE = "private"


class SolvedHow(enum.StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    NO_REPLY = "no_reply"


class Ticket(Base):
    """One matter between a customer and staff.

    `thread_id` is the thread it grew from: its public face, of which a thread has one at
    most while the ticket lives. `about_thread_id` is a thread somebody else's private
    ticket merely points at. `declined_at` marks a ticket that staff turned down; the
    customer's next word clears it. `shared` is the customer's wish that their colleagues
    read along; it counts while their organisation shares tickets. `version` counts every change, so that a page which
    is out of date can be told from one that is not.
    """

    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    requester_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    shared: Mapped[bool] = mapped_column(default=False)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"))
    about_thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"), index=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id"))
    environment: Mapped[str] = mapped_column(String(300), default="")
    subject: Mapped[str] = mapped_column(String(150))
    reason: Mapped[Reason] = mapped_column(default=Reason.PRIVATE)
    state: Mapped[TicketState] = mapped_column(default=TicketState.NEW)
    priority: Mapped[Priority] = mapped_column(default=Priority.NORMAL)
    tier: Mapped[int] = mapped_column(default=1)
    team: Mapped[str] = mapped_column(String(40), default="")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    solved_how: Mapped[SolvedHow | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    state_before: Mapped[TicketState | None]
    follow_up_of_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_word_at: Mapped[datetime] = mapped_column(default=now)
    last_requester_at: Mapped[datetime | None]
    last_staff_at: Mapped[datetime | None]
    last_public_at: Mapped[datetime | None]
    pending_since: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_tickets_live_thread",
            "thread_id",
            unique=True,
            sqlite_where=text("state IN ('new', 'open', 'pending', 'hold', 'solved')"),
            postgresql_where=text("state IN ('new', 'open', 'pending', 'hold', 'solved')"),
        ),
        Index("ix_tickets_thread_id", "thread_id"),
        Index("ix_tickets_state_last_word_at", "state", "last_word_at", "id"),
        Index("ix_tickets_last_word_at", "last_word_at", "id"),
        Index("ix_tickets_organisation_shared", "organisation_id", "shared", "last_word_at", "id"),
        Index("ix_tickets_assignee_id_state", "assignee_id", "state"),
    )

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that a ticket exists: staff; its customer; colleagues, where their organisation shares."""
        if actor is None:
            return false()
        return true() if actor.can(Privilege.WORK_TICKETS) else cls.own_of(actor)

    @classmethod
    def own_of(cls, actor: Actor) -> ColumnElement[bool]:
        """A person's own tickets as a customer, and those that colleagues share with them."""
        return or_(cls.requester_id == actor.id, cls.shared_with(actor))

    @classmethod
    def shared_with(cls, actor: Actor) -> ColumnElement[bool]:
        """What is shared in a person's organisation: by each customer's choice, while it shares tickets at all."""
        if actor.organisation_id is None:
            return false()
        sharing = select(Organisation.id).where(
            Organisation.id == actor.organisation_id, Organisation.shares_tickets.is_(True)
        )
        theirs = and_(cls.organisation_id == actor.organisation_id, cls.organisation_id.in_(sharing))
        return and_(theirs, cls.shared.is_(True))


class TicketCounter(Base):
    """The last number given to a ticket; one row, which each new ticket moves on."""

    __tablename__ = "ticket_counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class TicketFollower(Base):
    """A member of staff who hears how a ticket ends, whoever has it by then."""

    __tablename__ = "ticket_followers"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class TicketEvent(Base):
    """What happened to a ticket, for staff's eyes; `note` is a person's own words, such as why it was handed over."""

    __tablename__ = "ticket_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = mapped_column(String(1000), default="")
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
