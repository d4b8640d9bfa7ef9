"""What happens to mail that came in."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import Event, StaffAction
from forum.markup import Cooked


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReleased(StaffAction):
    """An admin let a mail that was held through, to whoever it was written for."""

    mail_id: int
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDiscarded(StaffAction):
    """An admin put a mail that was held away."""

    mail_id: int
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBackToHeld(StaffAction):
    """An admin took it back that a mail was put away."""

    mail_id: int
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyGivenToStaff(Event):
    """Somebody wrote about a thread that is with staff, for staff alone: whoever looks after its ticket keeps it."""

    thread_id: int
    author_id: int
    words: Cooked
