"""What staff's open pages are told: what waits, who took what, and what happened in a ticket that is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.i18n import gettext as _
from forum.i18n import ngettext, plurals
from forum.live import NOTHING, Kind, Kinds, Shown
from forum.prepared import prepared
from support.desk.queries import waits_for
from support.people import Person
from support.tickets.live import REFERENCE, what_was_said
from support.tickets.models import AT_WORK, Ticket, TicketEvent

MOST = 300
LATELY = 100
"""How many of the last happenings are looked through for tickets that somebody took."""


def install(kinds: Kinds) -> None:
    kinds.add(Kind("desk", read_desk, NOTHING))
    kinds.add(Kind("work", read_tickets, REFERENCE))


def read_desk(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    if actor is None or not actor.can(Privilege.WORK_TICKETS):
        return dict.fromkeys(keys, Shown(None))
    return dict.fromkeys(keys, Shown(desk_facts(session, actor), frozenset({("tickets", None)})))


def desk_facts(session: Session, actor: Actor) -> dict[str, Any]:
    """What waits for somebody, a figure that moves with every ticket at work, and who took which lately."""
    waiting = _waiting(session, actor).scalars().all()
    at_work = _at_work(session, actor).one()
    return {
        "waiting": list(waiting),
        "moved": f"{at_work.number} {at_work.versions}",
        "taken": {
            row.reference: Person(row.id, row.handle, row.display_name).first_name for row in _taken(session, actor)
        },
    }


@prepared
def _waiting(reader: Actor) -> Select[*tuple[Any, ...]]:
    query = select(Ticket.id).where(Ticket.visible_to(reader), waits_for(reader))
    return query.order_by(Ticket.id.desc()).limit(MOST)


@prepared
def _at_work(reader: Actor) -> Select[*tuple[Any, ...]]:
    versions = func.coalesce(func.sum(Ticket.version), 0)
    query = select(func.count().label("number"), versions.label("versions"))
    return query.where(Ticket.state.in_(AT_WORK), Ticket.visible_to(reader))


@prepared
def _taken(reader: Actor) -> Select[*tuple[Any, ...]]:
    lately = select(TicketEvent.ticket_id, TicketEvent.kind).order_by(TicketEvent.id.desc()).limit(LATELY).subquery()
    ids = select(lately.c.ticket_id).where(lately.c.kind.in_(("taken", "assigned")))
    return (
        select(Ticket.reference, Account.id, Account.handle, Account.display_name)
        .join(Account, Account.id == Ticket.assignee_id)
        .where(Ticket.id.in_(ids), Ticket.visible_to(reader), Ticket.assignee_id != reader.id)
        .order_by(Ticket.id)
    )


def read_tickets(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    if actor is None or not actor.can(Privilege.WORK_TICKETS):
        return dict.fromkeys(keys, Shown(None))
    rows = session.execute(
        select(Ticket.id, Ticket.reference, Ticket.version, Account.id.label("holder_id"), Account.handle)
        .add_columns(Account.display_name)
        .outerjoin(Account, Account.id == Ticket.assignee_id)
        .where(Ticket.reference.in_(keys), Ticket.visible_to(actor))
    ).all()
    said = what_was_said(session, actor, [row.id for row in rows])
    shown = {
        row.reference: Shown(
            {
                "words": said[row.id].count,
                "by": said[row.id].by,
                "version": row.version,
                "holder": Person(row.holder_id, row.handle, row.display_name).first_name if row.holder_id else "",
            },
            said[row.id].topics,
        )
        for row in rows
    }
    return {key: shown.get(key, Shown(None)) for key in keys}


def ticket_facts(session: Session, actor: Actor, reference: str) -> Mapping[str, Any] | None:
    return read_tickets(session, actor, [reference])[reference].facts


def desk_words() -> dict[str, Any]:
    return {
        "new": plurals(lambda count: ngettext("{count} new", "{count} new", count)),
        "changed": _("Something has moved on the desk"),
        "taken": _("{name} has it"),
    }


def ticket_words() -> dict[str, str]:
    return {
        "wrote": _("{name} wrote"),
        "new": _("There is a new message"),
        "holder": _("{name} has it now"),
        "changed": _("This ticket has moved on"),
    }
