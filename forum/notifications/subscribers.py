"""Who hears of what happens to threads and posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account, AccountMerge
from forum.events import Bus
from forum.events.accounts import TimeZoneChanged, TokenRevokedByAdmin
from forum.events.moderation import PostHeld, PostHiddenByFlags
from forum.events.organisations import MembershipOffered
from forum.events.threads import (
    AnswerAccepted,
    AnswerPosted,
    CommentPosted,
    InfoRequested,
    MarkedDuplicate,
    PostEdited,
    PostRemovedByStaff,
    PostsReworded,
    PostVisibilityChanged,
    TextWithheld,
    ThreadAsked,
    ThreadLocked,
)
from forum.following.rules import News
from forum.jobs import enqueue
from forum.notifications import personal, schedule
from forum.notifications.actions import Notice, tell
from forum.notifications.fan_out import PUBLISHED, tell_followers
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.threads.models import Thread
from forum.threads.queries import PostRow, find_posts

MENTIONS = 20
REMOVED = {
    Visibility.HIDDEN: "hidden",
    Visibility.DELETED: "removed",
    Visibility.REJECTED: "rejected",
    Visibility.UNLISTED: "unlisted",
}


def subscribe(bus: Bus) -> None:
    bus.on(ThreadAsked, on_asked)
    bus.on(AnswerPosted, on_answered)
    bus.on(CommentPosted, on_commented)
    bus.on(AnswerAccepted, on_accepted)
    bus.on(PostEdited, on_edited)
    bus.on(PostVisibilityChanged, on_visibility)
    bus.on(PostRemovedByStaff, on_moderated)
    bus.on(PostHiddenByFlags, on_hidden_by_flags)
    bus.on(PostHeld, on_held)
    bus.on(TextWithheld, on_withheld)
    bus.on(ThreadLocked, on_locked)
    bus.on(MarkedDuplicate, on_duplicate)
    bus.on(InfoRequested, on_info_requested)
    bus.on(MembershipOffered, on_offered)
    bus.on(PostsReworded, personal.on_reworded)
    bus.on(TokenRevokedByAdmin, on_token_revoked)
    bus.on(TimeZoneChanged, schedule.on_time_zone)


def on_asked(session: Session, event: ThreadAsked) -> None:
    if event.visibility not in SHOWN:
        return
    post = PostRef(PostKind.THREAD, event.thread_id)
    told = _mentioned(session, post, event.author_id, event.mentions)
    notice = _posted("followed_thread", post, event.author_id)
    tell_followers(session, event.thread_id, notice, News.THREAD, but=told)


def on_answered(session: Session, event: AnswerPosted) -> None:
    """One hears of an answer once: as mentioned, else as the asker, else by what one follows."""
    if event.visibility not in SHOWN:
        return
    post = PostRef(PostKind.ANSWER, event.answer_id)
    about, staff = find_posts(session, None, [post]).get(post), event.from_staff
    told = _mentioned(session, post, event.author_id, event.mentions, about, from_staff=staff)
    notice = _posted("staff_answer" if staff else "answer", post, event.author_id, from_staff=staff)
    tell(session, {event.thread_author_id}.difference(told), notice, about=about)
    notice, but = replace(notice, kind="followed_answer"), [*told, event.thread_author_id]
    tell_followers(session, event.thread_id, notice, News.ANSWER, about=about, but=but)


def on_commented(session: Session, event: CommentPosted) -> None:
    if event.visibility not in SHOWN:
        return
    post = PostRef(PostKind.COMMENT, event.comment_id)
    told = _mentioned(session, post, event.author_id, event.mentions)
    tell(session, {event.parent_author_id}.difference(told), _posted("comment", post, event.author_id))
    notice, but = _posted("followed_comment", post, event.author_id), [*told, event.parent_author_id]
    tell_followers(session, event.thread_id, notice, News.COMMENT, but=but)


def on_accepted(session: Session, event: AnswerAccepted) -> None:
    post, key = PostRef(PostKind.ANSWER, event.answer_id), f"accepted:{event.answer_id}"
    tell(session, [event.answer_author_id], Notice("accepted", post, actor_id=event.actor_id, key=key))
    notice = Notice("solved", post, actor_id=event.actor_id, key=key)
    tell_followers(session, event.thread_id, notice, News.SOLVED, but=[event.answer_author_id])


def on_edited(session: Session, event: PostEdited) -> None:
    if event.actor_id is not None:
        key = f"edited:{event.post.kind}:{event.post.id}:{event.revision}"
        tell(session, [event.author_id], Notice("edited", event.post, actor_id=event.actor_id, key=key))


def on_visibility(session: Session, event: PostVisibilityChanged) -> None:
    """What waited for approval is told of when it is shown, once everything else is done."""
    if event.was is Visibility.PENDING and event.became in SHOWN:
        enqueue(session, PUBLISHED, {"kind": event.post.kind.value, "id": event.post.id})


def on_moderated(session: Session, event: PostRemovedByStaff) -> None:
    """The author hears what a moderator did to their post, and why."""
    kind = REMOVED.get(event.became)
    if event.became is Visibility.PUBLISHED:
        kind = "approved" if event.was is Visibility.PENDING else "restored"
    if kind is not None and event.author_id != event.actor_id:
        # Who moderated is not said: the decision is the site's.
        tell(session, [event.author_id], Notice(kind, event.post, text=event.reason, own=True))


def on_hidden_by_flags(session: Session, event: PostHiddenByFlags) -> None:
    tell(session, [event.author_id], Notice("hidden_by_flags", event.post, own=True))


def on_held(session: Session, event: PostHeld) -> None:
    tell(session, [event.author_id], Notice("held", event.post, own=True, mail=False))


def on_withheld(session: Session, event: TextWithheld) -> None:
    if event.withheld and event.author_id != event.actor_id:
        tell(session, [event.author_id], Notice("withheld", event.post, text=event.reason, own=True))


def on_locked(session: Session, event: ThreadLocked) -> None:
    asker = _asker(session, event.thread_id)
    if asker != event.actor_id:
        tell(session, [asker], Notice("locked", thread_id=event.thread_id, text=event.reason, own=True))


def on_duplicate(session: Session, event: MarkedDuplicate) -> None:
    key = f"duplicate:{event.thread_id}:{event.duplicate_of_id}"
    notice = Notice("duplicate", thread_id=event.thread_id, actor_id=event.actor_id, key=key)
    tell(session, [_asker(session, event.thread_id)], notice)


def on_info_requested(session: Session, event: InfoRequested) -> None:
    if event.needed:
        notice = Notice("needs_info", thread_id=event.thread_id, actor_id=event.actor_id)
        tell(session, [_asker(session, event.thread_id)], notice)


def on_offered(session: Session, event: MembershipOffered) -> None:
    key, path = f"organisation-{event.organisation_id}", "/settings/organisation"
    tell(session, [event.account_id], Notice("organisation_offer", text=event.name, url=path, key=key))


def on_token_revoked(session: Session, event: TokenRevokedByAdmin) -> None:
    notice = Notice("token_revoked", actor_id=event.actor_id, text=event.name, url="/settings/tokens")
    tell(session, [event.account_id], notice)


def _mentioned(
    session: Session,
    post: PostRef,
    author_id: int,
    handles: Iterable[str],
    about: PostRow | None = None,
    *,
    from_staff: bool = False,
) -> list[int]:
    names = sorted({handle.lower() for handle in handles})[:MENTIONS]
    if not names:
        return []
    whose = func.coalesce(AccountMerge.to_id, Account.id)  # a handle of long ago means whoever it became
    named = select(whose).select_from(Account).outerjoin(AccountMerge, AccountMerge.from_id == Account.id)
    ids = session.scalars(named.where(Account.handle.in_(names)).distinct()).all()
    return tell(session, ids, _posted("mention", post, author_id, from_staff=from_staff), about=about)


def _posted(kind: str, post: PostRef, author_id: int, *, from_staff: bool = False) -> Notice:
    return Notice(kind, post, actor_id=author_id, key=f"posted:{post.kind}:{post.id}", from_staff=from_staff)


def _asker(session: Session, thread_id: int) -> int:
    return session.scalars(select(Thread.author_id).where(Thread.id == thread_id)).one()
