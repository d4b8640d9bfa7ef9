"""The mail that goes with a notification, to those who want mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.orm import Session

from forum import i18n
from forum.letters import send_letter
from forum.notifications import kinds
from forum.threads.queries import PostRow

if TYPE_CHECKING:
    from forum.notifications.actions import Notice

EXCERPT = 700
QUOTED = {"mention", "answer", "staff_answer", "followed_answer", "comment"}
"""Kinds whose letter quotes the post they tell of."""


class Recipient(NamedTuple):
    """An account, as far as it matters to a letter."""

    id: int
    handle: str
    display_name: str
    email: str | None
    mail_notifications: bool
    locale: str


def send(
    session: Session, people: Iterable[Recipient], notice: Notice, about: PostRow | None, actor: str | None
) -> None:
    """Queue a letter to each who wants mail; all of them may see what it is `about`, and who acted by that name."""
    for account in people:
        if not account.email or not account.mail_notifications:
            continue
        with i18n.use_locale(account.locale):
            words = kinds.sentence(notice.kind, actor=actor, title=about.title if about else None)
        send_letter(
            session,
            "notification",
            account.email,
            account,
            path=notice.url or "/notifications",
            sentence=words,
            reason=notice.text,
            quote=_excerpt(about.text) if about and notice.kind in QUOTED else notice.quote,
            unsubscribe=True,
            key=f"notification:{account.id}:{notice.key}" if notice.key else None,
        )


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= EXCERPT else words[:EXCERPT].rsplit(" ", 1)[0] + " …"
