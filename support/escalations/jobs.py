"""A rule that an admin may turn on: what nobody has answered in time goes to staff by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from forum.admin.catalogue import Area
from forum.admin.simple import Whole
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import lazy, ngettext
from forum.jobs import Jobs
from forum.posts import Visibility
from forum.threads.models import Thread, ThreadKind
from support.escalations.actions import note_for_staff, open_from_thread
from support.hours import hours_of, staffed_hours_between
from support.messages.actions.writing import plain
from support.tickets.actions.holding import ticket_of_thread
from support.tickets.models import Reason, Ticket

LOOK_BACK = timedelta(days=30)
BATCH = 50


def _hours(count: int) -> str:
    return ngettext("after {count} hour", "after {count} hours", count).format(count=count) if count else _("never")


RULE = Whole(
    option="support.unanswered_hours",
    name=lazy("Hours after which an unanswered question goes to staff by itself"),
    words=lazy(
        "A question that nobody answered for so many staffed hours turns into a ticket by itself; 0 is never. "
        "Questions older than 30 days stay where they are."
    ),
    area=Area.STAFF,
    default=0,
    least=0,
    most=100,
    counted=_hours,
)


def schedule(jobs: Jobs) -> None:
    jobs.every("35 * * * *", "support.unanswered", hand_over_unanswered)


def hand_over_unanswered(session: Session, _payload: dict[str, Any]) -> None:
    """Open a ticket for each question that waited too long; what was imported never counts, nor what had a ticket."""
    wanted = RULE.of(session)
    if wanted <= 0:
        return
    hours, moment = hours_of(session), now()
    for thread in session.scalars(_waiting(moment - LOOK_BACK)).all():
        if staffed_hours_between(hours, thread.created_at, moment) < timedelta(hours=wanted):
            break  # the rest is younger still
        if ticket_of_thread(session, thread.id) is None:
            ticket = open_from_thread(session, None, thread, Reason.RULE)
            note_for_staff(session, ticket, None, plain(_("Nobody answered this in time, so it came here by itself.")))


def _waiting(since: datetime) -> Select[Thread]:
    had_ticket = select(Ticket.id).where(Ticket.thread_id == Thread.id).exists()
    return (
        select(Thread)
        .where(
            Thread.kind == ThreadKind.QUESTION,
            Thread.visibility == Visibility.PUBLISHED,
            Thread.answer_count == 0,
            Thread.imported_at.is_(None),
            Thread.duplicate_of_id.is_(None),
            Thread.locked_at.is_(None),
            Thread.created_at >= since,
            ~had_ticket,
        )
        .order_by(Thread.created_at, Thread.id)
        .limit(BATCH)
    )
