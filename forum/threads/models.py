"""Threads, answers and comments, and what they used to say."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, and_, or_, select, text, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base
from forum.markup import slugify
from forum.posts import SHOWN, PostKind, PostMixin, Visibility
from forum.tags.models import Space


class ThreadKind(enum.StrEnum):
    QUESTION = "question"
    DISCUSSION = "discussion"


class StaffState(enum.StrEnum):
    """What the public may know of a thread's ticket; derived from the ticket, and coarse on purpose."""

    ASKED = "asked"
    WITH_STAFF = "with_staff"
    DECLINED = "declined"
    WAITING = "waiting"
    ANSWERED = "answered"
    SOLVED = "solved"


class Resolution(enum.StrEnum):
    """Read off a thread's columns, never stored: one thing cannot then contradict the other."""

    OPEN = "open"
    NEEDS_INFO = "needs_info"
    ANSWERED = "answered"
    SOLVED = "solved"
    DUPLICATE = "duplicate"


def _only(which: str, name: str, columns: tuple[str, ...]) -> Index:
    """An index of some rows; a query uses it when it says so in the same words, with no parameter in their place."""
    return Index(name, *columns, sqlite_where=text(which), postgresql_where=text(which))


class Thread(PostMixin, Base):
    """A question or a discussion. Counters count what everybody may see.

    `score_base` is what an imported post brought with it; `score` includes it.
    `staff_state` is written by the desk through `set_staff_state` alone.
    """

    __tablename__ = "threads"
    kind: Mapped[ThreadKind] = mapped_column(default=ThreadKind.QUESTION)
    title: Mapped[str] = mapped_column(String(150))
    environment: Mapped[str] = mapped_column(String(300), default="")
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id"))
    score: Mapped[int] = mapped_column(default=0)
    score_base: Mapped[int] = mapped_column(default=0)
    answer_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    follower_count: Mapped[int] = mapped_column(default=0)
    view_count: Mapped[int] = mapped_column(default=0)
    last_activity_at: Mapped[datetime] = mapped_column(default=now)
    last_activity_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    needs_info_at: Mapped[datetime | None]
    accepted_answer_id: Mapped[int | None] = mapped_column(
        ForeignKey("answers.id", name="fk_threads_accepted_answer_id_answers", use_alter=True)
    )
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"), index=True)
    locked_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    locked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    lock_reason: Mapped[str | None] = mapped_column(String(300))
    staff_state: Mapped[StaffState | None]
    staff_state_at: Mapped[datetime | None]
    imported_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_threads_new", "visibility", "created_at", "id"),
        Index("ix_threads_active", "visibility", "last_activity_at", "id"),
        Index("ix_threads_space_new", "space_id", "visibility", "created_at", "id"),
        Index("ix_threads_space_active", "space_id", "visibility", "last_activity_at", "id"),
        Index("ix_threads_author_new", "author_id", "created_at", "id"),
        _only(
            "accepted_answer_id IS NULL AND duplicate_of_id IS NULL",
            "ix_threads_author_open",
            ("author_id", "last_activity_at", "id"),
        ),
        _only("accepted_at IS NOT NULL", "ix_threads_solved", ("visibility", "accepted_at", "id")),
        _only("answer_count = 0", "ix_threads_unanswered", ("visibility", "created_at", "id")),
        _only("kind = 'discussion'", "ix_threads_discussions", ("visibility", "last_activity_at", "id")),
        _only("staff_state IS NOT NULL", "ix_threads_with_staff", ("visibility", "last_activity_at", "id")),
    )

    @property
    def slug(self) -> str:
        return slugify(self.title)

    @property
    def locked(self) -> bool:
        """Locked now; a lock with an end opens by itself."""
        return self.locked_at is not None and (self.locked_until is None or self.locked_until > now())

    @property
    def resolution(self) -> Resolution:
        return resolution(self)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that a thread exists.

        What is shown, in a product they may see; what is pending, hidden or rejected,
        its author and those who may see hidden posts; what is deleted, those who may see
        that, and the author who deleted it.
        """
        spaces = or_(cls.space_id.is_(None), cls.space_id.in_(select(Space.id).where(Space.visible_to(actor))))
        return and_(spaces, _post_visible_to(cls, actor))

    @classmethod
    def listed(cls) -> ColumnElement[bool]:
        """What lists, feeds and search hold, on top of `visible_to`: nothing unlisted, hidden or deleted."""
        return cls.visibility == Visibility.PUBLISHED


class Answer(PostMixin, Base):
    """An answer; `from_staff` marks the company's own word, which earns no reputation.

    `chosen_by_id` is who had accepted it when it was removed: restored, it is the solution again.
    """

    __tablename__ = "answers"
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    score: Mapped[int] = mapped_column(default=0)
    score_base: Mapped[int] = mapped_column(default=0)
    from_staff: Mapped[bool] = mapped_column(default=False)
    unhelpful_count: Mapped[int] = mapped_column(default=0)
    chosen_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (Index("ix_answers_author_new", "author_id", "id"),)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that an answer exists, given that they may see its thread."""
        return _post_visible_to(cls, actor)


class Comment(PostMixin, Base):
    """A remark under a question (`answer_id` is None) or under an answer."""

    __tablename__ = "comments"
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), index=True)
    score_base: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_comments_author_id", "author_id"),)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that a comment exists, given that they may see its thread."""
        return _post_visible_to(cls, actor)


def _post_visible_to(post: type[PostMixin], actor: Actor | None) -> ColumnElement[bool]:
    shown = post.visibility.in_(SHOWN)
    if actor is None:
        return shown
    if actor.can(Privilege.SEE_HIDDEN) and actor.can(Privilege.SEE_DELETED):
        return true()
    own = and_(
        post.author_id == actor.id,
        or_(post.visibility != Visibility.DELETED, post.visibility_by_id == actor.id),
    )
    return or_(shown, own)


Post = Thread | Answer | Comment
POSTS: dict[PostKind, type[Thread] | type[Answer] | type[Comment]] = {
    PostKind.THREAD: Thread,
    PostKind.ANSWER: Answer,
    PostKind.COMMENT: Comment,
}


class ThreadTag(Base):
    """A tag of a thread. `created_at` is the thread's, so that the newest of a tag are found without the others."""

    __tablename__ = "thread_tags"
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_thread_tags_new", "tag_id", "created_at", "thread_id"),)


class TagMerge(Base):
    """The tag `tag_id` is merged into `into_id`; undone, the row is gone. `synonym_ids` came along."""

    __tablename__ = "tag_merges"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), unique=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), index=True)
    synonym_ids: Mapped[list[int]]
    thread_count: Mapped[int]
    merged_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    merged_at: Mapped[datetime] = mapped_column(default=now)


class TagMergeThread(Base):
    """A thread that had the merged tag; `had_both`: it has the other one not only because of the merge."""

    __tablename__ = "tag_merge_threads"
    merge_id: Mapped[int] = mapped_column(ForeignKey("tag_merges.id"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), primary_key=True, index=True)
    had_both: Mapped[bool]


class Revision(Base):
    """What a post said from its `number`-th version on; the first is the post as it was made.

    `title`, `tags` are those of a thread. `withheld` texts are shown to nobody.
    """

    __tablename__ = "revisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_kind: Mapped[PostKind]
    post_id: Mapped[int]
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    title: Mapped[str | None] = mapped_column(String(150))
    tags: Mapped[list[str]] = mapped_column(default=list)
    source: Mapped[str]
    note: Mapped[str] = mapped_column(String(300), default="")
    rolled_back_to: Mapped[int | None]
    withheld: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("post_kind", "post_id", "number"),)


class Unhelpful(Base):
    """The asker's word that an answer did not help, with what happened instead."""

    __tablename__ = "unhelpful_answers"
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    note: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


def resolution(row: Any) -> Resolution:
    """Where a question stands, from any row with the thread's columns."""
    if row.duplicate_of_id is not None:
        return Resolution.DUPLICATE
    if row.accepted_answer_id is not None:
        return Resolution.SOLVED
    if row.needs_info_at is not None:
        return Resolution.NEEDS_INFO
    return Resolution.ANSWERED if row.answer_count else Resolution.OPEN
