"""The mail that goes with a notification, to those who want mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from forum import i18n
from forum.accounts.models import Account
from forum.letters import send_letter
from forum.notifications import kinds
from forum.threads.queries import PostRow

if TYPE_CHECKING:
    from forum.notifications.actions import Notice

EXCERPT = 700
QUOTED = {"mention", "answer", "staff_answer", "followed_answer", "comment"}
"""Kinds whose letter quotes the post they tell of."""


def send(session: Session, accounts: Iterable[Account], notice: Notice, about: PostRow | None) -> None:
    """Queue a letter to each who wants mail; all of them may see what it is `about`."""
    wanting = [account for account in accounts if account.email and account.mail_notifications]
    actor = session.get(Account, notice.actor_id) if wanting and notice.actor_id else None
    for account in wanting:
        with i18n.use_locale(account.locale):
            words = kinds.sentence(
                notice.kind, actor=actor.display_name if actor else None, title=about.title if about else None
            )
        send_letter(
            session,
            "notification",
            str(account.email),
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
