"""A customer's tickets: the list, and one of them as the customer sees it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account, Organisation
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.numbers import whole_number
from forum.prepared import prepared
from forum.threads.models import Answer, Thread
from support.messages.queries import MessageRow, conversation
from support.people import Person
from support.tickets.models import AT_WORK, Ticket, TicketState
from support.tickets.words import state_for_customer

PAGE = 30
MOST_WAITING = 50


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A ticket in its customer's words: nothing here tells of tier, priority or who works on it."""

    reference: str
    subject: str
    state: TicketState
    requester: Person
    mine: bool
    shared: bool
    created_at: datetime
    last_word_at: datetime

    @property
    def words(self) -> str:
        return state_for_customer(self.state)

    @property
    def waiting(self) -> bool:
        return self.state is TicketState.PENDING


class Whose(enum.StrEnum):
    """Which tickets somebody lists as a customer: their own, those shared in their organisation, or both."""

    MINE = "mine"
    ORGANISATION = "organisation"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class OwnTickets:
    waiting: list[OwnTicket]
    others: list[OwnTicket]
    older: str | None


@dataclass(frozen=True, slots=True)
class ThreadLink:
    id: int
    title: str
    staff_answer_id: int | None = None

    @property
    def slug(self) -> str:
        return slugify(self.title)


@dataclass(frozen=True, slots=True)
class OwnTicketPage:
    """`staff_answer_id` of the thread is an answer from staff that could be accepted.

    `sharing_with` is the organisation in which the ticket is shared, `may_share_with` the one in which its customer
    could share it.
    """

    ticket: OwnTicket
    messages: list[MessageRow]
    thread: ThreadLink | None
    merged_into: str | None
    follow_up_of: str | None
    followed_by: str | None
    sharing_with: str | None
    may_share_with: str | None

    @property
    def at_work(self) -> bool:
        return self.ticket.state in AT_WORK

    @property
    def solved(self) -> bool:
        return self.ticket.state is TicketState.SOLVED

    @property
    def may_write(self) -> bool:
        return self.ticket.state is not TicketState.SPAM


def own_tickets(session: Session, actor: Actor, after: str = "", whose: Whose = Whose.BOTH) -> OwnTickets:
    """The actor's tickets: what waits for them first, then the rest by its last word, a page at a time."""
    waits = and_(Ticket.state == TicketState.PENDING, Ticket.requester_id == actor.id)
    order = (Ticket.last_word_at.desc(), Ticket.id.desc())
    key = read_key(after)
    waiting: list[OwnTicket] = []
    query = _select(actor, whose).order_by(*order).limit(PAGE + 1)
    if whose is not Whose.ORGANISATION:
        query = query.where(~waits)
        first = _select(actor, whose).where(waits).order_by(*order).limit(MOST_WAITING)
        waiting = [_own(actor, row) for row in session.execute(first)] if key is None else []
    if key is not None:
        query = query.where(tuple_(Ticket.last_word_at, Ticket.id) < tuple_(*key))
    rows = session.execute(query).all()
    return OwnTickets(
        waiting=waiting,
        others=[_own(actor, row) for row in rows[:PAGE]],
        older=write_key(rows[PAGE - 1].last_word_at, rows[PAGE - 1].id) if len(rows) > PAGE else None,
    )


def waiting_tickets(session: Session, actor: Actor) -> list[OwnTicket]:
    """Tickets of the actor's own that wait for their answer, longest first."""
    return [_own(actor, row) for row in _waiting(session, actor)]


@prepared
def _waiting(reader: Actor) -> Select[*tuple[Any, ...]]:
    query = _select(reader, Whose.MINE).where(Ticket.state == TicketState.PENDING)
    return query.order_by(Ticket.last_word_at, Ticket.id).limit(10)


def count_own(session: Session, actor: Actor) -> dict[TicketState, int]:
    """How many tickets of their own somebody has, by state."""
    return {row.state: row.number for row in _own_by_state(session, actor)}


@prepared
def _own_by_state(reader: Actor) -> Select[TicketState, int]:
    query = select(Ticket.state, func.count().label("number")).where(Ticket.requester_id == reader.id)
    return query.group_by(Ticket.state)


def own_ticket(session: Session, actor: Actor, reference: str) -> OwnTicketPage:
    """One ticket as its customer sees it: what is public, and what is between them and staff.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    row = session.execute(_select(actor, None).where(Ticket.reference == reference.upper())).one_or_none()
    if row is None:
        raise NotFound(_("There is no such ticket."))
    seen = Ticket.visible_to(actor)  # what was merged or follows may not be shared where this one is
    merged = session.scalars(select(Ticket.id).where(Ticket.merged_into_id == row.id, seen)).all()
    neighbours = session.execute(
        select(Ticket.reference, Ticket.id, Ticket.follow_up_of_id).where(
            Ticket.id.in_([row.merged_into_id, row.follow_up_of_id]) | (Ticket.follow_up_of_id == row.id), seen
        )
    ).all()
    by_id = {neighbour.id: neighbour.reference for neighbour in neighbours}
    return OwnTicketPage(
        ticket=_own(actor, row),
        messages=conversation(session, as_customer(actor), [row.id, *merged]),
        thread=thread_link(session, actor, row.thread_id or row.about_thread_id),
        merged_into=by_id.get(row.merged_into_id),
        follow_up_of=by_id.get(row.follow_up_of_id),
        followed_by=next((found.reference for found in neighbours if found.follow_up_of_id == row.id), None),
        sharing_with=row.sharing_with,
        may_share_with=sharing_organisation(session, actor) if row.requester_id == actor.id else None,
    )


def readers(company: str | None) -> str:
    """Who reads, besides staff, what a customer is about to ask: they, and colleagues where they share it."""
    return _("you, colleagues at {company} (if you share it)").format(company=company) if company else _("you")


def sharing_organisation(session: Session, actor: Actor) -> str | None:
    """The name of somebody's organisation, where its members share tickets."""
    if actor.organisation_id is None:
        return None
    query = select(Organisation.name).where(
        Organisation.id == actor.organisation_id, Organisation.shares_tickets.is_(True)
    )
    return session.scalar(query)


def as_customer(actor: Actor) -> Actor:
    """The same person without the desk: staff who ask for help themselves read no notes here."""

    return replace(actor, privileges=actor.privileges - {Privilege.WORK_TICKETS})


def thread_link(session: Session, actor: Actor, thread_id: int | None) -> ThreadLink | None:
    """A ticket's thread, if the actor may see it, with the latest answer from staff that nobody accepted."""
    if thread_id is None:
        return None
    row = session.execute(
        select(Thread.id, Thread.title, Thread.accepted_answer_id, Thread.author_id).where(
            Thread.id == thread_id, Thread.visible_to(actor)
        )
    ).one_or_none()
    if row is None:
        return None
    answer_id = None
    if row.accepted_answer_id is None and row.author_id == actor.id:
        query = select(Answer.id).where(
            Answer.thread_id == row.id, Answer.from_staff.is_(True), Answer.visible_to(None)
        )
        answer_id = session.scalar(query.order_by(Answer.id.desc()).limit(1))
    return ThreadLink(row.id, row.title, answer_id)


def read_key(text: str) -> tuple[datetime, int] | None:
    """Where a page begins, from an address; what makes no sense begins at the start."""
    moment, _sep, number = text.rpartition("_")
    row_id = whole_number(number)
    if row_id is None:
        return None
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), row_id
    except (ValueError, OverflowError):
        return None


def write_key(moment: datetime, number: int) -> str:
    """Safe in an address as it is: a plus sign would read as a space."""
    return f"{moment.astimezone(UTC).isoformat().replace('+00:00', 'Z')}_{number}"


def _select(actor: Actor, whose: Whose | None) -> Select[*tuple[Any, ...]]:
    """Tickets of a person as a customer; with None all that they may see."""
    sharing = and_(Organisation.shares_tickets.is_(True), Organisation.id == Ticket.organisation_id, Ticket.shared)
    columns = (
        Ticket.id,
        Ticket.reference,
        Ticket.subject,
        Ticket.state,
        Ticket.shared,
        Ticket.created_at,
        Ticket.last_word_at,
        Ticket.thread_id,
        Ticket.about_thread_id,
        Ticket.merged_into_id,
        Ticket.follow_up_of_id,
        Account.id.label("requester_id"),
        Account.handle,
        Account.display_name,
        Organisation.name.label("sharing_with"),
    )
    query = select(*columns).join(Account, Account.id == Ticket.requester_id).outerjoin(Organisation, sharing)
    return query.where(
        {
            Whose.MINE: Ticket.requester_id == actor.id,
            Whose.ORGANISATION: Ticket.shared_with(actor),
            Whose.BOTH: Ticket.own_of(actor),
            None: Ticket.visible_to(actor),
        }[whose]
    )


def _own(actor: Actor, row: Row[Any]) -> OwnTicket:
    return OwnTicket(
        reference=row.reference,
        subject=row.subject,
        state=row.state,
        requester=Person(row.requester_id, row.handle, row.display_name),
        mine=row.requester_id == actor.id,
        shared=row.sharing_with is not None,
        created_at=row.created_at,
        last_word_at=row.last_word_at,
    )
