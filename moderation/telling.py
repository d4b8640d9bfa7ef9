"""One way to tell somebody something: a notification, which becomes mail for those who want mail."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.i18n import lazy
from forum.notifications.actions import notify
from forum.notifications.kinds import add_kind

add_kind("moderation.decided", lazy("Moderators looked at your post"), "gavel")
add_kind("moderation.undone", lazy("Moderators look at your post again"), "undo-2")
add_kind("moderation.appeal", lazy("Your appeal was judged"), "gavel")
add_kind("moderation.flag", lazy("Your flag was looked at"), "flag")
add_kind("moderation.sanction", lazy("A word from the moderators"), "triangle-alert")


def tell(session: Session, account_id: int, kind: str, text: str, path: str) -> None:
    """Tell a person, in the moderators' name: who of them acted is not said."""
    notify(session, account_id, f"moderation.{kind}", text=text, url=path)
