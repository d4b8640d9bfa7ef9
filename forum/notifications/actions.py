"""Telling people, and marking as read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Select, Update, and_, bindparam, exists, not_, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningInsert

from forum.access import Actor
from forum.accounts.models import Account, Ignored
from forum.accounts.queries import actor_of, holds_role
from forum.clock import now
from forum.db import insert_on
from forum.errors import NotFound
from forum.following.rules import News
from forum.i18n import gettext as _
from forum.notifications import choices, deciding, kinds, mailing
from forum.notifications.models import ByMail, Notification
from forum.posts import PostKind, PostRef
from forum.prepared import among, prepared
from forum.threads.queries import PostRow, find_posts

MAX_TEXT = 2000
NOBODY = 0
TOLD_OTHERWISE = "told_otherwise"
SAME = (
    "kind",
    "actor_id",
    "thread_id",
    "post_kind",
    "post_id",
    "text",
    "url",
    "key",
    "created_at",
    "page",
    "by_mail",
    "why",
)
"""What is the same in the rows of all who are told of one thing for one reason, in one way."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told; `url` is a path of this site, by default the post's own.

    `own` marks what was done to a post of the person who is told: they hear of it even
    when they can no longer see it. `quote` goes into the letter alone. `news` is what it is to
    those who follow, None where it concerns whoever is told; `from_staff`, that it is the company's word.
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
    news: News | None = None
    from_staff: bool = False


class Way(NamedTuple):
    """How and why some people are told."""

    page: bool
    by_mail: ByMail | None
    why: str


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

    Nobody is told of what they did themself, of what somebody did whom they ignore, of the same `key` twice, or of
    a post or thread that they may not see. How `kind` reads is said by `kinds.add_kind`; without
    that the whole story is `text`.
    """
    notice = Notice(kind, post, thread_id, actor_id, text, url, key, mail)
    return bool(tell(session, [account_id], notice))


def tell(session: Session, account_ids: Iterable[int], notice: Notice, *, about: PostRow | None = None) -> list[int]:
    """Tell several people the same; the ids of those who were told are returned, ascending.

    Who of them is told at all is decided by `forum.following.rules`, and how by what each chose for
    the matter. `about` is the post as everybody may see it, from a caller who has read it.
    """
    ids = sorted(set(account_ids) - {notice.actor_id} - session.info.get(TOLD_OTHERWISE, frozenset()))
    if not ids:
        return []
    people = {row.id: row for row in _people(session, None, ids=ids, actor_id=notice.actor_id or NOBODY)}
    heard = notice.own or notice.from_staff
    open_ids = [one for one in ids if one in people and people[one].open and (heard or not people[one].ignores)]
    if about is None:
        open_ids, about = _who_may_see(session, open_ids, notice)
    if about is not None:
        notice = replace(notice, thread_id=about.thread_id, url=notice.url or about.path)
    told: dict[int, int] = {}
    in_page: list[int] = []
    for way, some in sorted(_ways(session, open_ids, notice, people).items(), key=str):
        these = _insert(session, some, notice, way)
        told |= these
        in_page += these if way.page else []
        if way.by_mail is ByMail.AT_ONCE:
            mailing.post(session, these, kinds.matter_of(notice.kind), quote=notice.quote)
    _one_more_unread_each(session, sorted(in_page))
    return sorted(told)


def _ways(
    session: Session, account_ids: Sequence[int], notice: Notice, people: Mapping[int, Any]
) -> Mapping[Way, list[int]]:
    """The people who are told, by how and why."""
    found: dict[Way, list[int]] = defaultdict(list)
    told = deciding.who_is_told(
        session,
        account_ids,
        thread_id=notice.thread_id,
        actor_id=notice.actor_id,
        news=notice.news,
        from_staff=notice.from_staff,
        own=notice.own,
    )
    wanted = choices.how_told(session, list(told), kinds.matter_of(notice.kind)) if told else {}
    for one, how in wanted.items():
        by_mail = how.by_mail if notice.mail and people[one].email and how.by_mail is not ByMail.NEVER else None
        if how.page or by_mail is not None:
            found[Way(how.page, by_mail, str(told[one]))].append(one)
    return found


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
        select(Notification)
        .where(Notification.id == notification_id, Notification.visible_to(actor), Notification.page.is_(True))
        .with_for_update()
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
        .where(
            Notification.visible_to(actor),
            Notification.id <= up_to,
            Notification.page.is_(True),
            Notification.read_at.is_(None),
        )
        .values(read_at=now())
        .returning(Notification.id)
    ).all()
    _count(session, actor.id, -len(read))
    return len(read)


@prepared
def _people(_reader: None) -> Select[*tuple[Any, ...]]:
    still_open = and_(Account.anonymised_at.is_(None), Account.offboarded_at.is_(None))
    whom: Any = bindparam("actor_id")
    other = aliased(Account)
    ignores = exists().where(Ignored.account_id == Account.id, Ignored.other_id == whom)
    ignores = ignores.where(other.id == Ignored.other_id, not_(holds_role(other)))
    query = select(Account.id, Account.email, still_open.label("open"), ignores.label("ignores"))
    return query.where(among(Account.id, "ids"))


def _who_may_see(session: Session, ids: list[int], notice: Notice) -> tuple[list[int], PostRow | None]:
    """Those of the accounts that may see what it is about, and what that is."""
    ref = notice.post or (PostRef(PostKind.THREAD, notice.thread_id) if notice.thread_id else None)
    if ref is None:
        return ids, None
    about = find_posts(session, None, [ref]).get(ref)
    if about is not None:
        return ids, about
    # What not everybody sees, its author or a moderator may: then each is asked for.
    actors = {one: actor_of(session, session.get_one(Account, one)) for one in ids}
    rows = {one: find_posts(session, actor, [ref]).get(ref) for one, actor in actors.items()}
    about = next((row for row in rows.values() if row is not None), None)
    return (ids if notice.own else [one for one in ids if rows[one] is not None]), about


def _insert(session: Session, account_ids: Sequence[int], notice: Notice, way: Way) -> dict[int, int]:
    """Write it down for those who were not told the same before: the ids of the rows by those of the accounts."""
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
        "page": way.page,
        "by_mail": way.by_mail,
        "why": way.why,
    }
    rows = _notifications(session, None, session.get_bind().dialect.name, ids=list(account_ids), **same)
    return {row.account_id: row.id for row in rows}


def _one_more_unread_each(session: Session, account_ids: list[int]) -> None:
    if not account_ids:
        return
    if session.get_bind().dialect.name == "postgresql":
        # Rows are locked in ascending order before they are changed, as everywhere; and not against being pointed at,
        # which everybody who tells the same person does first: a stronger lock on top of that one, and two of them
        # wait for ever.
        _lock(session, None, ids=account_ids)
    _one_more_unread(session, None, ids=account_ids)


@prepared
def _notifications(_reader: None, dialect: str) -> ReturningInsert[int, int]:
    """One for each of the accounts, by selecting them: the text is the same however many they are."""
    table = Notification.__table__
    same = [table.c[name] for name in SAME]
    values = [bindparam(column.name, type_=column.type) for column in same]
    people = select(Account.id, *values).where(among(Account.id, "ids")).order_by(Account.id)
    rows = insert_on(dialect, Notification).from_select([table.c.account_id, *same], people, include_defaults=False)
    return rows.on_conflict_do_nothing(index_elements=["account_id", "key"]).returning(
        Notification.account_id, Notification.id
    )


@prepared
def _lock(_reader: None) -> Select[int]:
    return select(Account.id).where(among(Account.id, "ids")).order_by(Account.id).with_for_update(key_share=True)


@prepared
def _one_more_unread(_reader: None) -> Update:
    return update(Account).where(among(Account.id, "ids")).values(unread_count=Account.unread_count + 1)


def _count(session: Session, account_id: int, by: int) -> None:
    session.execute(
        update(Account).where(Account.id == account_id).values(unread_count=Account.unread_count + by),
        execution_options={"synchronize_session": "fetch"},
    )
