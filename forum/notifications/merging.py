"""Notifications, when two accounts become one: how people are told stays as the account that stays chose it."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.i18n import lazy
from forum.merging import QUIETLY, Joins, Merge, drop_twice
from forum.notifications.models import Choice, Digest, DigestChoice, MailWindow, Notification

CHOICES = lazy("choices of how to be told")


def forget_each_other(session: Session, merge: Merge) -> None:
    """Nobody is told of what they did themself."""
    theirs = (Notification.account_id.in_(merge.both), Notification.actor_id.in_(merge.both))
    session.execute(delete(Notification).where(*theirs), **QUIETLY)


def name_again(session: Session, merge: Merge) -> None:
    """Why somebody is told names whom they follow."""
    was, becomes = f"person:{merge.from_id}", f"person:{merge.to_id}"
    session.execute(update(Notification).where(Notification.why == was).values(why=becomes), **QUIETLY)


def count_unread(session: Session, merge: Merge) -> None:
    unread = select(func.count()).where(
        Notification.account_id == Account.id, Notification.page.is_(True), Notification.read_at.is_(None)
    )
    session.execute(
        update(Account).where(Account.id.in_(merge.both)).values(unread_count=unread.scalar_subquery()), **QUIETLY
    )


JOINS = Joins(
    name="notifications",
    moves={Notification.account_id: lazy("notifications"), Notification.actor_id: "", Digest.account_id: ""},
    ends={Choice.account_id: CHOICES, DigestChoice.account_id: CHOICES, MailWindow.account_id: ""},
    before=(
        forget_each_other,
        drop_twice(Notification, Notification.account_id, Notification.key),
        drop_twice(Digest, Digest.account_id, Digest.day),
    ),
    after=(name_again, count_unread),
)
