"""What somebody has been told, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.notifications import kinds
from forum.notifications.models import Notification
from forum.threads.models import Thread

PAGE = 30


@dataclass(frozen=True, slots=True)
class Told:
    """One notification; `sentence` and `text` are never both empty."""

    id: int
    icon: str
    sentence: str
    text: str
    has_place: bool
    unread: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NotificationsPage:
    """A page of them, the newest first; `next` is the `before` of the page after it."""

    notifications: list[Told]
    next: int | None
    newest: int


def notifications_page(
    session: Session, actor: Actor, *, before: int | None = None, unread: bool = False
) -> NotificationsPage:
    known = or_(Thread.visible_to(actor), Thread.author_id == actor.id)
    query = (
        select(Notification, Account.display_name, Thread.title)
        .outerjoin(Account, Account.id == Notification.actor_id)
        .outerjoin(Thread, and_(Thread.id == Notification.thread_id, known))
        .where(Notification.visible_to(actor), Notification.page.is_(True))
        .order_by(Notification.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Notification.id < before)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    rows = session.execute(query).all()
    shown = [_told(*row) for row in rows[:PAGE]]
    more = len(rows) > PAGE
    return NotificationsPage(shown, shown[-1].id if more else None, shown[0].id if shown else 0)


def _told(notification: Notification, actor: str | None, title: str | None) -> Told:
    return Told(
        id=notification.id,
        icon=kinds.icon(notification.kind),
        sentence=kinds.sentence(notification.kind, actor=actor, title=title),
        text=notification.text,
        has_place=bool(notification.url),
        unread=notification.read_at is None,
        created_at=notification.created_at,
    )
