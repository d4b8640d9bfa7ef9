"""Notifications in an export and in an erasure: one's own, and what others were told of somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.bounces import BouncedAddress
from forum.db import Base
from forum.events.threads import PostsReworded
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.notifications.kinds import matter, sentence
from forum.notifications.models import EVERY, Choice, Digest, DigestChoice, MailWindow, Notification
from forum.personal import AT_ONCE, Fate, Finding, Part, Section, Subject, Whose, count, forgets, in_batches, scrubs
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
    chosen = sum(count(session, model, model.account_id == subject.account_id) for model in (Choice, DigestChoice))
    yield Finding(_("choices of how to be told"), chosen, Fate.ERASED)
    yield Finding(_("digests"), count(session, Digest, Digest.account_id == subject.account_id), Fate.ERASED)
    refused = count(session, BouncedAddress, _their_address(subject))
    yield Finding(_("letters that their address refused"), refused, Fate.ERASED)


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
    words = {"matter": _("What"), "page": _("In the page"), "by_mail": _("By mail")}
    chosen = session.scalars(select(Choice).filter_by(account_id=subject.account_id).order_by(Choice.matter))
    every = _("Everything else")
    rows = (
        {"matter": every if row.matter == EVERY else str(matter(row.matter).words)}
        | {"page": row.page, "by_mail": row.by_mail}
        for row in chosen
    )
    yield Section("telling", _("How you are told"), words, rows)
    words = {"rhythm": _("How often"), "hour": _("Hour"), "weekday": _("Day of the week"), "next_at": _("Next")}
    yield _theirs(session, subject, DigestChoice, "digest", _("Your digest"), words)
    words = {"day": _("Day"), "since": _("From"), "until": _("Until")}
    yield _theirs(session, subject, Digest, "digests", _("Digests that were made"), words)
    words = {"until": _("Until")}
    yield _theirs(session, subject, MailWindow, "gathering", _("Since a letter went, others are gathered"), words)
    words = {
        "address": _("Address"),
        "failures": _("Refused"),
        "said": _("What was said"),
        "last_at": _("When"),
        "stopped_at": _("No more mail since"),
    }
    refused = session.scalars(select(BouncedAddress).where(_their_address(subject)).order_by(BouncedAddress.address))
    rows = ({name: getattr(row, name) for name in words} for row in refused)
    yield Section("refused-mail", _("Letters that your address refused"), words, rows)


def _theirs(
    session: Session, subject: Subject, model: type[Base], name: str, title: str, words: dict[str, str]
) -> Section:
    rows = session.scalars(select(model).filter_by(account_id=subject.account_id))
    return Section(name, title, words, ({field: getattr(row, field) for field in words} for row in rows))


def _their_address(subject: Subject) -> ColumnElement[bool]:
    return BouncedAddress.address.in_([address.lower() for address in subject.emails])


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
    unread = select(func.count()).where(
        Notification.account_id == Account.id, Notification.page.is_(True), Notification.read_at.is_(None)
    )
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


def _of(model: Any) -> Whose:
    def whose(subject: Subject) -> ColumnElement[bool]:
        found: ColumnElement[bool] = model.account_id == subject.account_id
        return found

    return whose


PART = Part(
    name="notifications",
    tables=frozenset(
        {"notifications", "notification_choices", "digest_choices", "digests", "mail_windows", "bounced_addresses"}
    ),
    sections=sections,
    findings=findings,
    steps=(
        forget,
        forget_threads,
        *(forgets(model, _of(model)) for model in (Choice, DigestChoice, Digest, MailWindow)),
        forgets(BouncedAddress, _their_address),
        scrubs(Notification, "text", "url"),
    ),
)
