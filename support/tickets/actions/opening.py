"""Opening a ticket."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.accounts.models import Account, Organisation
from forum.admin.catalogue import Area
from forum.admin.simple import Capitals
from forum.clock import now
from forum.errors import Invalid
from forum.events import emit
from forum.events.support import TicketOpened
from forum.i18n import gettext as _
from forum.i18n import lazy
from support.tickets.history import record
from support.tickets.models import Priority, Reason, Ticket, TicketCounter
from support.tickets.states import show_on_thread

PREFIX = Capitals(
    option="support.prefix",
    name=lazy("Letters before a ticket's number"),
    words=lazy("New tickets are called so: PL-1001. Those that are there keep their names."),
    area=Area.STAFF,
    default="PL",
    most=8,
)
FIRST_NUMBER = 1001
MAX_SUBJECT = 150
MAX_ENVIRONMENT = 300
HURRIES = frozenset({Reason.OUTAGE, Reason.SECURITY, Reason.DATA_LOSS})


def priority_of(reason: Reason) -> Priority:
    """What a ticket begins with."""
    return Priority.HIGH if reason in HURRIES else Priority.NORMAL


def open_ticket(
    session: Session,
    requester_id: int,
    subject: str,
    reason: Reason,
    *,
    opened_by_id: int | None = None,
    environment: str = "",
    shared: bool | None = None,
    **links: Any,
) -> Ticket:
    """A new ticket for a customer; the caller adds its first message.

    `shared` is whether colleagues read along: where nobody chose, as the customer's organisation has it.
    `links` are columns that point elsewhere: `thread_id`, `about_thread_id`, `space_id`, `follow_up_of_id`.

    Raises:
        Invalid: the subject or the environment cannot be taken as it is.
    """
    subject, environment = " ".join(subject.split()), " ".join(environment.split())
    _check(subject, environment)
    requester = session.get_one(Account, requester_id)
    ticket = Ticket(
        reference=_next_reference(session),
        requester_id=requester_id,
        organisation_id=requester.organisation_id,
        shared=shares(session, requester.organisation_id) and shared is not False,
        opened_by_id=opened_by_id,
        subject=subject,
        reason=reason,
        priority=priority_of(reason),
        environment=environment,
        created_at=now(),
        last_word_at=now(),
        **links,
    )
    session.add(ticket)
    session.flush()
    opener = None if reason is Reason.RULE else opened_by_id or requester_id
    record(session, ticket, "opened", opener)
    emit(
        session,
        TicketOpened(
            actor_id=opener,
            ticket_id=ticket.id,
            requester_id=requester_id,
            thread_id=ticket.thread_id,
            follow_up_of_id=ticket.follow_up_of_id,
        ),
    )
    show_on_thread(session, ticket)
    return ticket


def shares(session: Session, organisation_id: int | None) -> bool:
    """Whether members of an organisation may share their tickets with each other."""
    organisation = session.get(Organisation, organisation_id) if organisation_id is not None else None
    return organisation is not None and organisation.shares_tickets


def _check(subject: str, environment: str) -> None:
    if not 3 <= len(subject) <= MAX_SUBJECT:
        raise Invalid({"subject": _("Please say in 3 to 150 characters what it is about.")})
    if len(environment) > MAX_ENVIRONMENT:
        raise Invalid({"environment": _("Please keep this under 300 characters.")})


def _next_reference(session: Session) -> str:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    query = (
        insert(TicketCounter)
        .values(id=1, last=FIRST_NUMBER)
        .on_conflict_do_update(index_elements=["id"], set_={"last": TicketCounter.last + 1})
        .returning(TicketCounter.last)
    )
    return f"{PREFIX.of(session)}-{session.execute(query).scalar_one()}"
