"""Messages as what files are attached to: a file is read by whoever reads the message."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, select

from forum.access import Actor, Privilege
from forum.uploads.holders import Holder, Holders
from support.messages.models import Message
from support.tickets.models import Ticket

KIND = "message"


def register(holders: Holders) -> None:
    there = Holder(KIND, _seen, lambda column: exists().where(Message.id == column), Privilege.WORK_TICKETS)
    holders.add(there)


def _seen(actor: Actor | None, column: Any) -> ColumnElement[bool]:
    """A message that stands in a thread says nothing of its own any more: its files are those of the post."""
    query = select(Message.id).join(Ticket, Ticket.id == Message.ticket_id)
    shown = (Message.withheld.is_(False), Message.source_id.is_(None))
    return query.where(Message.id == column, *shown, Message.visible_to(actor), Ticket.visible_to(actor)).exists()
