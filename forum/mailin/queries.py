"""What came in, for admins; what waits for one's own decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts import tokens
from forum.accounts.models import Account, AccountToken, TokenPurpose
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.mailin.models import OPEN, InboundMail, MailedReply, MailState
from forum.mailin.replying import WITH_STAFF
from forum.prepared import prepared
from forum.threads.models import Thread

PAGE = 30
WAITING_SHOWN = 5


@dataclass(frozen=True, slots=True)
class HeldMail:
    id: int
    handle: str | None
    display_name: str | None
    written_from: str
    why: str
    size: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Inbound:
    """Where mail that comes in stands; `counts` is by what became of it, for as long as it is kept."""

    last_at: datetime | None
    counts: Mapping[MailState, int]
    held: tuple[HeldMail, ...]
    next: int | None


def inbound(session: Session, actor: Actor, *, before: int | None = None) -> Inbound:
    """
    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    columns = (InboundMail.id, Account.handle, Account.display_name, InboundMail.written_from, InboundMail.why)
    query = select(*columns, InboundMail.size, InboundMail.received_at).outerjoin(
        Account, Account.id == InboundMail.account_id
    )
    query = query.where(InboundMail.state == MailState.HELD)
    if before is not None:
        query = query.where(InboundMail.id < before)
    rows = session.execute(query.order_by(InboundMail.id.desc()).limit(PAGE + 1)).all()
    counts = session.execute(select(InboundMail.state, func.count()).group_by(InboundMail.state)).all()
    return Inbound(
        last_at=last_mail(session),
        counts={row[0]: row[1] for row in counts},
        held=tuple(HeldMail(*row) for row in rows[:PAGE]),
        next=rows[PAGE - 1].id if len(rows) > PAGE else None,
    )


def last_mail(session: Session) -> datetime | None:
    return session.scalar(select(func.max(InboundMail.received_at)))


def count_held(session: Session) -> int:
    held = select(func.count()).select_from(InboundMail).where(InboundMail.state == MailState.HELD)
    return session.scalar(held) or 0


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """Somebody's own words that nobody else reads yet; `with_staff` says that staff could be given them alone."""

    id: int
    thread_id: int
    title: str
    path: str
    source: str
    left_out: tuple[str, ...]
    asked: bool
    said: str
    open: bool
    with_staff: bool
    created_at: datetime


def own_reply(session: Session, actor: Actor, reply_id: int) -> ReplyRow:
    """
    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    query = select(MailedReply).where(MailedReply.id == reply_id, MailedReply.visible_to(actor))
    reply = session.scalars(query).one_or_none()
    if reply is None:
        raise NotFound(_("There is no such reply."))
    return _row(session, actor, reply)


@prepared
def _any_open(reader: Actor | None) -> Select[int]:
    """Asked on each front page, where hardly anybody has one."""
    return select(MailedReply.id).where(MailedReply.visible_to(reader), MailedReply.state.in_(OPEN)).limit(1)


def open_replies(session: Session, actor: Actor, most: int = 100) -> list[ReplyRow]:
    """One's own that wait for a decision, newest first."""
    if _any_open(session, actor).first() is None:
        return []
    query = select(MailedReply).where(MailedReply.visible_to(actor), MailedReply.state.in_(OPEN))
    found = session.scalars(query.order_by(MailedReply.id.desc()).limit(most)).all()
    ids = {reply.thread_id for reply in found}
    seen = session.scalars(select(Thread).where(Thread.id.in_(ids), Thread.visible_to(actor)))
    threads = {thread.id: thread for thread in seen}
    return [_shown(reply, threads.get(reply.thread_id)) for reply in found]


def reply_behind(session: Session, token: str, *, hold: bool) -> tuple[MailedReply, Account, AccountToken]:
    """The reply that a mailed link decides about, and whose it is.

    Raises:
        NotFound: it was never sent, was used or is too old, or was sent to another address than the account's now.
    """
    link = tokens.find(session, token, TokenPurpose.MAILED_REPLY, hold=hold)
    reply = session.scalars(select(MailedReply).where(MailedReply.token_id == link.id)).one_or_none()
    account = session.get(Account, link.account_id) if link.account_id is not None else None
    if reply is None or account is None or account.email is None or account.email.lower() != link.email.lower():
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    return reply, account, link


def _row(session: Session, actor: Actor, reply: MailedReply) -> ReplyRow:
    seen = select(Thread).where(Thread.id == reply.thread_id, Thread.visible_to(actor))
    return _shown(reply, session.scalars(seen).one_or_none())


def _shown(reply: MailedReply, thread: Thread | None) -> ReplyRow:
    return ReplyRow(
        id=reply.id,
        thread_id=reply.thread_id,
        title=thread.title if thread is not None else "",
        path=f"/threads/{thread.id}/{thread.slug}" if thread is not None else "",
        source=reply.source,
        left_out=tuple(reply.left_out),
        asked=reply.state.value == "asked",
        said=reply.said,
        open=reply.state in OPEN,
        with_staff=thread is not None and thread.staff_state in WITH_STAFF,
        created_at=reply.created_at,
    )
