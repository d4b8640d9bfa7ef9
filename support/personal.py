"""Tickets in an export and in an erasure: a customer's own, with what they may read of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from forum.clock import now
from forum.i18n import gettext as _
from forum.notifications.models import Notification
from forum.notifications.personal import forget_some
from forum.personal import AT_ONCE, NAME, Fate, Finding, Part, Section, Subject, blanks, count, in_batches, scrubs
from forum.uploads.actions import forget_holders
from support.escalations.models import MeToo
from support.messages.files import KIND as FILES
from support.messages.models import Audience, Message, Side
from support.tickets.actions.holding import hold_by_id
from support.tickets.history import record
from support.tickets.models import LIVE, Ticket, TicketEvent, TicketState
from support.tickets.states import show_on_thread
from support.tickets.words import state_for_customer

SUBJECT = "Erased"
CLOSED_AT_ONCE = 20


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    mine = Ticket.requester_id == subject.account_id
    why = _("Dates and states stay for the desk's figures; subject, messages and notes go.")
    yield Finding(_("tickets"), count(session, Ticket, mine), Fate.NAMELESS, why)
    messages = Message.ticket_id.in_(select(Ticket.id).where(mine))
    yield Finding(_("messages in their tickets"), count(session, Message, messages), Fate.ERASED)
    too = count(session, MeToo, MeToo.account_id == subject.account_id)
    yield Finding(_("“I have this too”"), too, Fate.NAMELESS, _("How many have a problem is a number."))


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "reference": _("Reference"),
        "subject": _("Subject"),
        "environment": _("Environment"),
        "state": _("State"),
        "created_at": _("Opened"),
        "closed_at": _("Closed"),
    }
    mine = Ticket.requester_id == subject.account_id
    columns = [Ticket.id, *(getattr(Ticket, name) for name in words)]
    rows = in_batches(session, select(*columns).where(mine), Ticket.id)
    told = ({name: getattr(row, name) for name in words} | {"state": state_for_customer(row.state)} for row in rows)
    yield Section("tickets", _("Tickets"), words, told)
    yield _messages(session, subject)
    too = {"thread_id": _("Thread"), "created_at": _("Since"), "notify": _("Told of the fix")}
    found = session.execute(
        select(MeToo.thread_id, MeToo.created_at, MeToo.notify).where(MeToo.account_id == subject.account_id)
    )
    yield Section("me-too", _("“I have this too”"), too, (row._asdict() for row in found))


def _messages(session: Session, subject: Subject) -> Section:
    """What was said in their tickets, as they read it there: never what staff say among themselves."""
    words = {"reference": _("Ticket"), "side": _("From"), "created_at": _("When"), "source": _("Text")}
    sides = {
        Side.REQUESTER: _("You"),
        Side.STAFF: _("Staff"),
        Side.CONTEXT: _("Somebody in the thread"),
        Side.PROGRAM: _("The program"),
    }
    query = (
        select(Message.id, Ticket.reference, Message.side, Message.created_at, Message.source, Message.source_kind)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(
            Ticket.requester_id == subject.account_id,
            Message.audience != Audience.INTERNAL,
            Message.withheld.is_(False),
        )
    )
    elsewhere = _("(stands in the thread)")
    rows = (
        {
            "reference": row.reference,
            "side": sides[row.side],
            "created_at": row.created_at,
            "source": elsewhere if row.source_kind else row.source,
        }
        for row in in_batches(session, query, Message.id)
    )
    return Section("messages", _("Messages in your tickets"), words, rows)


def close_tickets(session: Session, subject: Subject, _cursor: int) -> int | None:
    """Nobody waits for an answer any more: what is open is closed, and its thread shows nothing of it."""
    query = select(Ticket.id, Ticket.thread_id).where(Ticket.requester_id == subject.account_id, Ticket.state.in_(LIVE))
    found = session.execute(query.order_by(Ticket.thread_id, Ticket.id).limit(CLOSED_AT_ONCE)).all()
    for ticket_id, _thread_id in found:
        ticket = hold_by_id(session, ticket_id)
        was, ticket.state, ticket.closed_at = ticket.state, TicketState.CLOSED, now()
        ticket.pending_since = ticket.due_at = None
        record(session, ticket, "state", None, was=was.value, became=TicketState.CLOSED.value)
        show_on_thread(session, ticket)
    return 0 if len(found) == CLOSED_AT_ONCE else None


def _in_their_tickets(model: Any) -> Any:
    def whose(subject: Subject) -> ColumnElement[bool]:
        found: ColumnElement[bool] = model.ticket_id.in_(
            select(Ticket.id).where(Ticket.requester_id == subject.account_id)
        )
        return found

    return whose


def _customers_word(subject: Subject) -> ColumnElement[bool]:
    """What they wrote as a customer, in a colleague's ticket too; what they wrote as staff is the company's."""
    return and_(Message.author_id == subject.account_id, Message.side != Side.STAFF)


def _forget_files(session: Session, messages: list[int]) -> None:
    forget_holders(session, FILES, messages)


def forget_told(session: Session, subject: Subject, cursor: int) -> int | None:
    """What staff were told of their tickets: it names the subject, and quotes."""
    query = select(Ticket.id, Ticket.reference).where(Ticket.requester_id == subject.account_id, Ticket.id > cursor)
    found = session.execute(query.order_by(Ticket.id).limit(CLOSED_AT_ONCE)).all()
    pages = [f"{place}/{row.reference}" for row in found for place in ("/desk/tickets", "/tickets")]
    if found and forget_some(session, Notification.url.in_(pages)):
        return cursor
    return found[-1].id if len(found) == CLOSED_AT_ONCE else None


def quiet_me_too(session: Session, subject: Subject, _cursor: int) -> int | None:
    session.execute(update(MeToo).where(MeToo.account_id == subject.account_id).values(notify=False))
    return None


def scrub_data(session: Session, subject: Subject, cursor: int) -> int | None:
    """Names stand in what happened to tickets, such as that of whoever was given one."""
    query = select(TicketEvent).where(TicketEvent.id > cursor, TicketEvent.kind.in_(("taken", "assigned")))
    rows = session.scalars(query.order_by(TicketEvent.id).limit(AT_ONCE)).all()
    names = {subject.handle, subject.display_name}
    for row in rows:
        if row.data.get("assignee") in names:
            row.data = row.data | {"assignee": NAME}
    return rows[-1].id if len(rows) == AT_ONCE else None


EMPTY = {"source": "", "html": "", "text": "", "withheld": True}
PART = Part(
    name="tickets",
    tables=frozenset({"tickets", "ticket_messages", "ticket_events", "ticket_followers", "me_too"}),
    sections=sections,
    findings=findings,
    steps=(
        close_tickets,
        blanks(Message, _in_their_tickets(Message), after=_forget_files, **EMPTY),
        blanks(Message, _customers_word, after=_forget_files, **EMPTY),
        blanks(TicketEvent, _in_their_tickets(TicketEvent), note=""),
        blanks(
            Ticket,
            lambda subject: Ticket.requester_id == subject.account_id,
            subject=SUBJECT,
            environment="",
            organisation_id=None,
        ),
        forget_told,
        quiet_me_too,
        scrub_data,
        scrubs(Message, "source", cooked=True),
        scrubs(TicketEvent, "note"),
        scrubs(Ticket, "subject", "environment"),
    ),
)
