"""What mail that came in adds to other pages, and how long it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import lazy
from forum.mailin.models import InboundMail, MailedReply, MailState
from forum.mailin.queries import WAITING_SHOWN, open_replies
from forum.notifications import add_kind
from forum.retention.rules import Rule, deletes
from forum.slots import Slots

MAILED_REPLY = "mailed_reply"
add_kind(MAILED_REPLY, lazy("What you replied by mail waits: say who may read it"), "mail")

RULES = (
    Rule(
        "inbound_mails",
        lazy("Mails that came in, as they came"),
        lazy("To find out what became of one, and to know it again when it is delivered twice."),
        days=14,
        least=7,
        most=90,
        let_go=deletes(
            InboundMail,
            lambda before: and_(InboundMail.received_at < before, InboundMail.state != MailState.WAITING),
        ),
    ),
    Rule(
        "mailed_replies",
        lazy("Replies by mail that waited for their writer"),
        lazy("So that nothing that somebody wrote is lost while they are away."),
        days=60,
        least=14,
        most=365,
        let_go=deletes(
            MailedReply,
            lambda before: or_(
                MailedReply.settled_at < before,
                and_(MailedReply.created_at < before, MailedReply.settled_at.is_(None)),
            ),
        ),
    ),
)


def register(slots: Slots) -> None:
    slots.register("home.waiting", "forum/mailin/_waiting.html", waiting, order=20)


def waiting(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """The reader's own replies that wait for a word of theirs."""
    found = open_replies(session, actor, WAITING_SHOWN) if actor is not None else []
    return dict.fromkeys(keys, tuple(found)) if found else {}
