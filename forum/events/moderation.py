"""What happens to flags, reviews and sanctions."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from forum.events import Event, StaffAction
from forum.posts import PostRef


class FlagReason(enum.StrEnum):
    SPAM = "spam"
    ABUSE = "abuse"
    OFF_TOPIC = "off_topic"
    NOT_AN_ANSWER = "not_an_answer"
    PRIVATE = "private"
    NEEDS_STAFF = "needs_staff"
    OTHER = "other"


class Decision(enum.StrEnum):
    """What a moderator may decide; `reject` is the other end of `approve` for a post held for approval."""

    APPROVE = "approve"
    REJECT = "reject"
    HIDE = "hide"
    EDIT = "edit"
    DELETE = "delete"
    LOCK = "lock"
    SANCTION = "sanction"
    HAND_TO_STAFF = "hand_to_staff"
    IGNORE = "ignore"


class SanctionKind(enum.StrEnum):
    WARN = "warn"
    SILENCE = "silence"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFlagged(Event):
    post: PostRef
    thread_id: int
    author_id: int
    review_id: int
    flag_reason: FlagReason


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRetracted(Event):
    post: PostRef
    thread_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHeld(Event):
    """A post waits for approval before others see it."""

    post: PostRef
    thread_id: int
    author_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHiddenByFlags(Event):
    """Enough people flagged a post to hide it at once, before anybody decided."""

    post: PostRef
    thread_id: int
    author_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStarted(StaffAction):
    """A moderator opened a review of a post by themselves."""

    post: PostRef
    thread_id: int
    author_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecided(StaffAction):
    """`author_id` wrote the post; `batch_id` is set when one act decided several reviews."""

    review_id: int
    decision_id: int
    decision: Decision
    grounds: FlagReason | None
    post: PostRef
    thread_id: int
    author_id: int
    batch_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewUndone(StaffAction):
    """A decision was taken back, and all it had done with it: by its undo, or by an appeal (`overturned`)."""

    review_id: int
    decision_id: int
    decision: Decision
    post: PostRef
    thread_id: int
    author_id: int
    overturned: bool = False
    batch_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAppealed(Event):
    review_id: int
    decision_id: int
    author_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecided(StaffAction):
    """`by_the_first`: whoever had decided judged the appeal too, there being nobody else."""

    review_id: int
    decision_id: int
    author_id: int
    upheld: bool
    by_the_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostConfirmedAbusive(StaffAction):
    """A moderator found a post to be spam or abuse."""

    post: PostRef
    thread_id: int
    author_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostClearedOfAbuse(StaffAction):
    """The inverse of `PostConfirmedAbusive`: that decision was undone or overturned."""

    post: PostRef
    thread_id: int
    author_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedToStaff(StaffAction):
    """A moderator handed a thread to staff; `reason` is what they wrote for staff's eyes."""

    thread_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBackFromStaff(StaffAction):
    """The inverse of `HandedToStaff`. A subscriber with work in hand refuses the undo by raising `Conflict`."""

    thread_id: int
    review_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSanctioned(StaffAction):
    account_id: int
    sanction_id: int
    kind: SanctionKind
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionLifted(StaffAction):
    account_id: int
    sanction_id: int
    kind: SanctionKind
