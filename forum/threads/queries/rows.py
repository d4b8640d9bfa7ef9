"""The rows that thread pages are made of: complete and frozen, nothing is loaded from them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from forum.clock import now
from forum.following.models import Level
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
    """A thread in a list; `ignored` says that the reader ignores who asked."""

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
    ignored: bool = False


class PostFacts(NamedTuple):
    """What other packages ask of a post; `open` says that it is shown, in a thread that is shown and not locked."""

    author_id: int
    shown: bool
    score: int
    from_staff: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the reader is invited to do with a post: choose it, say that it did not help, remark on it.

    `reopens` says that a word of its not helping reaches staff.
    """

    accept: bool = False
    unhelpful: bool = False
    reopens: bool = False
    comment: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment; `by_asker` says that who asked the question wrote it."""

    ref: PostRef
    key: str
    author: Person | None
    author_id: int
    created_at: datetime
    edited_at: datetime | None
    body_html: Markup
    visibility: Visibility
    by_asker: bool
    may: Abilities
    facts: PostFacts
    ignored: bool
    ignorable: bool

    @property
    def words(self) -> str | None:
        """Why not everybody sees it, for those who do."""
        return unseen_words(self.visibility)


@dataclass(frozen=True, slots=True)
class Article:
    """A question or an answer with what stands under it. `gone` is True where the text was removed for good.

    `ignored` says that the reader ignores who wrote it, `ignorable` that they may.
    """

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
    by_asker: bool
    comments: tuple[Remark, ...]
    may: Abilities
    invited: Invitation
    facts: PostFacts
    ignored: bool
    ignorable: bool

    def __hash__(self) -> int:
        return hash((self.ref, self.revision, self.edited_at, self.score))

    @property
    def withheld(self) -> str | None:
        """Why not everybody sees it, for those who do."""
        words = unseen_words(self.visibility)
        return f"{words} {self.reason[0].upper()}{self.reason[1:]}" if words and self.reason else words


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
    level: Level | None


class Offers(NamedTuple):
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


class Gist(NamedTuple):
    """A thread's page without its posts: what stands above, beside and between them."""

    thread: ThreadRow
    standing: Standing
    may: Offers
    original: ThreadRow | None
    solution_key: str | None
    sort: str


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

    @property
    def solution_key(self) -> str | None:
        return self.solution.key if self.solution else None

    @property
    def gist(self) -> Gist:
        return Gist(self.thread, self.standing, self.may, self.original, self.solution_key, self.sort)

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every post that stands on the page, in its order."""
        return (self.question, *((self.solution,) if self.solution else ()), *self.answers)


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


def public_staff_state(row: Any) -> StaffState | None:
    """Where a thread stands with staff, as far as everybody reads of it: that they declined is told privately."""
    return row.staff_state if row.staff_state in (*WITH_STAFF, StaffState.ANSWERED) else None
