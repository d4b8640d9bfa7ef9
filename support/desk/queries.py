"""The desk: what waits for whom, in the order in which it should be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from forum.access import Actor
from forum.accounts.models import Account, Organisation
from forum.clock import now
from forum.i18n import gettext as _
from forum.organisations.words import importance_words
from forum.prepared import prepared
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
    importance: int | None
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

    @property
    def importance_words(self) -> str:
        return importance_words(self.importance) if self.importance is not None else ""


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
    me = _member(session, actor).one()
    to_my_tier = {"assignee": "-", "tier": str(me.tier or "")}
    sections: tuple[tuple[str, str, dict[str, str] | None], ...] = (
        ("mine", _("Yours, where the customer wrote last"), {"assignee": actor.handle}),
        ("tier", _("Handed to your tier"), to_my_tier),
        ("unassigned", _("Unassigned"), {"assignee": "-"}),
        ("handed", _("Handed over by you"), None),
        ("waiting", _("Yours, waiting"), {"assignee": actor.handle}),
        ("solved", _("Solved today"), {"state": "solved"}),
    )
    values = {"tier": me.tier or 0, "team": me.team, "midnight": _midnight(actor)}
    found = []
    for name, title, more in sections:
        rows = _in_section(session, actor, name, bool(me.team), **values).all()
        found.append(Section(name, title, [_row(row) for row in rows[:SECTION]], more if len(rows) > SECTION else None))
    return found


@prepared
def _member(reader: Actor) -> Select[*tuple[Any, ...]]:
    return select(Account.tier, Account.team).where(Account.id == reader.id)


@prepared
def _in_section(reader: Actor, name: str, of_team: bool) -> Select[*tuple[Any, ...]]:
    query = _select(reader).where(_condition(reader, name, of_team=of_team))
    return query.order_by(RANK, Ticket.last_word_at, Ticket.id).limit(SECTION + 1)


def _condition(reader: Actor, name: str, *, of_team: bool) -> ColumnElement[bool]:
    mine = Ticket.assignee_id == reader.id
    followed = select(TicketFollower.ticket_id).where(TicketFollower.account_id == reader.id)
    works, open_ = Ticket.state.in_(AT_WORK), Ticket.state.in_((TicketState.NEW, TicketState.OPEN))
    answered = and_(Ticket.last_staff_at.is_not(None), Ticket.last_staff_at >= spoke_last())
    nobodys, to_me = and_(Ticket.assignee_id.is_(None), works), _handed_to(of_team=of_team)
    return {
        "mine": and_(mine, open_, ~answered),
        "tier": and_(nobodys, to_me),
        "unassigned": and_(nobodys, ~to_me),
        "handed": and_(works, Ticket.id.in_(followed), or_(Ticket.assignee_id.is_(None), ~mine)),
        "waiting": and_(mine, works, or_(~open_, answered)),
        "solved": _solved_today(reader),
    }[name]


def _handed_to(*, of_team: bool) -> ColumnElement[bool]:
    """Which tickets were handed to a tier: those of another team than one's own are not one's own."""
    handed = select(TicketEvent.id).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == "tier").exists()
    ours = or_(Ticket.team == "", Ticket.team == bindparam("team")) if of_team else true()
    return and_(Ticket.tier == bindparam("tier"), ours, handed)


def _solved_today(reader: Actor) -> ColumnElement[bool]:
    """Looked for among what somebody has or follows: of all that was ever solved there is much more."""
    done = aliased(Ticket)
    today = (done.state.in_((TicketState.SOLVED, TicketState.CLOSED)), done.solved_at >= bindparam("midnight"))
    mine = select(done.id).where(done.assignee_id == reader.id, *today)
    followed = select(done.id).join(TicketFollower, TicketFollower.ticket_id == done.id)
    followed = followed.where(TicketFollower.account_id == reader.id, *today)
    return Ticket.id.in_(mine.union_all(followed))


def tickets(session: Session, actor: Actor, filters: Mapping[str, str]) -> Filtered:
    """Tickets by words, state, tier, team, priority and assignee ("-" for nobody), latest word first, by the page."""
    shape, values = _asked(filters)
    if words := filters.get("q", ""):
        query = _filtered(actor, shape).where(*matches(actor, words))
        rows: Sequence[Any] = session.execute(query, values).all()
    else:
        rows = _page(session, actor, shape, **values).all()
    older = write_key(rows[PAGE - 1].last_word_at, rows[PAGE - 1].id) if len(rows) > PAGE else None
    return Filtered([_row(row) for row in rows[:PAGE]], older)


def _asked(filters: Mapping[str, str]) -> tuple[frozenset[str], dict[str, Any]]:
    """The names of the conditions that somebody asks for, and the values in them."""
    state, assignee = filters.get("state", ""), filters.get("assignee", "")
    values: dict[str, Any] = {}
    if state in list(TicketState):
        values["state"] = TicketState(state)
    if filters.get("priority") in list(Priority):
        values["priority"] = Priority(filters["priority"])
    if filters.get("tier") in ("1", "2", "3"):
        values["tier"] = int(filters["tier"])
    if filters.get("team"):
        values["team"] = filters["team"]
    if assignee and assignee != "-":
        values["assignee"] = assignee.lower()
    shape = set(values)
    if "state" not in shape and state != "all":
        shape.add("at work")
    if assignee == "-":
        shape.add("nobody's")
    if (key := read_key(filters.get("after", ""))) is not None:
        values["moment"], values["number"] = key
        shape.add("after")
    return frozenset(shape), values


def _filtered(reader: Actor, shape: frozenset[str]) -> Select[*tuple[Any, ...]]:
    key = tuple_(bindparam("moment", type_=Ticket.last_word_at.type), bindparam("number", type_=Ticket.id.type))
    conditions: dict[str, ColumnElement[bool]] = {
        "state": Ticket.state == bindparam("state"),
        "at work": Ticket.state.in_(AT_WORK),
        "priority": Ticket.priority == bindparam("priority"),
        "tier": Ticket.tier == bindparam("tier"),
        "team": Ticket.team == bindparam("team"),
        "nobody's": Ticket.assignee_id.is_(None),
        "assignee": Ticket.assignee_id.in_(select(Account.id).where(Account.handle == bindparam("assignee"))),
        "after": tuple_(Ticket.last_word_at, Ticket.id) < key,
    }
    query = _select(reader).where(*(condition for name, condition in conditions.items() if name in shape))
    return query.order_by(Ticket.last_word_at.desc(), Ticket.id.desc()).limit(PAGE + 1)


_page = prepared(_filtered)


def on_my_desk(session: Session, actor: Actor) -> int:
    """How many tickets wait for somebody."""
    return int(_on_my_desk(session, actor).scalar_one())


@prepared
def _on_my_desk(reader: Actor) -> Select[int]:
    return select(func.count()).select_from(Ticket).where(Ticket.visible_to(reader), waits_for(reader))


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """Tickets that wait for somebody: their own where the customer wrote last, and those that nobody has."""
    answered = and_(Ticket.last_staff_at.is_not(None), Ticket.last_staff_at >= spoke_last())
    mine = and_(Ticket.assignee_id == actor.id, Ticket.state.in_((TicketState.NEW, TicketState.OPEN)), ~answered)
    return or_(mine, and_(Ticket.assignee_id.is_(None), Ticket.state.in_(AT_WORK)))


def spoke_last() -> ColumnElement[datetime]:
    """When the customer last spoke; a ticket in which they never did counts from its opening."""
    return func.coalesce(Ticket.last_requester_at, Ticket.created_at)


def staff(session: Session) -> list[Person]:
    """Everybody who works on tickets."""
    rows: Any = _staff(session, None)
    return [Person(*row) for row in rows]


@prepared
def _staff(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    query = select(Account.id, Account.handle, Account.display_name, Account.staff).where(
        Account.staff.is_(True), Account.offboarded_at.is_(None)
    )
    return query.order_by(Account.display_name).limit(500)


def teams(session: Session) -> list[str]:
    """Teams that staff belong to."""
    return list(_teams(session, None).scalars())


@prepared
def _teams(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    query = select(Account.team).where(Account.staff.is_(True), Account.team != "").distinct()
    return query.order_by(Account.team).limit(100)


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
            Organisation.importance,
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
        importance=row.importance,
        assignee=Person(row.holder_id, row.holder_handle, row.holder_name, True) if row.holder_id else None,
        last_word_at=row.last_word_at,
        their_turn=row.last_staff_at is None or (row.last_requester_at or row.created_at) > row.last_staff_at,
        public=row.thread_id is not None,
    )
