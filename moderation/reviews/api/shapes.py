"""How reviews read over the API, and what is sent to decide them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.markup import Cooked
from forum.posts import PostKind, Visibility
from forum.web.api.shapes import Author, Given, Line, Shown, Text, cooked_field
from moderation.flags.models import FlagState
from moderation.reviews.choices import Choice, Terms
from moderation.reviews.models import ReviewKind, ReviewState

Days = Annotated[int, Field(ge=1, le=3650)]
Words = Annotated[str, Field(max_length=10_000)]
Chosen = Literal[
    "approve",
    "reject",
    "hide",
    "edit",
    "delete",
    "lock",
    "sanction",
    "hand_to_staff",
    "ignore",
    "uphold",
    "overturn",
]


class Target(Shown):
    """The post that a review is about; without `url` where the reader may not see it any more."""

    kind: PostKind
    id: int
    thread_id: int
    url: str | None
    title: str
    body: str
    author: Author | None
    visibility: Visibility | None


class FlagRowOut(Shown):
    """One person's flag; `weight` is what it counts for."""

    reason: FlagReason
    note: str
    author: Author | None
    weight: float
    state: FlagState
    created_at: datetime


class AppealOut(Shown):
    """An author's word against a decision; `upheld` is null until somebody has judged it."""

    reason: str
    upheld: bool | None
    message: str
    created_at: datetime
    decided_at: datetime | None


class DecisionOut(Shown):
    """`message` is what the author was told, `note` what moderators keep."""

    decision: Decision
    grounds: FlagReason | None
    message: str
    note: str
    by: Author | None
    created_at: datetime
    undone_at: datetime | None
    appeal: AppealOut | None


class ReviewOut(Shown):
    """A review, for moderators. Whoever decides sends the `version` that they looked at."""

    id: int
    version: int
    kind: ReviewKind
    state: ReviewState
    target: Target
    flags: list[FlagRowOut]
    weight: float
    urgent: bool
    hidden: bool
    claimed_by: str | None
    claimed_until: datetime | None
    decisions: list[DecisionOut]
    opened_at: datetime
    decided_at: datetime | None


class OwnReviewOut(Shown):
    """What the author of a post may know of a decision about it: never who flagged, nor who decided."""

    id: int
    state: ReviewState
    target: Target
    hidden: bool
    decision: Decision | None
    grounds: FlagReason | None
    message: str
    decided_at: datetime | None
    appeal: AppealOut | None
    may_appeal: bool


class SanctionIn(Given):
    """`days` is left out for one without an end."""

    kind: Annotated[SanctionKind, Field(strict=False)]
    days: Days | None = None


class DecisionIn(Given):
    """`uphold` and `overturn` judge an appeal. Without `grounds`, they are what most of the flags say."""

    decision: Chosen = Field(examples=["hide"])
    version: Annotated[int, Field(ge=1, le=2**31)] = Field(examples=[1])
    note: Words = Field(default="", description="For moderators and, handed over, for staff.")
    message: Words = Field(default="", description="For the author.")
    grounds: Annotated[FlagReason, Field(strict=False)] | None = None
    title: Line | None = Field(default=None, description="With `edit`: the title of a question.")
    body: Text | None = Field(default=None, description="With `edit`: the text, in Markdown.")
    sanction: SanctionIn | None = None
    lock_days: Days | None = None
    _cooked: Cooked | None = PrivateAttr(default=None)

    def prepare(self) -> None:
        if self.decision == "edit" and self.body is not None:
            self._cooked = cooked_field("body", self.body)

    def choice(self, grounds: FlagReason | None) -> Choice:
        return Choice(
            decision=Decision(self.decision),
            grounds=self.grounds or grounds,
            message=self.message.strip(),
            note=self.note.strip(),
            cooked=self._cooked,
            title=self.title,
            terms=Terms(self.sanction.kind, self.sanction.days) if self.sanction else None,
            lock_days=self.lock_days,
        )


class AppealIn(Given):
    reason: Words = Field(examples=["It was an honest try to help."])
