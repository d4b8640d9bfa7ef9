"""Tickets as subjects of replies."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from support.desk.ticket import visible_ticket
from support.tickets.models import Ticket


def threads_of_ticket(session: Session, actor: Actor, key: str) -> set[int]:
    """Its own thread, and those of what was merged into it, whose words stand among its own.

    Raises:
        NotFound: it is none that the actor may see.
    """
    ticket = visible_ticket(session, actor, key)
    told = session.execute(
        select(Ticket.thread_id, Ticket.about_thread_id).where(
            or_(Ticket.id == ticket.id, Ticket.merged_into_id == ticket.id)
        )
    )
    return {thread_id for row in told for thread_id in row if thread_id is not None}
