"""Notifications in an export and in an erasure: one's own, and what others were told of somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.events.threads import PostsReworded
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.notifications.kinds import sentence
from forum.notifications.models import Notification
from forum.personal import AT_ONCE, Fate, Finding, Part, Section, Subject, count, in_batches, scrubs
from forum.posts import PostKind
from forum.threads.models import Thread

THREADS_AT_ONCE = 50


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    mine = count(session, Notification, Notification.account_id == subject.account_id)
    yield Finding(_("notifications"), mine, Fate.ERASED)
    about = count(
        session,
        Notification,
        Notification.actor_id == subject.account_id,
        Notification.account_id != subject.account_id,
    )
    yield Finding(_("notifications to others about what they did"), about, Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "what": _("What"),
        "text": _("Text"),
        "url": _("Address"),
        "created_at": _("When"),
        "read_at": _("Read"),
    }
    columns = [getattr(Notification, name) for name in ("id", "kind", "text", "url", "created_at", "read_at")]
    query = select(*columns).where(Notification.account_id == subject.account_id)
    rows = (
        {"what": sentence(row.kind, actor=None, title=_("a post"))}
        | {name: getattr(row, name) for name in ("text", "url", "created_at", "read_at")}
        for row in in_batches(session, query, Notification.id)
    )
    yield Section("notifications", _("Notifications"), words, rows)


def forget(session: Session, subject: Subject, _cursor: int) -> int | None:
    """Theirs, and those that tell others of what they did."""
    theirs = (Notification.account_id == subject.account_id) | (Notification.actor_id == subject.account_id)
    return 0 if forget_some(session, theirs) else None


def forget_threads(session: Session, subject: Subject, cursor: int) -> int | None:
    """With their words: what others were told in their threads, whose titles stand in addresses and texts."""
    if not subject.content:
        return None
    query = select(Thread.id).where(Thread.author_id == subject.account_id, Thread.id > cursor).order_by(Thread.id)
    threads = session.scalars(query.limit(THREADS_AT_ONCE)).all()
    more = forget_some(session, or_(*(_leads_to(one) for one in threads))) if threads else False
    if more:
        return cursor
    return threads[-1] if len(threads) == THREADS_AT_ONCE else None


def forget_some(session: Session, which: ColumnElement[bool]) -> bool:
    """Delete some of these notifications, with what counts the unread ones; whether there may be more."""
    found = session.scalars(select(Notification.id).where(which).order_by(Notification.id).limit(AT_ONCE)).all()
    told = sorted(set(session.scalars(select(Notification.account_id).where(Notification.id.in_(found)))))
    # In ascending order, as everywhere, and before the rows that are counted go.
    session.execute(select(Account.id).where(Account.id.in_(told)).order_by(Account.id).with_for_update(key_share=True))
    session.execute(delete(Notification).where(Notification.id.in_(found)))
    unread = select(func.count()).where(Notification.account_id == Account.id, Notification.read_at.is_(None))
    session.execute(
        update(Account)
        .where(Account.id.in_(told))
        .values(unread_count=unread.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    return len(found) == AT_ONCE


def on_reworded(session: Session, event: PostsReworded) -> None:
    """The address of a thread holds its title: where somebody's name went out of one, it goes out of these."""
    for ref in event.posts:
        if ref.kind is not PostKind.THREAD:
            continue
        title = session.scalar(select(Thread.title).where(Thread.id == ref.id)) or ""
        address = rf"^/threads/{ref.id}/[^?#]*"
        for row in session.scalars(select(Notification).where(_leads_to(ref.id))):
            row.url = re.sub(address, f"/threads/{ref.id}/{slugify(title)}", row.url)


def _leads_to(thread_id: int) -> ColumnElement[bool]:
    return or_(Notification.thread_id == thread_id, Notification.url.startswith(f"/threads/{thread_id}/"))


PART = Part(
    name="notifications",
    tables=frozenset({"notifications"}),
    sections=sections,
    findings=findings,
    steps=(forget, forget_threads, scrubs(Notification, "text", "url")),
)
