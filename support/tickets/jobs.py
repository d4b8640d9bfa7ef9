"""What happens to tickets by the clock: a reminder, solving what nobody answers, closing what is solved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import use_locale
from forum.jobs import Jobs
from support import notices
from support.hours import business_days_before, hours_of
from support.messages.actions import program_says
from support.tickets.actions.holding import hold_by_id
from support.tickets.actions.settling import how_so_far, solve
from support.tickets.history import record
from support.tickets.models import Ticket, TicketState
from support.tickets.states import move

REMIND_AFTER = 3
SOLVE_AFTER = 10
CLOSE_AFTER = timedelta(days=14)
BATCH = 200
"""How many tickets one turn takes on; the next turn takes the rest."""


def schedule(jobs: Jobs) -> None:
    jobs.every("5 * * * *", "support.remind", remind)
    jobs.every("15 * * * *", "support.solve_silent", solve_silent)
    jobs.every("25 * * * *", "support.close_solved", close_solved)


def remind(session: Session, _payload: dict[str, Any]) -> None:
    """Remind customers who have been waited for since three business days; once, unless they are asked again."""
    for ticket in _due(session, _waiting_since(session, REMIND_AFTER), Ticket.reminded_at.is_(None)):
        with use_locale(_locale(session, ticket)):
            program_says(session, ticket, _("Staff are waiting for your answer. Without it they cannot go on."))
        ticket.reminded_at = now()
        record(session, ticket, "reminded", None)
        notices.tell_requester(session, ticket, "ticket_reminder", None)


def solve_silent(session: Session, _payload: dict[str, Any]) -> None:
    """Solve, with notice, what the customer has not answered for ten business days; a word from them opens it again."""
    for ticket in _due(session, _waiting_since(session, SOLVE_AFTER), Ticket.assignee_id.is_not(None)):
        with use_locale(_locale(session, ticket)):
            words = _("This was marked solved, because staff heard nothing from you. Write here, and it is open again.")
            program_says(session, ticket, words)
        ticket.solved_how = how_so_far(session, ticket)
        solve(session, ticket, None, ticket.solved_how, by_staff=False)


def close_solved(session: Session, _payload: dict[str, Any]) -> None:
    """Close for good what has been solved for fourteen days."""
    for ticket in _due(session, _solved_before(now() - CLOSE_AFTER)):
        move(session, ticket, TicketState.CLOSED, None, by_staff=False)


def _due(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Ticket]:
    ids = session.scalars(select(Ticket.id).where(*conditions).order_by(Ticket.id).limit(BATCH)).all()
    return [hold_by_id(session, ticket_id) for ticket_id in ids]


def _waiting_since(session: Session, days: int) -> ColumnElement[bool]:
    limit = business_days_before(hours_of(session), now(), days)
    return (Ticket.state == TicketState.PENDING) & (Ticket.pending_since <= limit)


def _solved_before(limit: datetime) -> ColumnElement[bool]:
    return (Ticket.state == TicketState.SOLVED) & (Ticket.solved_at <= limit)


def _locale(session: Session, ticket: Ticket) -> str:
    return session.get_one(Account, ticket.requester_id).locale
