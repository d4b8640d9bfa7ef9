"""Taking hold of a ticket before changing it: its thread first, then the ticket, as everywhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.errors import Conflict, NotFound
from forum.i18n import gettext as _
from forum.prepared import prepared
from forum.threads.models import Thread
from support.tickets.history import refuse_stale
from support.tickets.models import LIVE, Ticket, TicketState


def hold_ticket(session: Session, actor: Actor, reference: str) -> Ticket:
    """A ticket that the actor may see, locked until commit.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    return _hold(session, Ticket.reference == reference.upper(), Ticket.visible_to(actor))


def hold_for_staff(session: Session, actor: Actor, reference: str, version: int | None = None) -> Ticket:
    """The same, for somebody who works on it; `version` is that of the page they acted from.

    Raises:
        Forbidden: the actor does not work on tickets.
        Conflict: the ticket has changed since that page; it says who changed what.
    """
    require(actor, Privilege.WORK_TICKETS, _("Only staff can do this."))
    ticket = hold_ticket(session, actor, reference)
    refuse_stale(session, ticket, version)
    return ticket


def hold_by_id(session: Session, ticket_id: int) -> Ticket:
    """A ticket that the program itself acts on."""
    return _hold(session, Ticket.id == ticket_id)


def ticket_of_thread(session: Session, thread_id: int) -> Ticket | None:
    """The ticket that answers for a thread, locked: the live one, else the latest; through a merge, where it went."""
    row = _newest(session, None, thread_id=thread_id).one_or_none()
    return hold_by_id(session, row.merged_into_id or row.id) if row else None


@prepared
def _newest(_reader: None) -> Select[*tuple[Any, ...]]:
    return (
        select(Ticket.id, Ticket.merged_into_id)
        .where(Ticket.thread_id == bindparam("thread_id"), Ticket.state != TicketState.SPAM)
        .order_by(Ticket.state.in_(LIVE).desc(), Ticket.id.desc())
        .limit(1)
    )


def refuse_second_live(session: Session, ticket: Ticket) -> None:
    """A ticket comes back to life only if its thread has no other live one by now.

    Raises:
        Conflict: it has.
    """
    other = select(Ticket.reference).where(
        Ticket.thread_id == ticket.thread_id, Ticket.thread_id.is_not(None), Ticket.state.in_(LIVE)
    )
    if (reference := session.scalar(other.where(Ticket.id != ticket.id).limit(1))) is not None:
        raise Conflict(_("Its thread has another live ticket by now: {reference}.").format(reference=reference))


def _hold(session: Session, *conditions: ColumnElement[bool]) -> Ticket:
    found = session.execute(select(Ticket.id, Ticket.thread_id).where(*conditions)).one_or_none()
    if found is None:
        raise NotFound(_("There is no such ticket."))
    if found.thread_id is not None:
        session.execute(select(Thread.id).where(Thread.id == found.thread_id).with_for_update(of=Thread))
    query = select(Ticket).where(Ticket.id == found.id).with_for_update(of=Ticket)
    return session.scalars(query.execution_options(populate_existing=True)).one()
