"""What happens to tickets.

None of these carries what a person wrote: those who may read the audit log may not
read the desk's conversations.
"""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import Event, StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened(Event):
    """`thread_id` is None when it was private from the start; `follow_up_of_id` names the closed one before it."""

    ticket_id: int
    requester_id: int
    thread_id: int | None
    follow_up_of_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequesterWrote(Event):
    """The customer said something, on whatever channel; `reopened` when that changed the ticket's state to open."""

    ticket_id: int
    message_id: int
    reopened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffReplied(StaffAction):
    """Staff wrote a message: "public", "requester" or "internal"."""

    ticket_id: int
    message_id: int
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAssigned(StaffAction):
    ticket_id: int
    assignee_id: int | None
    previous_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHandedOver(StaffAction):
    ticket_id: int
    tier: int
    previous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSorted(StaffAction):
    """Its priority or team was changed; `field` says which."""

    ticket_id: int
    field: str
    value: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMoved(Event):
    """Its state changed, by whomever; `actor_id` is None when time did it."""

    ticket_id: int
    was: str
    became: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMovedByStaff(StaffAction):
    ticket_id: int
    was: str
    became: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMerged(StaffAction):
    """Two tickets of one customer became one; `undone` when they were taken apart again."""

    ticket_id: int
    into_id: int
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationDeclined(StaffAction):
    ticket_id: int
    thread_id: int | None
