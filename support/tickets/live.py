"""What a customer's open ticket is told: that somebody wrote, and where it stands, in the customer's coarse words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import gettext as _
from forum.live import Kind, Kinds, Shown
from support.messages.models import Message, MessageKind
from support.people import people
from support.tickets.models import Ticket, TicketState
from support.tickets.queries import as_customer
from support.tickets.words import told_customer

REFERENCE = r"[A-Z0-9-]{1,20}"


def install(kinds: Kinds) -> None:
    kinds.add(Kind("ticket", read, REFERENCE))


def read(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    """Only by what the customer reads: a note among staff, or who has it now, moves nothing here."""
    if actor is None:
        return dict.fromkeys(keys, Shown(None))
    query = select(Ticket.id, Ticket.reference, Ticket.state).where(Ticket.reference.in_(keys))
    tickets = {row.reference: row for row in session.execute(query.where(Ticket.visible_to(actor)))}
    said = what_was_said(session, as_customer(actor), [row.id for row in tickets.values()])
    return {key: _shown(tickets[key], said[tickets[key].id]) if key in tickets else Shown(None) for key in keys}


def facts(session: Session, actor: Actor, reference: str) -> Mapping[str, Any] | None:
    return read(session, actor, [reference])[reference].facts


def words() -> dict[str, str]:
    return {"wrote": _("{name} wrote"), "new": _("There is a new message"), "changed": _("This ticket has moved on")}


@dataclass(frozen=True, slots=True)
class Said:
    """How many messages a reader finds in a ticket, who wrote the last one, and in which tickets they lie.

    `by` is empty where the reader wrote it themselves, or the program.
    """

    count: int
    by: str
    tickets: frozenset[int]

    @property
    def topics(self) -> frozenset[tuple[str, int | None]]:
        return frozenset((noun, key) for key in self.tickets for noun in ("tickets", "ticket_messages"))


def what_was_said(session: Session, actor: Actor, ticket_ids: Sequence[int]) -> Mapping[int, Said]:
    """Of each of some tickets that the actor may see, with those that were merged into it."""
    into = {ticket_id: ticket_id for ticket_id in ticket_ids}
    merged = session.execute(
        select(Ticket.id, Ticket.merged_into_id).where(Ticket.merged_into_id.in_(ticket_ids), Ticket.visible_to(actor))
    )
    into.update({row.id: row.merged_into_id for row in merged})
    lies_in: dict[int, set[int]] = defaultdict(set)
    for ticket_id, shown_in in into.items():
        lies_in[shown_in].add(ticket_id)
    counts, last = dict.fromkeys(ticket_ids, 0), dict.fromkeys(ticket_ids, 0)
    for ticket_id, count, newest in session.execute(
        select(Message.ticket_id, func.count(), func.max(Message.id))
        .where(Message.ticket_id.in_(into), Message.visible_to(actor))
        .group_by(Message.ticket_id)
    ):
        counts[into[ticket_id]] += count
        last[into[ticket_id]] = max(last[into[ticket_id]], newest)
    names = _authors(session, actor, last.values())
    return {one: Said(counts[one], names.get(last[one], ""), frozenset(lies_in[one])) for one in ticket_ids}


def _authors(session: Session, actor: Actor, message_ids: Any) -> dict[int, str]:
    rows = session.execute(select(Message.id, Message.author_id, Message.kind).where(Message.id.in_(message_ids))).all()
    spoke = {row.id: row.author_id for row in rows if row.kind is not MessageKind.AUTOMATIC}
    known = people(session, [author for author in spoke.values() if author != actor.id])
    return {message_id: known[author].first_name for message_id, author in spoke.items() if author in known}


def _shown(row: Any, said: Said) -> Shown:
    state: TicketState = row.state
    return Shown({"words": said.count, "by": said.by, "state": told_customer(state)}, said.topics)
