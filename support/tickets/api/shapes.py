"""How tickets read over the API: one shape for staff, one for customers, which knows nothing of how staff work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from forum.web.api.shapes import Author, Given, Line, Shown, Text, Written
from support.messages.models import Audience, Side
from support.tickets.models import Priority, Reason, SolvedHow, TicketState

Version = Annotated[int, Field(ge=1, le=2**31)]
CustomerState = Literal["new", "open", "pending", "hold", "solved", "closed", "merged"]


class MessageOut(Shown):
    """One message. `url` leads to where it stands in the thread; `gone` says that it no longer stands there."""

    id: int
    body: str
    body_html: str
    audience: Audience
    author: Author | None
    side: Side
    url: str | None
    gone: bool
    created_at: datetime


class OrganisationOut(Shown):
    """Where a ticket's customer belongs, for staff; `importance` is 1 for the highest and 5 for the lowest."""

    name: str
    plan: str
    importance: int


class TicketSummary(Shown):
    """A ticket in the desk's list; `awaits_staff` says that the customer spoke last."""

    ref: str
    subject: str
    state: TicketState
    tier: int
    priority: Priority
    team: str
    assignee: str | None
    requester: str
    organisation: OrganisationOut | None
    awaits_staff: bool
    last_word_at: datetime


class OwnTicketSummary(Shown):
    """A ticket in its customer's list, or in that of a colleague it is shared with; `requester` says whose it is."""

    ref: str
    subject: str
    state: CustomerState
    requester: str
    shared: bool
    created_at: datetime
    last_word_at: datetime


class TicketOut(Shown):
    """A ticket as staff see it; a change may name the `version` it was made for."""

    ref: str
    subject: str
    state: TicketState
    tier: int
    priority: Priority
    team: str
    assignee: str | None
    requester: str
    organisation: OrganisationOut | None
    shared: bool
    thread: int | None
    reason: Reason
    environment: str
    solved_how: SolvedHow | None
    merged_into: str | None
    merged: list[str]
    follow_up_of: str | None
    followed_by: str | None
    version: int
    messages: list[MessageOut]
    created_at: datetime
    last_word_at: datetime


class OwnTicketOut(Shown):
    """A ticket as its customer sees it, and colleagues where it is `shared` with them."""

    ref: str
    subject: str
    state: CustomerState
    requester: str
    shared: bool
    thread: int | None
    merged_into: str | None
    follow_up_of: str | None
    followed_by: str | None
    messages: list[MessageOut]
    created_at: datetime
    last_word_at: datetime


class NewTicket(Written):
    """`thread` is a thread that the matter is about; the ticket is no more public for that."""

    subject: Line = Field(examples=["An invoice came twice"])
    thread: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    product: Line | None = None
    environment: Line = ""
    shared: bool | None = Field(
        default=None,
        description="Whether colleagues read along, where your organisation shares tickets: by default, yes.",
    )


class TicketChange(Given):
    """What is left out stays as it is. A customer may only say that it is solved, close it, or share it."""

    state: Annotated[TicketState, Field(strict=False)] | None = None
    assignee: Line | None = Field(default=None, description="A handle; null puts the ticket back.")
    tier: Annotated[int, Field(ge=1, le=3)] | None = None
    priority: Annotated[Priority, Field(strict=False)] | None = Field(default=None, examples=["high"])
    team: Line | None = None
    reason: Text = Field(default="", description="With `tier`: why it is handed over.")
    how: Annotated[SolvedHow, Field(strict=False)] | None = Field(
        default=None, description="With the state solved; without it, as the conversation shows."
    )
    shared: bool | None = Field(default=None, description="Whether colleagues read along; only its customer says so.")
    version: Version | None = None


class NewMessage(Written):
    """Staff say who reads it: the customer and staff unless they choose otherwise. A public one is an answer."""

    audience: Annotated[Audience, Field(strict=False)] | None = None
    version: Version | None = None


class Merge(Given):
    into: Line = Field(examples=["PL-1001"])
    version: Version | None = None
