"""Handing a colleague's tickets to another when they leave."""

from __future__ import annotations

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.offboarding import Duties, Duty, Leaving
from support.tickets.actions.holding import hold_by_id
from support.tickets.actions.sorting import follow_ticket, give_to
from support.tickets.models import LIVE, Ticket, TicketFollower


def install(duties: Duties) -> None:
    duties.add(Duty(lazy("Tickets that are not closed"), count_tickets, hand_tickets, takes=refuse_outsider))
    duties.add(Duty(lazy("Tickets they follow"), count_followed, hand_followed))


def count_tickets(session: Session, account_id: int) -> int:
    query = select(func.count()).where(Ticket.assignee_id == account_id, Ticket.state.in_(LIVE))
    return session.scalar(query) or 0


def refuse_outsider(session: Session, leaving: Leaving) -> None:
    """
    Raises:
        Invalid: there are tickets, and the successor does not work on any.
    """
    works = or_(Account.staff.is_(True), Account.admin.is_(True))
    at_the_desk = session.scalar(select(Account.id).where(Account.id == leaving.to_id, works)) is not None
    if count_tickets(session, leaving.account_id) and not at_the_desk:
        raise Invalid({"to": _("They have tickets: choose somebody who works on tickets.")})


def hand_tickets(session: Session, leaving: Leaving) -> int:
    query = select(Ticket.id).where(Ticket.assignee_id == leaving.account_id, Ticket.state.in_(LIVE))
    found = session.scalars(query.order_by(Ticket.thread_id, Ticket.id)).all()
    for ticket_id in found:
        ticket = hold_by_id(session, ticket_id)
        if ticket.assignee_id == leaving.account_id:
            give_to(session, ticket, leaving.to_id, leaving.actor_id, note=leaving.note)
    return len(found)


def count_followed(session: Session, account_id: int) -> int:
    query = select(func.count()).select_from(TicketFollower).join(Ticket, Ticket.id == TicketFollower.ticket_id)
    return session.scalar(query.where(TicketFollower.account_id == account_id, Ticket.state.in_(LIVE))) or 0


def hand_followed(session: Session, leaving: Leaving) -> int:
    """The successor follows what is not closed; whoever has left hears of nothing any more."""
    query = (
        select(TicketFollower.ticket_id)
        .join(Ticket, Ticket.id == TicketFollower.ticket_id)
        .where(TicketFollower.account_id == leaving.account_id, Ticket.state.in_(LIVE))
    )
    found = session.scalars(query.order_by(TicketFollower.ticket_id)).all()
    works = or_(Account.staff.is_(True), Account.admin.is_(True))
    if session.scalar(select(Account.id).where(Account.id == leaving.to_id, works)) is not None:
        for ticket_id in found:
            follow_ticket(session, ticket_id, leaving.to_id)
    session.execute(delete(TicketFollower).where(TicketFollower.account_id == leaving.account_id))
    return len(found)
