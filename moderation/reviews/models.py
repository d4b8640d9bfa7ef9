"""What moderators look at: one review a post, each decision about it, and the author's appeal."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base
from forum.events.moderation import Decision, FlagReason
from forum.posts import PostKind, PostRef, Visibility


class ReviewKind(enum.StrEnum):
    FLAGS = "flags"
    APPROVAL = "approval"


class ReviewState(enum.StrEnum):
    """`claimed` says who is looking until their claim expires; a lapsed claim reads as pending."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DECIDED = "decided"
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    RETRACTED = "retracted"


OPEN = (ReviewState.PENDING, ReviewState.CLAIMED)
WAITING = (*OPEN, ReviewState.APPEALED)
"""What a moderator has yet to act on."""


class Review(Base):
    """All there is to say about one post, reopened rather than duplicated.

    `version` moves with every change a decision may depend on; whoever decides says
    which one they looked at. `urgent` goes to the top. `hidden_from` is the visibility
    the post had before flags hid it or a rule held it, until somebody decides.
    """

    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ReviewKind] = mapped_column(default=ReviewKind.FLAGS)
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.PENDING)
    version: Mapped[int] = mapped_column(default=1)
    post_kind: Mapped[PostKind]
    post_id: Mapped[int]
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    weight: Mapped[float] = mapped_column(default=0.0)
    urgent: Mapped[bool] = mapped_column(default=False)
    hidden_from: Mapped[Visibility | None]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    claimed_until: Mapped[datetime | None]
    opened_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        UniqueConstraint("post_kind", "post_id"),
        Index("ix_reviews_queue", "state", "urgent", "weight", "opened_at"),
    )

    @property
    def post(self) -> PostRef:
        return PostRef(self.post_kind, self.post_id)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that a review exists: moderators. An author reads of theirs on a page of their own."""
        return true() if actor is not None and actor.can(Privilege.MODERATE) else false()


class Batch(Base):
    """Several reviews decided in one act, and undone in one."""

    __tablename__ = "review_batches"
    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class ReviewDecision(Base):
    """One decision, with what it changed (`effects`), so that it can be taken back exactly.

    `message` is what the author was told, `note` what only moderators and the flaggers'
    record keep. `version` is the review's after the decision.
    """

    __tablename__ = "review_decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("review_batches.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decision: Mapped[Decision]
    grounds: Mapped[FlagReason | None]
    message: Mapped[str] = mapped_column(String(2000), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    effects: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    @property
    def held(self) -> bool:
        """Whether it was about a post that waited for approval."""
        return bool(self.effects["review"]["kind"] == ReviewKind.APPROVAL)

    @property
    def flagged(self) -> bool:
        """Whether it settled flags."""
        return bool(self.effects["review"].get("flags", not self.held))


class Appeal(Base):
    """An author's word against a decision, at most one a decision, and what another moderator made of it.

    Without a `decision_id` it was said when flags alone had hidden the post; the decision that came settled it.
    """

    __tablename__ = "appeals"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("review_decisions.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(default=now)
    upheld: Mapped[bool | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    message: Mapped[str] = mapped_column(String(2000), default="")
    by_the_first: Mapped[bool] = mapped_column(default=False)
