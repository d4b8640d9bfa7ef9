"""Tickets, when two accounts become one: as customer, as staff, and as somebody who has a problem too."""

from __future__ import annotations

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from forum.i18n import lazy
from forum.merging import QUIETLY, Joins, Merge, drop_twice
from forum.threads.models import Thread
from support.escalations.models import MeToo
from support.messages.models import Message
from support.tickets.models import Ticket, TicketEvent, TicketFollower


def tell_of_the_fix(session: Session, merge: Merge) -> None:
    """Where both said “I have this too”, whoever wanted to be told of the fix is."""
    other = aliased(MeToo)
    wanted = exists().where(other.account_id == merge.from_id, other.thread_id == MeToo.thread_id, other.notify)
    mine = (MeToo.account_id == merge.to_id, wanted)
    session.execute(update(MeToo).where(*mine).values(notify=True), **QUIETLY)


def forget_own(session: Session, merge: Merge) -> None:
    """Whoever asked has the problem anyway."""
    asked = select(Thread.id).where(Thread.author_id.in_(merge.both))
    own = (MeToo.account_id.in_(merge.both), MeToo.thread_id.in_(asked))
    session.execute(delete(MeToo).where(*own), **QUIETLY)


JOINS = Joins(
    name="tickets",
    moves={
        Ticket.requester_id: lazy("tickets"),
        Ticket.assignee_id: lazy("tickets that they have as staff"),
        Ticket.opened_by_id: "",
        Message.author_id: lazy("messages in tickets"),
        TicketEvent.actor_id: "",
        TicketFollower.account_id: lazy("tickets that they follow"),
        MeToo.account_id: lazy("“I have this too”"),
    },
    before=(
        forget_own,
        tell_of_the_fix,
        drop_twice(MeToo, MeToo.account_id, MeToo.thread_id),
        drop_twice(TicketFollower, TicketFollower.account_id, TicketFollower.ticket_id),
    ),
)
