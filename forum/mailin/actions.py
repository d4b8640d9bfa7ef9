"""Keeping what comes in, settling it, and what admins decide about mail that is held."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.db import insert_on
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.mailin import MailBackToHeld, MailDiscarded, MailReleased
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.mailin.addresses import split
from forum.mailin.mailboxes import mailboxes_of
from forum.mailin.models import InboundMail, MailState

SORT = "mailin.sort"
RELEASED = "released"
_ADDED_ON_THE_WAY = re.compile(
    rb"(?:Received|Return-Path|Delivered-To|X-Original-To|Envelope-To|Authentication-Results|Received-SPF|DKIM-Signature"
    rb"|ARC-[\w-]+|X-[\w-]+)$",
    re.IGNORECASE,
)


def keep_mail(session: Session, sender: str, recipients: Iterable[str], raw: bytes) -> int:
    """Keep one message for each of the addresses, and queue its work; how many of them had not got it before.

    The addresses are ones that a mailbox takes.
    """
    digest, new = digest_of(raw), 0
    for recipient in sorted({one.strip().strip("<>").lower() for one in recipients}):
        mailbox = mailboxes_of(session).of(split(recipient)[0])
        if mailbox is None:
            continue
        row = insert_on(session.get_bind().dialect.name, InboundMail).values(
            digest=digest,
            recipient=recipient,
            sender=sender.strip().strip("<>")[:254],
            mailbox=mailbox.name,
            raw=raw,
            size=len(raw),
            state=MailState.WAITING,
            why="",
            written_from="",
            received_at=now(),
        )
        once = row.on_conflict_do_nothing(index_elements=["recipient", "digest"]).returning(InboundMail.id)
        if (mail_id := session.execute(once).scalar_one_or_none()) is not None:
            enqueue(session, SORT, {"mail_id": mail_id}, key=f"{SORT}:{mail_id}")
            new += 1
    return new


def digest_of(raw: bytes) -> str:
    """The same for a message however it came: without the fields that servers on the way add."""
    head, gap, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", head)
    kept = [one for one in fields if not _ADDED_ON_THE_WAY.match(one.partition(b":")[0].strip())]
    return hashlib.sha256(b"\n".join(kept) + gap + body).hexdigest()


def came_lately(session: Session, recipient: str) -> int:
    """How many different mails an address got within an hour."""
    here = (InboundMail.recipient == recipient.lower(), InboundMail.received_at > now() - timedelta(hours=1))
    return session.scalar(select(func.count()).select_from(InboundMail).where(*here)) or 0


def hold_waiting(session: Session, mail_id: int) -> InboundMail | None:
    """A mail that waits, held until commit; None where another worker has settled it, or it is gone."""
    waiting = (InboundMail.id == mail_id, InboundMail.state == MailState.WAITING)
    query = select(InboundMail).where(*waiting).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def settle(mail: InboundMail, state: MailState, why: str = "") -> None:
    """Say what became of a mail, and why where that is not what it asked for."""
    mail.state, mail.why, mail.settled_at = state, why, now()


def release(session: Session, actor: Actor, mail_id: int) -> InboundMail:
    """Let a held mail through: to the person whose address it was written to, who decides about it; never to others.

    Raises:
        NotFound: there is no such mail.
        Conflict: it is not held any more.
    """
    mail = _hold(session, actor, mail_id, MailState.HELD)
    mail.state, mail.why, mail.settled_at = MailState.WAITING, RELEASED, None
    enqueue(session, SORT, {"mail_id": mail.id, "released": True})
    emit(session, MailReleased(actor_id=actor.id, mail_id=mail.id, account_id=mail.account_id))
    return mail


def discard(session: Session, actor: Actor, mail_id: int) -> InboundMail:
    """Raises: as `release`."""
    mail = _hold(session, actor, mail_id, MailState.HELD)
    mail.state, mail.settled_at = MailState.DISCARDED, now()
    emit(session, MailDiscarded(actor_id=actor.id, mail_id=mail.id, account_id=mail.account_id))
    return mail


def hold_again(session: Session, actor: Actor, mail_id: int) -> InboundMail:
    """Take back that a mail was discarded. Raises: as `release`."""
    mail = _hold(session, actor, mail_id, MailState.DISCARDED)
    mail.state, mail.settled_at = MailState.HELD, None
    emit(session, MailBackToHeld(actor_id=actor.id, mail_id=mail.id, account_id=mail.account_id))
    return mail


def _hold(session: Session, actor: Actor, mail_id: int, state: MailState) -> InboundMail:
    require(actor, Privilege.ADMINISTER)
    query = select(InboundMail).where(InboundMail.id == mail_id).with_for_update()
    mail = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if mail is None:
        raise NotFound(_("There is no such mail any more."))
    if mail.state is not state:
        raise Conflict(_("Somebody else has decided about this mail meanwhile."))
    return mail
