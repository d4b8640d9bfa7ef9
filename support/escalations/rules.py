"""Who may ask staff from a thread, and from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.admin.catalogue import Area
from forum.admin.simple import Whole
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import lazy, ngettext
from forum.posts import Visibility
from forum.threads.models import Answer, Thread, Unhelpful
from support.hours import after_staffed, hours_of
from support.tickets.models import Reason

AT_ONCE = (Reason.OUTAGE, Reason.SECURITY, Reason.BILLING, Reason.DATA_LOSS)
"""What cannot wait for the community, or does not belong there."""


def _hours(count: int) -> str:
    return ngettext("{count} hour", "{count} hours", count).format(count=count) if count else _("none")


WAIT = Whole(
    option="support.wait_hours",
    name=lazy("Hours before a question can be handed to staff"),
    words=lazy(
        "So many staffed hours the community has to itself before the asker can ask staff about a question that nobody "
        "answered. What cannot wait, such as an outage, goes to staff at once."
    ),
    area=Area.STAFF,
    default=4,
    least=0,
    most=400,
    counted=_hours,
)


@dataclass(frozen=True, slots=True)
class Permission:
    """What somebody may do about a thread.

    `reasons` are those they may give now. `opens_at` is when the asker may ask for any
    reason: None when they may already, or when nobody is ever there. `may_join` says
    that this is somebody else's thread: "I have this too" is theirs.
    """

    reasons: tuple[Reason, ...] = ()
    opens_at: datetime | None = None
    may_join: bool = False
    for_asker: bool = False


class Asked(Protocol):
    """A thread, as far as it decides who may ask."""

    @property
    def id(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def visibility(self) -> Visibility: ...
    @property
    def created_at(self) -> datetime: ...


def permission(session: Session, actor: Actor | None, thread: Asked, *, unhelpful: bool | None = None) -> Permission:
    """What a person may do about a thread that they can see; `unhelpful` is what `said_unhelpful` says, when known."""
    if thread.visibility is Visibility.DELETED:
        return Permission()
    if actor is None:
        return Permission(may_join=True)
    if actor.id != thread.author_id:
        helper = actor.can(Privilege.ESCALATE_ANY)
        return Permission(reasons=(Reason.HANDED_OVER,) if helper else (), may_join=not helper)
    if unhelpful is None:
        unhelpful = bool(session.scalar(select(said_unhelpful(actor, thread.id))))
    if unhelpful:
        return Permission(reasons=(Reason.UNHELPFUL, *AT_ONCE), for_asker=True)
    opens_at = asker_may_ask_at(session, thread.created_at)
    if actor.can(Privilege.ESCALATE_ANY) or (opens_at is not None and opens_at <= now()):
        return Permission(reasons=(Reason.UNANSWERED, *AT_ONCE), for_asker=True)
    return Permission(reasons=AT_ONCE, opens_at=opens_at, for_asker=True)


def asker_may_ask_at(session: Session, asked_at: datetime) -> datetime | None:
    """When the community has had its time, counted in hours in which staff were there too."""
    wanted = timedelta(hours=WAIT.of(session))
    return after_staffed(hours_of(session), asked_at, wanted) if wanted else asked_at


def said_unhelpful(actor: Actor, thread_id: Any) -> ColumnElement[bool]:
    """Whether somebody said of any answer in a thread, named by its id or a column, that it did not help."""
    said = select(Unhelpful.answer_id).join(Answer, Answer.id == Unhelpful.answer_id)
    # Of the thread that the statement around this one is about; left to itself it would range over all threads.
    return said.where(Unhelpful.account_id == actor.id, Answer.thread_id == thread_id).correlate(Thread).exists()
