"""What a letter tells of, read at the moment it is made out: only what its reader may still see and still wants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.following.models import Subject
from forum.following.rules import Why
from forum.i18n import gettext as _
from forum.letters import known
from forum.markup import excerpt
from forum.notifications import choices, deciding, kinds, names
from forum.notifications.models import ByMail, Notification
from forum.notifications.unsubscribing import Stop
from forum.posts import PostKind, PostRef
from forum.threads.models import Thread
from forum.threads.queries import PostRow, find_posts

EXCERPT = 500
NOTE = 160


@dataclass(frozen=True, slots=True)
class Item:
    """One notification in the words of its reader's language; `quote` is how the post it tells of begins.

    `why` is what they chose a level for, and `why_name` what that is called.
    """

    id: int
    kind: str
    what: str
    title: str
    actor: str
    reason: str
    quote: str
    url: str
    thread_id: int | None
    post: PostRef | None
    answer_id: int | None
    why: Why
    why_name: str
    created_at: datetime

    @property
    def announces(self) -> bool:
        """Whether it tells of the post itself, rather than of what became of it."""
        return kinds.kind(self.kind).announces and self.post is not None

    @property
    def can_be_replied_to(self) -> bool:
        """Whether a reply to a letter about it is a word in the thread: to a post, or to a question for more."""
        return self.announces or self.kind == "needs_info"

    @property
    def is_reply(self) -> bool:
        return self.announces and self.post is not None and self.post.kind is not PostKind.THREAD


def still_told(session: Session, account: Account, rows: Sequence[Notification]) -> list[Item]:
    """Those of somebody's notifications that a letter may bring them now.

    Left out is what they have read, what came from somebody whom they ignore by now, what they want no mail of any
    more, what they have muted since or follow no longer, and what they may not see, unless it was done to their own
    post.
    """
    wanted = choices.choices_of(session, account.id, kinds.all_matters())
    actor = actor_of(session, account)
    rows = [
        row
        for row in rows
        if row.read_at is None
        and row.actor_id not in actor.ignored
        and wanted[kinds.matter_of(row.kind).name].by_mail is not ByMail.NEVER
    ]
    rows = _readable(session, actor, rows)
    refs = {row.id: ref for row in rows if (ref := _ref(row)) is not None}
    posts = find_posts(session, actor, set(refs.values()))
    titles = _titles(session, account, {row.thread_id for row in rows})
    actors = _names(session, {row.actor_id for row in rows})
    shown = [row for row in rows if row.id not in refs or kinds.kind(row.kind).own or refs[row.id] in posts]
    told = [(row, why) for row in shown if (why := _why(session, account, row, posts)) is not None]
    called = names.names_of(session, actor, {why for _row, why in told})
    with i18n.use_locale(account.locale):
        return [
            _item(row, why, called.get(why, ""), posts.get(refs[row.id]) if row.id in refs else None, titles, actors)
            for row, why in told
        ]


def single_letter(account: Account, item: Item, stop: Stop, *, quote: str) -> dict[str, Any]:
    """A letter with one thing in it."""
    announces = item.announces
    context = {
        "what": item.what or item.reason,
        "title": item.title,
        "actor": item.actor,
        "reason": item.reason if item.what else "",
        "said": quote,
        "quote": item.quote,
        "reply": item.is_reply,
        "because": stop.because,
        "stops": [{"words": stop.words, "link": stop.path}],
    }
    template = "post" if announces and item.title else "notification"
    return {"template": template, "reader": known(account), "path": item.url or "/notifications", "context": context}


def joint_letter(account: Account, found: Sequence[Item], stop: Stop, *, most: int) -> dict[str, Any]:
    """A letter with several things in it, of which the first `most` are told one by one."""
    context = {
        "count": len(found),
        "sections": [{"heading": "", "items": [line(item) for item in found[:most]]}],
        "because": stop.because,
        "stops": [{"words": stop.words, "link": stop.path}],
    }
    return {"template": "notifications", "reader": known(account), "path": "/notifications", "context": context}


def replying(account: Account) -> str:
    """What a letter says of replies to it."""
    with i18n.use_locale(account.locale):
        return _(
            "You can reply to this letter: what you write stands in the thread, in your name, for everyone to read. "
            "While staff are at it, we ask you first. Do not pass the letter on: it holds an address of your own."
        )


def line(item: Item) -> dict[str, str]:
    """One thing among several."""
    words = item.what or item.reason
    note = item.reason if item.what and item.reason else excerpt(item.quote, NOTE)
    return {"text": words, "note": excerpt(note, NOTE), "link": item.url or "/notifications"}


def _ref(row: Notification) -> PostRef | None:
    if row.post_kind is not None and row.post_id is not None:
        return PostRef(row.post_kind, row.post_id)
    return PostRef(PostKind.THREAD, row.thread_id) if row.thread_id is not None else None


def _readable(session: Session, actor: Actor, rows: Sequence[Notification]) -> list[Notification]:
    """Less what they hold no privilege for any more, and what leads to a page that they may not read."""
    paths: dict[kinds.Readable, set[str]] = defaultdict(set)
    for row in rows:
        if (readable := kinds.kind(row.kind).readable) is not None:
            paths[readable].add(row.url)
    found = {readable: readable(session, actor, some) for readable, some in paths.items()}

    def told(row: Notification) -> bool:
        needs, readable = kinds.matter_of(row.kind).privilege, kinds.kind(row.kind).readable
        return (needs is None or actor.can(needs)) and (readable is None or row.url in found[readable])

    return [row for row in rows if told(row)]


def _why(session: Session, account: Account, row: Notification, posts: dict[PostRef, PostRow]) -> Why | None:
    """Why they would be told of it now."""
    about = kinds.kind(row.kind)
    post = posts.get(PostRef(row.post_kind, row.post_id)) if row.post_kind and row.post_id else None
    told = deciding.who_is_told(
        session,
        [account.id],
        thread_id=row.thread_id,
        actor_id=row.actor_id,
        news=about.news,
        from_staff=post is not None and post.from_staff,
        own=about.own,
    )
    return told.get(account.id)


def _item(
    row: Notification, why: Why, why_name: str, post: PostRow | None, titles: dict[int, str], actors: dict[int, str]
) -> Item:
    about = kinds.kind(row.kind)
    title = titles.get(row.thread_id, "") if row.thread_id else ""
    actor = actors.get(row.actor_id, "") if row.actor_id else ""
    return Item(
        id=row.id,
        kind=row.kind,
        what=kinds.sentence(row.kind, actor=actor, title=title),
        title=title,
        actor=actor,
        reason=row.text,
        quote=excerpt(post.text, EXCERPT) if post is not None and about.announces else "",
        url=row.url,
        thread_id=row.thread_id,
        post=PostRef(row.post_kind, row.post_id) if row.post_kind and row.post_id else None,
        answer_id=post.answer_id if post is not None else None,
        why=why,
        why_name=why_name or (title if why.subject is Subject.THREAD else ""),
        created_at=row.created_at,
    )


def _titles(session: Session, account: Account, ids: Collection[int | None]) -> dict[int, str]:
    """What threads are called that they may see or asked themselves."""
    actor = actor_of(session, account)
    known = or_(Thread.visible_to(actor), Thread.author_id == account.id)
    rows = session.execute(select(Thread.id, Thread.title).where(Thread.id.in_(_some(ids)), known))
    return {row.id: row.title for row in rows}


def _names(session: Session, ids: Collection[int | None]) -> dict[int, str]:
    rows = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(_some(ids))))
    return {row.id: row.display_name for row in rows}


def _some(ids: Iterable[int | None]) -> list[int]:
    return [one for one in ids if one is not None]
