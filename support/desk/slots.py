"""What the desk adds to other pages: threads, the home page, profiles and the navigation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.posts import SHOWN
from forum.slots import NavEntry, Slots
from forum.threads.models import Thread
from support.desk import queries as desk
from support.escalations import queries as escalations
from support.tickets import queries as tickets
from support.tickets.models import Ticket, TicketState
from support.tickets.words import state_for_staff

TIMELINE = 15


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something a customer came with: a thread, or a ticket."""

    title: str
    path: str
    words: str
    created_at: datetime
    private: bool


def register(slots: Slots) -> None:
    slots.stake(escalations.stake)
    slots.register("thread.actions", "support/escalations/_actions.html", escalations.threads_help, order=30)
    slots.register("thread.aside", "support/escalations/_aside.html", escalations.threads_help, order=10)
    slots.register("answer.marks", "support/escalations/_answer_mark.html", escalations.answers_from_tickets)
    slots.register("api.ticket", "", escalations.references)
    slots.register("nav", "support/desk/_nav.html", nav, order=10)
    slots.register("home.waiting", "support/tickets/_waiting.html", waiting_for_me, order=10)
    slots.register("profile.sections", "support/desk/_timeline.html", timeline, order=10)


def nav(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """The desk for staff; for customers who have tickets, or colleagues, those, with how many wait for them."""
    if actor is None:
        return {}
    if actor.can(Privilege.WORK_TICKETS):
        return {keys[0]: NavEntry(_("Desk"), "/desk", desk.on_my_desk(session, actor))}
    own = tickets.count_own(session, actor)
    here = own or actor.organisation_id is not None
    return {keys[0]: NavEntry(_("My tickets"), "/tickets", own.get(TicketState.PENDING, 0))} if here else {}


def waiting_for_me(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """Tickets that wait for the customer's answer."""
    if actor is None:
        return {}
    waiting = tickets.waiting_tickets(session, actor)
    return {keys[0]: waiting} if waiting else {}


def timeline(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """What a customer came with, threads and tickets in one line of time, for staff."""
    if actor is None or not actor.can(Privilege.WORK_TICKETS):
        return {}
    items: dict[Any, list[TimelineItem]] = {}
    for row in session.execute(
        select(Ticket.requester_id, Ticket.reference, Ticket.subject, Ticket.state, Ticket.created_at)
        .where(Ticket.requester_id.in_(keys), Ticket.visible_to(actor))
        .order_by(Ticket.id.desc())
        .limit(TIMELINE * len(keys))
    ):
        path, words = f"/desk/tickets/{row.reference}", f"{row.reference} · {state_for_staff(row.state)}"
        item = TimelineItem(row.subject, path, words, row.created_at, private=True)
        items.setdefault(row.requester_id, []).append(item)
    for thread in session.execute(
        select(Thread.author_id, Thread.id, Thread.title, Thread.created_at)
        .where(Thread.author_id.in_(keys), Thread.visible_to(actor), Thread.visibility.in_(SHOWN))
        .order_by(Thread.id.desc())
        .limit(TIMELINE * len(keys))
    ):
        path = f"/threads/{thread.id}/{slugify(thread.title)}"
        item = TimelineItem(thread.title, path, _("Asked in public"), thread.created_at, private=False)
        items.setdefault(thread.author_id, []).append(item)
    return {key: sorted(found, key=_newest, reverse=True)[:TIMELINE] for key, found in items.items()}


def _newest(item: TimelineItem) -> datetime:
    return item.created_at
