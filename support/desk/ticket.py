"""One ticket, as staff see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account, Organisation
from forum.bounces import BouncedAddress
from forum.errors import NotFound
from forum.i18n import gettext as _
from support.desk.known import Known, what_we_know
from support.messages.actions.publishing import public_thread, why_not_public
from support.messages.queries import MessageRow, conversation
from support.people import Person, people
from support.tickets.actions.settling import how_so_far
from support.tickets.models import AT_WORK, LIVE, SolvedHow, Ticket, TicketEvent, TicketFollower, TicketState
from support.tickets.words import happened, priority_words, reason_words, state_for_staff

MOST_EVENTS = 300
TOLD_OTHERWISE = ("wrote",)
"""Happenings that the conversation shows by itself."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, in words; `note` is what its doer wrote, for staff only."""

    words: str
    note: str
    created_at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class DeskTicket:
    """`no_public` says why nothing public can be written now; `readers` who reads what is written to the customer;
    `mail_stopped` that they get no mail of it, as it comes back."""

    ticket: Ticket
    requester: Person
    assignee: Person | None
    opened_by: Person | None
    followers: list[Person]
    following: bool
    timeline: list[MessageRow | Happening]
    known: Known
    readers: str
    no_public: str | None
    merged_into: str | None
    merged: list[str]
    follow_up_of: str | None
    followed_by: str | None
    how_so_far: SolvedHow
    mail_stopped: bool

    @property
    def at_work(self) -> bool:
        return self.ticket.state in AT_WORK

    @property
    def live(self) -> bool:
        return self.ticket.state in LIVE

    @property
    def may_decline(self) -> bool:
        return self.at_work and self.ticket.thread_id is not None

    @property
    def state_words(self) -> str:
        return state_for_staff(self.ticket.state)

    @property
    def priority_words(self) -> str:
        return priority_words(self.ticket.priority)

    @property
    def reason(self) -> str:
        return reason_words(self.ticket.reason)

    @property
    def proposes_solving(self) -> bool:
        """The thread has an accepted answer, and the ticket is still at work."""
        thread = self.known.thread
        return self.at_work and thread is not None and any(tried.accepted for tried in thread.tried)

    @property
    def messages(self) -> list[MessageRow]:
        return [item for item in self.timeline if isinstance(item, MessageRow)]


def visible_ticket(session: Session, actor: Actor, reference: str) -> Ticket:
    """
    Raises:
        NotFound: there is no such ticket, or none that the actor may see.
    """
    ticket = session.scalars(
        select(Ticket).where(Ticket.reference == reference.upper(), Ticket.visible_to(actor))
    ).one_or_none()
    if ticket is None:
        raise NotFound(_("There is no such ticket."))
    return ticket


def desk_ticket(session: Session, actor: Actor, reference: str) -> DeskTicket:
    """
    Raises:
        NotFound: there is no such ticket, or none that the actor may see.
    """
    ticket = visible_ticket(session, actor, reference)
    around = neighbours(session, ticket)
    merged = [found for found in around if found.merged_into_id == ticket.id]
    followers = session.scalars(select(TicketFollower.account_id).filter_by(ticket_id=ticket.id)).all()
    events = _events(session, ticket.id)
    known_people = people(
        session,
        [ticket.requester_id, ticket.assignee_id, ticket.opened_by_id, *followers, *(row.actor_id for row in events)],
    )
    messages = conversation(session, actor, [ticket.id, *(found.id for found in merged)])
    requester = known_people[ticket.requester_id]
    by_id = {found.id: found.reference for found in around}
    return DeskTicket(
        ticket=ticket,
        requester=requester,
        assignee=known_people.get(ticket.assignee_id),
        opened_by=known_people.get(ticket.opened_by_id) if ticket.opened_by_id != ticket.requester_id else None,
        followers=[known_people[found] for found in followers],
        following=actor.id in followers,
        timeline=_timeline(messages, events, known_people),
        known=what_we_know(session, actor, ticket),
        readers=_readers(session, ticket, requester),
        no_public=why_not_public(public_thread(session, ticket)),
        merged_into=by_id.get(ticket.merged_into_id or 0),
        merged=[found.reference for found in merged],
        follow_up_of=by_id.get(ticket.follow_up_of_id or 0),
        followed_by=next((found.reference for found in around if found.follow_up_of_id == ticket.id), None),
        how_so_far=how_so_far(session, ticket),
        mail_stopped=_mail_stopped(session, ticket.requester_id),
    )


def _mail_stopped(session: Session, account_id: int) -> bool:
    """Whether mail to the customer comes back, so that they read nothing of it."""
    stopped = select(Account.id).join(BouncedAddress, BouncedAddress.address == Account.email)
    return session.scalar(stopped.where(Account.id == account_id, BouncedAddress.stopped_at.is_not(None))) is not None


def neighbours(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """Tickets merged into this one, the one it was merged into, and those before and after it."""
    return session.scalars(
        select(Ticket).where(
            Ticket.id.in_([ticket.merged_into_id, ticket.follow_up_of_id])
            | (Ticket.merged_into_id == ticket.id)
            | (Ticket.follow_up_of_id == ticket.id)
        )
    ).all()


def _events(session: Session, ticket_id: int) -> Sequence[TicketEvent]:
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id, TicketEvent.kind.not_in(TOLD_OTHERWISE))
    return session.scalars(query.order_by(TicketEvent.id.desc()).limit(MOST_EVENTS)).all()


def _timeline(
    messages: list[MessageRow], events: Sequence[TicketEvent], known: dict[int | None, Person]
) -> list[MessageRow | Happening]:
    """Messages and happenings in one line of time; that work began needs no words, for what began it stands there."""
    told = [_happening(event, known) for event in reversed(events) if event.data.get("was") != TicketState.NEW]
    return sorted([*told, *messages], key=_moment)


def _moment(item: MessageRow | Happening) -> tuple[datetime, int]:
    """When it was; at the same moment a ticket is opened before anything is said, and all else follows from that."""
    if isinstance(item, MessageRow):
        return item.created_at, 1
    return item.created_at, 0 if item.kind == "opened" else 2


def _happening(event: TicketEvent, known: dict[int | None, Person]) -> Happening:
    who = known.get(event.actor_id)
    name = who.name if who else _("The clock")
    return Happening(happened(event.kind, event.data, name), event.note, event.created_at, event.kind)


def _readers(session: Session, ticket: Ticket, requester: Person) -> str:
    """Whom a private message reaches, besides staff: the customer, and colleagues where their company shares."""
    organisation = session.get(Organisation, ticket.organisation_id) if ticket.organisation_id else None
    if organisation is None or not organisation.shares_tickets or not ticket.shared:
        return requester.first_name
    return _("{name}, colleagues at {company}").format(name=requester.first_name, company=organisation.name)
