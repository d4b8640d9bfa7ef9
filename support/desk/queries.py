"""The desk: what waits for whom, in the order in which it should be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from forum.access import Actor
from forum.accounts.models import Account, Organisation
from forum.clock import now
from forum.i18n import gettext as _
from support.desk.finding import matches
from support.people import Person
from support.tickets.models import AT_WORK, Priority, Ticket, TicketEvent, TicketFollower, TicketState
from support.tickets.queries import read_key, write_key
from support.tickets.words import priority_words, state_for_staff

SECTION = 15
PAGE = 40
RANK = case(
    {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3},
    value=Ticket.priority,
)


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A ticket in a list of staff; `their_turn` says that the customer spoke last."""

    reference: str
    subject: str
    state: TicketState
    priority: Priority
    tier: int
    team: str
    customer: Person
    organisation: str | None
    plan: str | None
    assignee: Person | None
    last_word_at: datetime
    their_turn: bool
    public: bool

    @property
    def words(self) -> str:
        return state_for_staff(self.state)

    @property
    def priority_words(self) -> str:
        return priority_words(self.priority)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: str
    rows: list[DeskRow]
    more: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Filtered:
    rows: list[DeskRow]
    older: str | None


def desk(session: Session, actor: Actor) -> list[Section]:
    """What is on somebody's desk, one query a section."""
    mine = Ticket.assignee_id == actor.id
    followed = select(TicketFollower.ticket_id).where(TicketFollower.account_id == actor.id)
    works, open_ = Ticket.state.in_(AT_WORK), Ticket.state.in_((TicketState.NEW, TicketState.OPEN))
    answered = and_(Ticket.last_staff_at.is_not(None), Ticket.last_staff_at >= spoke_last())
    solved_today = and_(
        Ticket.state.in_((TicketState.SOLVED, TicketState.CLOSED)), Ticket.solved_at >= _midnight(actor)
    )
    tier, to_me = _handed_to(session, actor)
    nobodys = and_(Ticket.assignee_id.is_(None), works)
    sections = (
        ("mine", _("Yours, where the customer wrote last"), and_(mine, open_, ~answered), {"assignee": actor.handle}),
        ("tier", _("Handed to your tier"), and_(nobodys, to_me), {"assignee": "-", "tier": tier}),
        ("unassigned", _("Unassigned"), and_(nobodys, ~to_me), {"assignee": "-"}),
        (
            "handed",
            _("Handed over by you"),
            and_(works, Ticket.id.in_(followed), or_(Ticket.assignee_id.is_(None), ~mine)),
            None,
        ),
        ("waiting", _("Yours, waiting"), and_(mine, works, or_(~open_, answered)), {"assignee": actor.handle}),
        ("solved", _("Solved today"), and_(solved_today, or_(mine, Ticket.id.in_(followed))), {"state": "solved"}),
    )
    return [_section(session, actor, *section) for section in sections]


def _handed_to(session: Session, actor: Actor) -> tuple[str, ColumnElement[bool]]:
    """Somebody's tier, and which tickets were handed to it: those of another team are not theirs."""
    me = session.execute(select(Account.tier, Account.team).where(Account.id == actor.id)).one()
    handed = select(TicketEvent.id).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == "tier").exists()
    ours = Ticket.team.in_(("", me.team)) if me.team else true()
    return str(me.tier or ""), and_(Ticket.tier == (me.tier or 0), ours, handed)


def tickets(session: Session, actor: Actor, filters: Mapping[str, str]) -> Filtered:
    """Tickets by words, state, tier, team, priority and assignee ("-" for nobody), latest word first, by the page."""
    query = _select(actor).where(*_conditions(filters), *matches(actor, filters.get("q", ""))).limit(PAGE + 1)
    if (key := read_key(filters.get("after", ""))) is not None:
        query = query.where(tuple_(Ticket.last_word_at, Ticket.id) < tuple_(*key))
    rows = session.execute(query.order_by(Ticket.last_word_at.desc(), Ticket.id.desc())).all()
    older = write_key(rows[PAGE - 1].last_word_at, rows[PAGE - 1].id) if len(rows) > PAGE else None
    return Filtered([_row(row) for row in rows[:PAGE]], older)


def on_my_desk(session: Session, actor: Actor) -> int:
    """How many tickets wait for somebody: their own where the customer wrote last, and those that nobody has."""
    answered = and_(Ticket.last_staff_at.is_not(None), Ticket.last_staff_at >= spoke_last())
    mine = and_(Ticket.assignee_id == actor.id, Ticket.state.in_((TicketState.NEW, TicketState.OPEN)), ~answered)
    unassigned = and_(Ticket.assignee_id.is_(None), Ticket.state.in_(AT_WORK))
    query = select(func.count()).select_from(Ticket).where(Ticket.visible_to(actor), or_(mine, unassigned))
    return session.scalar(query) or 0


def spoke_last() -> ColumnElement[datetime]:
    """When the customer last spoke; a ticket in which they never did counts from its opening."""
    return func.coalesce(Ticket.last_requester_at, Ticket.created_at)


def staff(session: Session) -> list[Person]:
    """Everybody who works on tickets."""
    query = select(Account.id, Account.handle, Account.display_name, Account.staff).where(
        Account.staff.is_(True), Account.offboarded_at.is_(None)
    )
    return [Person(*row) for row in session.execute(query.order_by(Account.display_name).limit(500))]


def teams(session: Session) -> list[str]:
    """Teams that staff belong to."""
    query = select(Account.team).where(Account.staff.is_(True), Account.team != "").distinct().order_by(Account.team)
    return list(session.scalars(query.limit(100)))


def _section(session: Session, actor: Actor, name: str, title: str, *what: Any) -> Section:
    condition, more = what
    rows = session.execute(
        _select(actor).where(condition).order_by(RANK, Ticket.last_word_at, Ticket.id).limit(SECTION + 1)
    ).all()
    return Section(name, title, [_row(row) for row in rows[:SECTION]], more if len(rows) > SECTION else None)


def _conditions(filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    state, assignee = filters.get("state", ""), filters.get("assignee", "")
    chosen: list[ColumnElement[bool]] = []
    if state in list(TicketState):
        chosen.append(Ticket.state == TicketState(state))
    elif state != "all":
        chosen.append(Ticket.state.in_(AT_WORK))
    if filters.get("priority") in list(Priority):
        chosen.append(Ticket.priority == Priority(filters["priority"]))
    if filters.get("tier") in ("1", "2", "3"):
        chosen.append(Ticket.tier == int(filters["tier"]))
    if filters.get("team"):
        chosen.append(Ticket.team == filters["team"])
    if assignee == "-":
        chosen.append(Ticket.assignee_id.is_(None))
    elif assignee:
        chosen.append(Ticket.assignee_id.in_(select(Account.id).where(Account.handle == assignee.lower())))
    return chosen


def _midnight(actor: Actor) -> datetime:
    """When the actor's day began."""
    try:
        zone = ZoneInfo(actor.time_zone)
    except (KeyError, ValueError):
        zone = ZoneInfo("UTC")
    return now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _select(actor: Actor) -> Select[*tuple[Any, ...]]:
    holder = aliased(Account)
    return (
        select(
            Ticket.id,
            Ticket.reference,
            Ticket.subject,
            Ticket.state,
            Ticket.priority,
            Ticket.tier,
            Ticket.team,
            Ticket.thread_id,
            Ticket.created_at,
            Ticket.last_word_at,
            Ticket.last_staff_at,
            Ticket.last_requester_at,
            Account.id.label("customer_id"),
            Account.handle,
            Account.display_name,
            Organisation.name.label("organisation"),
            Organisation.plan,
            holder.id.label("holder_id"),
            holder.handle.label("holder_handle"),
            holder.display_name.label("holder_name"),
        )
        .join(Account, Account.id == Ticket.requester_id)
        .outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
        .outerjoin(holder, holder.id == Ticket.assignee_id)
        .where(Ticket.visible_to(actor))
    )


def _row(row: Row[Any]) -> DeskRow:
    return DeskRow(
        reference=row.reference,
        subject=row.subject,
        state=row.state,
        priority=row.priority,
        tier=row.tier,
        team=row.team,
        customer=Person(row.customer_id, row.handle, row.display_name),
        organisation=row.organisation,
        plan=row.plan,
        assignee=Person(row.holder_id, row.holder_handle, row.holder_name, True) if row.holder_id else None,
        last_word_at=row.last_word_at,
        their_turn=row.last_staff_at is None or (row.last_requester_at or row.created_at) > row.last_staff_at,
        public=row.thread_id is not None,
    )
