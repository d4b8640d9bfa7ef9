"""The rows that thread pages are made of: complete and frozen, nothing is loaded from them afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from forum.clock import now
from forum.i18n import gettext as _
from forum.posts import PostRef, Visibility
from forum.threads.models import Resolution, StaffState, ThreadKind, resolution
from forum.threads.queries.people import Person
from forum.threads.rules import Abilities

WITH_STAFF = (StaffState.ASKED, StaffState.WITH_STAFF, StaffState.WAITING)


@dataclass(frozen=True, slots=True)
class Product:
    id: int
    slug: str
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread in a list."""

    id: int
    kind: ThreadKind
    title: str
    slug: str
    score: int
    answer_count: int
    view_count: int
    tags: tuple[str, ...]
    author: Person | None
    author_id: int
    created_at: datetime
    active_at: datetime
    product: Product | None
    visibility: Visibility
    resolution: Resolution
    locked: bool
    with_staff: StaffState | None


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment."""

    ref: PostRef
    key: str
    author: Person | None
    author_id: int
    created_at: datetime
    edited_at: datetime | None
    body_html: Markup
    visibility: Visibility
    may: Abilities

    @property
    def words(self) -> str | None:
        """Why not everybody sees it, for those who do."""
        return unseen_words(self.visibility)


@dataclass(frozen=True, slots=True)
class Article:
    """A question or an answer with what stands under it. `gone` is True where the text was removed for good."""

    ref: PostRef
    key: str
    author: Person | None
    author_id: int
    created_at: datetime
    edited_at: datetime | None
    revision: int
    body_html: Markup
    score: int
    visibility: Visibility
    reason: str | None
    gone: bool
    accepted: bool
    from_staff: bool
    helped: bool
    comments: tuple[Remark, ...]
    may: Abilities

    @property
    def withheld(self) -> str | None:
        """Why not everybody sees it, for those who do."""
        words = unseen_words(self.visibility)
        return f"{words} {self.reason}" if words and self.reason else words


@dataclass(frozen=True, slots=True)
class Standing:
    """How a thread stands, beside its text."""

    environment: str
    comment_count: int
    follower_count: int
    accepted_answer_id: int | None
    locked_until: datetime | None
    lock_reason: str | None
    staff_state: StaffState | None
    staff_state_at: datetime | None
    needs_info_at: datetime | None
    following: bool


@dataclass(frozen=True, slots=True)
class Offers:
    """What the reader of a thread is offered."""

    answer: bool
    answer_as_staff: bool
    comment: bool
    comment_own: bool
    accept: bool
    close: bool
    unlist: bool
    own: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """All that the page of a thread shows."""

    thread: ThreadRow
    standing: Standing
    question: Article
    solution: Article | None
    answers: tuple[Article, ...]
    sort: str
    before: str | None
    after: str | None
    original: ThreadRow | None
    may: Offers
    summary: str

    def once(self) -> str:
        """A token for one form on this page: sent twice, it makes one post."""
        return secrets.token_urlsafe(12)


def unseen_words(visibility: Visibility) -> str | None:
    return {
        Visibility.PENDING: _("Waiting for approval: only its author, moderators and staff see it."),
        Visibility.REJECTED: _("Not approved: only its author, moderators and staff see it."),
        Visibility.HIDDEN: _("Hidden: only its author, moderators and staff see it."),
        Visibility.DELETED: _("Deleted."),
    }.get(visibility)


def is_locked(row: Any) -> bool:
    """Locked now, from any row with the thread's columns; a lock with an end opens by itself."""
    return row.locked_at is not None and (row.locked_until is None or row.locked_until > now())


def public_resolution(row: Any) -> Resolution:
    """A discussion has no solution, so it is open unless it is a duplicate."""
    found = resolution(row)
    return found if row.kind is ThreadKind.QUESTION or found is Resolution.DUPLICATE else Resolution.OPEN
