"""Telling people, and marking as read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.notifications import letters
from forum.notifications.models import Notification
from forum.posts import PostKind, PostRef
from forum.threads.queries import PostRow, find_posts

MAX_TEXT = 2000
TOLD_OTHERWISE = "told_otherwise"


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told; `url` is a path of this site, by default the post's own.

    `own` marks what was done to a post of the person who is told: they hear of it even
    when they can no longer see it. `quote` goes into the letter alone.
    """

    kind: str
    post: PostRef | None = None
    thread_id: int | None = None
    actor_id: int | None = None
    text: str = ""
    url: str = ""
    key: str | None = None
    mail: bool = True
    own: bool = False
    quote: str = ""


def notify(
    session: Session,
    account_id: int,
    kind: str,
    *,
    thread_id: int | None = None,
    post: PostRef | None = None,
    actor_id: int | None = None,
    text: str = "",
    url: str = "",
    mail: bool = True,
    key: str | None = None,
) -> bool:
    """Tell one person, in the page and, when they want it, by mail; says whether they were told.

    Nobody is told of what they did themself, of the same `key` twice, or of a post or
    thread that they may not see. How `kind` reads is said by `kinds.add_kind`; without
    that the whole story is `text`.
    """
    notice = Notice(kind, post, thread_id, actor_id, text, url, key, mail)
    return bool(tell(session, [account_id], notice))


def tell(session: Session, account_ids: Iterable[int], notice: Notice) -> list[int]:
    """Tell several people the same; the ids of those who were told are returned, ascending."""
    ids = sorted(set(account_ids) - {notice.actor_id} - session.info.get(TOLD_OTHERWISE, frozenset()))
    accounts = list(
        session.scalars(
            select(Account)
            .where(Account.id.in_(ids), Account.anonymised_at.is_(None), Account.offboarded_at.is_(None))
            .order_by(Account.id)
        )
    )
    accounts, about = _who_may_see(session, accounts, notice)
    if about is not None:
        notice = replace(notice, thread_id=about.thread_id, url=notice.url or about.path)
    told = _insert(session, [account.id for account in accounts], notice)
    if notice.mail:
        letters.send(session, [account for account in accounts if account.id in told], notice, about)
    return told


@contextmanager
def told_otherwise(session: Session, account_id: int) -> Iterator[None]:
    """An act of several parts tells somebody itself, in one word: they hear nothing of each part."""
    before = session.info.get(TOLD_OTHERWISE, frozenset())
    session.info[TOLD_OTHERWISE] = before | {account_id}
    try:
        yield
    finally:
        session.info[TOLD_OTHERWISE] = before


def mark_read(session: Session, actor: Actor, notification_id: int) -> str:
    """Mark one as read; the path that it leads to is returned.

    Raises:
        NotFound: there is no such notification of theirs.
    """
    row = session.scalars(
        select(Notification).where(Notification.id == notification_id, Notification.visible_to(actor)).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such notification."))
    if row.read_at is None:
        row.read_at = now()
        _count(session, actor.id, -1)
    return row.url


def mark_all_read(session: Session, actor: Actor, *, up_to: int) -> int:
    """Mark as read all that were shown: those up to an id, so that a later one is not passed over."""
    read = session.execute(
        update(Notification)
        .where(Notification.visible_to(actor), Notification.id <= up_to, Notification.read_at.is_(None))
        .values(read_at=now())
        .returning(Notification.id)
    ).all()
    _count(session, actor.id, -len(read))
    return len(read)


def _who_may_see(session: Session, accounts: list[Account], notice: Notice) -> tuple[list[Account], PostRow | None]:
    """Those of the accounts that may see what it is about, and what that is."""
    ref = notice.post or (PostRef(PostKind.THREAD, notice.thread_id) if notice.thread_id else None)
    if ref is None:
        return accounts, None
    about = find_posts(session, None, [ref]).get(ref)
    if about is not None:
        return accounts, about
    # What not everybody sees, its author or a moderator may: then each is asked for.
    rows = {account.id: find_posts(session, actor_of(session, account), [ref]).get(ref) for account in accounts}
    about = next((row for row in rows.values() if row is not None), None)
    return (accounts if notice.own else [one for one in accounts if rows[one.id] is not None]), about


def _insert(session: Session, account_ids: Sequence[int], notice: Notice) -> list[int]:
    if not account_ids:
        return []
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    same = {
        "kind": notice.kind,
        "actor_id": notice.actor_id,
        "thread_id": notice.thread_id,
        "post_kind": notice.post.kind if notice.post else None,
        "post_id": notice.post.id if notice.post else None,
        "text": notice.text[:MAX_TEXT],
        "url": notice.url[:500],
        "key": notice.key,
        "created_at": now(),
    }
    rows = insert(Notification).values([{"account_id": account_id, **same} for account_id in account_ids])
    rows = rows.on_conflict_do_nothing(index_elements=["account_id", "key"])
    told = sorted(session.scalars(rows.returning(Notification.account_id)))
    # Rows are locked in ascending order before they are changed, as everywhere.
    session.execute(select(Account.id).where(Account.id.in_(told)).order_by(Account.id).with_for_update())
    session.execute(
        update(Account).where(Account.id.in_(told)).values(unread_count=Account.unread_count + 1),
        execution_options={"synchronize_session": "fetch"},
    )
    return told


def _count(session: Session, account_id: int, by: int) -> None:
    session.execute(
        update(Account).where(Account.id == account_id).values(unread_count=Account.unread_count + by),
        execution_options={"synchronize_session": "fetch"},
    )
