"""What a person may do about a thread, and how many have its problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.threads.models import Answer, Thread, ThreadKind
from support.escalations.models import MeToo
from support.escalations.rules import Permission, permission
from support.messages.models import Message
from support.tickets.models import LIVE, Ticket, TicketState
from support.tickets.words import state_for_customer, state_for_staff


@dataclass(frozen=True, slots=True)
class ThreadHelp:
    """A thread, as the way to staff sees it, for one reader.

    `reference` is that of its ticket, for those who may see it; `at_desk` says that
    this reader works on it there.
    """

    thread: Thread
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
    threads = session.scalars(select(Thread).where(Thread.id.in_(thread_ids), Thread.visible_to(actor))).all()
    counts = dict(
        session.execute(
            select(MeToo.thread_id, func.count()).where(MeToo.thread_id.in_(thread_ids)).group_by(MeToo.thread_id)
        ).all()
    )
    mine: set[int] = set()
    if actor is not None:
        query = select(MeToo.thread_id).where(MeToo.thread_id.in_(thread_ids), MeToo.account_id == actor.id)
        mine = set(session.scalars(query))
    tickets = _tickets(session, actor, thread_ids)
    works = actor is not None and actor.can(Privilege.WORK_TICKETS)
    found: dict[int, ThreadHelp] = {}
    for thread in threads:
        reference, state = tickets.get(thread.id, (None, None))
        found[thread.id] = ThreadHelp(
            thread=thread,
            allowed=permission(session, actor, thread),
            me_too=counts.get(thread.id, 0),
            mine=thread.id in mine,
            reference=reference,
            ticket_state=state,
            at_desk=works and actor is not None and actor.id != thread.author_id,
        )
    return found


def answers_from_tickets(session: Session, actor: Actor | None, answer_ids: Sequence[int]) -> dict[int, str]:
    """From which ticket an answer of staff came, for those who may see the ticket."""
    if actor is None:
        return {}
    query = (
        select(Message.source_id, Ticket.reference)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .join(Answer, Answer.id == Message.source_id)
        .where(
            Message.source_kind == "answer",
            Message.source_id.in_(answer_ids),
            Answer.from_staff.is_(True),
            Ticket.visible_to(actor),
        )
    )
    return {source_id: reference for source_id, reference in session.execute(query) if source_id is not None}


def _tickets(session: Session, actor: Actor | None, thread_ids: Sequence[int]) -> dict[int, tuple[str, TicketState]]:
    """The latest ticket of each thread that the actor may see; a live one before any other."""
    if actor is None:
        return {}
    query = (
        select(Ticket.thread_id, Ticket.reference, Ticket.state)
        .where(Ticket.thread_id.in_(thread_ids), Ticket.visible_to(actor), Ticket.state != TicketState.SPAM)
        .order_by(Ticket.state.in_(LIVE), Ticket.id)
    )
    return {row.thread_id: (row.reference, row.state) for row in session.execute(query)}
