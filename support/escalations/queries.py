"""What a person may do about a thread, and how many have its problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, func, null, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.markup import slugify
from forum.posts import PostKind, PostRef, Visibility
from forum.prepared import Own, among, prepared_for
from forum.threads.models import Answer, Thread, ThreadKind
from forum.threads.queries import facts_of
from support.escalations.models import MeToo
from support.escalations.rules import Permission, permission, said_unhelpful
from support.messages.models import Message
from support.tickets.models import LIVE, Ticket, TicketState
from support.tickets.words import state_for_customer, state_for_staff

HELPED: tuple[Any, ...] = (
    Thread.id,
    Thread.title,
    Thread.kind,
    Thread.author_id,
    Thread.visibility,
    Thread.created_at,
    Thread.accepted_answer_id,
)
"""The columns of a HelpedThread, in its order."""


@dataclass(frozen=True, slots=True)
class HelpedThread:
    """What the way to staff depends on in a thread."""

    id: int
    title: str
    kind: ThreadKind
    author_id: int
    visibility: Visibility
    created_at: datetime
    accepted_answer_id: int | None

    @property
    def slug(self) -> str:
        return slugify(self.title)


@dataclass(frozen=True, slots=True)
class TicketMark:
    """The ticket that an answer came from; `at_desk` says that this reader works on it there."""

    reference: str
    at_desk: bool


@dataclass(frozen=True, slots=True)
class ThreadHelp:
    """A thread, as the way to staff sees it, for one reader.

    `reference` is that of its ticket, for those who may see it; `at_desk` says that
    this reader works on it there.
    """

    thread: HelpedThread
    allowed: Permission
    me_too: int
    mine: bool
    reference: str | None
    ticket_state: TicketState | None
    at_desk: bool

    @property
    def ticket_words(self) -> str:
        """Where its ticket stands, in the reader's words."""
        if self.ticket_state is None:
            return ""
        return state_for_staff(self.ticket_state) if self.at_desk else state_for_customer(self.ticket_state)

    @property
    def opens_in(self) -> str:
        """How long until the asker may ask for any reason, in words."""
        if self.allowed.opens_at is None:
            return ""
        minutes = max(1, ceil((self.allowed.opens_at - now()).total_seconds() / 60))
        if minutes < 60:
            return ngettext("in about {count} minute", "in about {count} minutes", minutes).format(count=minutes)
        hours = round(minutes / 60)
        if hours < 48:
            return ngettext("in about {count} hour", "in about {count} hours", hours).format(count=hours)
        days = round(hours / 24)
        return ngettext("in about {count} day", "in about {count} days", days).format(count=days)

    @property
    def solved(self) -> bool:
        return self.thread.accepted_answer_id is not None

    @property
    def live(self) -> bool:
        return self.ticket_state in LIVE

    @property
    def may_ask(self) -> bool:
        """Whether to offer the button: to those who may ask staff at all, while there is something to ask."""
        return bool(self.allowed.reasons) and not self.solved and not self.live

    @property
    def may_join(self) -> bool:
        """Whether to offer "I have this too": of a problem, while it is one."""
        return self.allowed.may_join and not self.solved and self.thread.kind is ThreadKind.QUESTION

    @property
    def may_leave(self) -> bool:
        """Whether to offer taking "I have this too" back, where it can no longer be said."""
        return self.mine and not self.may_join

    @property
    def proposes_solving(self) -> bool:
        """The asker has accepted an answer, and their ticket is still at work."""
        return self.solved and self.allowed.for_asker and self.live and self.ticket_state is not TicketState.SOLVED


def thread_help(session: Session, actor: Actor | None, thread_id: int) -> ThreadHelp:
    """
    Raises:
        NotFound: there is no such thread, or none that the actor may see.
    """
    found = threads_help(session, actor, [thread_id]).get(thread_id)
    if found is None:
        raise NotFound(_("There is no such question."))
    return found


def threads_help(session: Session, actor: Actor | None, thread_ids: Sequence[int]) -> dict[int, ThreadHelp]:
    """The same for several; those that the actor may not see are left out."""
    works = actor is not None and actor.can(Privilege.WORK_TICKETS)
    found: dict[int, ThreadHelp] = {}
    for row in _threads(session, actor, thread_ids=thread_ids):
        thread = HelpedThread(*row[: len(HELPED)])
        found[row.id] = ThreadHelp(
            thread=thread,
            allowed=permission(session, actor, thread, unhelpful=row.unhelpful),
            me_too=row.me_too,
            mine=row.mine,
            reference=row.reference,
            ticket_state=row.state,
            at_desk=works and actor is not None and actor.id != row.author_id,
        )
    return found


def references(session: Session, actor: Actor | None, thread_ids: Sequence[int]) -> dict[int, str]:
    """The reference of each thread's ticket, for those who may see it."""
    found = threads_help(session, actor, thread_ids)
    return {thread_id: help_.reference for thread_id, help_ in found.items() if help_.reference is not None}


def stake(reader: Actor) -> ColumnElement[bool]:
    """They have the thread's problem too, or may see a ticket that grew from it or from which an answer came."""
    thread_id: Any = bindparam("thread_id")
    seen = Ticket.visible_to(reader)
    came = and_(Message.source_kind == "answer", Message.source_id == Answer.id, Message.ticket_id == Ticket.id)
    return or_(
        exists().where(MeToo.thread_id == thread_id, MeToo.account_id == reader.id),
        exists().where(Ticket.thread_id == thread_id, seen),
        exists().where(Answer.thread_id == thread_id, Answer.from_staff, came, seen),
    )


@prepared_for(threads="thread_ids", answers="thread_ids", me_too="thread_ids", tickets=Own(), unhelpful_answers=Own())
def _threads(reader: Actor | None) -> Select[Any]:
    """Threads, each once for every ticket that the reader may see: the latest last, after it one that lives."""
    me_too = select(func.count()).where(MeToo.thread_id == Thread.id).scalar_subquery()
    mine: ColumnElement[bool] = false()
    unhelpful: ColumnElement[bool] = false()
    if reader is not None:
        mine = exists().where(MeToo.thread_id == Thread.id, MeToo.account_id == reader.id)
        unhelpful = and_(Thread.author_id == reader.id, said_unhelpful(reader, Thread.id))
    found = (*HELPED, me_too.label("me_too"), mine.label("mine"), unhelpful.label("unhelpful"))
    here = (among(Thread.id, "thread_ids"), Thread.visible_to(reader))
    if reader is None:  # nobody's tickets: not even asking for them keeps the page from being made anew for each one
        return select(*found, null().label("reference"), null().label("state")).where(*here)
    its = and_(Ticket.thread_id == Thread.id, Ticket.visible_to(reader), Ticket.state != TicketState.SPAM)
    query: Select[Any] = select(*found, Ticket.reference, Ticket.state).outerjoin(Ticket, its).where(*here)
    return query.order_by(Ticket.state.in_(LIVE), Ticket.id)


def answers_from_tickets(session: Session, actor: Actor | None, answer_ids: Sequence[int]) -> dict[int, TicketMark]:
    """From which ticket an answer of staff came, for those who may see the ticket."""
    if actor is None:
        return {}
    refs = [PostRef(PostKind.ANSWER, answer_id) for answer_id in answer_ids]
    ids = [ref.id for ref, facts in facts_of(session, refs).items() if facts.from_staff]
    at_desk = actor.can(Privilege.WORK_TICKETS)
    rows = _sources(session, actor, answer_ids=ids) if ids else ()
    return {row.source_id: TicketMark(row.reference, at_desk) for row in rows}


@prepared_for(ticket_messages=Own(), tickets=Own())
def _sources(reader: Actor) -> Select[*tuple[Any, ...]]:
    query = select(Message.source_id, Ticket.reference).join(Ticket, Ticket.id == Message.ticket_id)
    return query.where(
        Message.source_kind == "answer",
        among(Message.source_id, "answer_ids"),
        Ticket.visible_to(reader),
    )
