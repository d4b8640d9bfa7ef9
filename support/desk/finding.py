"""Finding a ticket by what somebody remembers of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.prepared import prepared
from support.messages.models import Message
from support.tickets.models import Ticket

WORDS = 6
LOOK_BACK = 200_000
"""How many of the latest messages are looked through: what is older is found by subject and customer."""


def reference_of(session: Session, actor: Actor, text: str) -> str | None:
    """The reference that a text is, when the actor may see its ticket."""
    found: str | None = _reference(session, actor, reference=text.strip().upper()).scalar()
    return found


@prepared
def _reference(reader: Actor) -> Select[*tuple[Any, ...]]:
    return select(Ticket.reference).where(Ticket.reference == bindparam("reference"), Ticket.visible_to(reader))


def matches(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """Each word stands in the subject, in a message, or in the customer's name, handle or address."""
    return [_has(actor, word.lstrip("@") or word) for word in text.split()[:WORDS]]


def _has(actor: Actor, word: str) -> ColumnElement[bool]:
    """Of a ticket joined with its customer."""
    oldest = select(func.max(Message.id) - LOOK_BACK).scalar_subquery()
    said = select(Message.ticket_id).where(
        Message.id > oldest,
        Message.text.icontains(word, autoescape=True),
        Message.withheld.is_(False),
        Message.visible_to(actor),
    )
    columns = (Ticket.subject, Ticket.reference, Account.handle, Account.display_name, Account.email)
    return or_(*(column.icontains(word, autoescape=True) for column in columns), Ticket.id.in_(said))
