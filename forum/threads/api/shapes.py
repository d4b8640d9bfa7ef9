"""How threads, answers and comments read over the API, and what is sent to write them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, PrivateAttr

from forum.markup import Cooked
from forum.posts import Visibility
from forum.threads.models import Resolution, StaffState, ThreadKind
from forum.web.api.shapes import Author, Given, Line, Shown, Text, Written, cooked_field

Tags = Annotated[list[Line], Field(max_length=20)]
Kind = Annotated[ThreadKind, Field(strict=False)]


class Escalation(Shown):
    """What everybody may know of a thread's ticket."""

    state: StaffState


class KnownEscalation(Escalation):
    """The same for those who may see the ticket itself."""

    ticket: str


class CommentOut(Shown):
    """`ignored`, here as everywhere: whoever holds the token ignores who wrote it."""

    id: int
    author: Author | None
    body: str
    body_html: str
    visibility: Visibility
    ignored: bool
    created_at: datetime


class AnswerOut(Shown):
    """`review_id` is where a decision about it is read or appealed, for those whom it concerns."""

    id: int
    author: Author | None
    body: str
    body_html: str
    score: int
    accepted: bool
    from_staff: bool
    visibility: Visibility
    ignored: bool
    review_id: int | None
    comments: list[CommentOut]
    created_at: datetime
    edited_at: datetime | None


class ThreadSummary(Shown):
    """A thread in a list."""

    id: int
    url: str
    kind: ThreadKind
    title: str
    author: Author | None
    tags: list[str]
    product: str | None
    score: int
    answer_count: int
    resolution: Resolution
    visibility: Visibility
    locked: bool
    ignored: bool
    created_at: datetime
    active_at: datetime


class ThreadOut(Shown):
    """A thread with one page of its answers, the accepted one first; `answers_next` is the `after` of the next page."""

    id: int
    url: str
    kind: ThreadKind
    title: str
    body: str
    body_html: str
    author: Author | None
    tags: list[str]
    product: str | None
    environment: str
    score: int
    resolution: Resolution
    visibility: Visibility
    locked: bool
    ignored: bool
    accepted_answer_id: int | None
    duplicate_of: int | None
    answers: list[AnswerOut]
    answers_next: str | None
    comments: list[CommentOut]
    escalation: KnownEscalation | Escalation | None
    review_id: int | None
    revision: int
    created_at: datetime
    edited_at: datetime | None


class NewThread(Written):
    """`product` is its short name, as lists of threads show it."""

    title: Line = Field(examples=["Sync stops at forty percent"])
    tags: Tags = Field(examples=[["sync"]])
    kind: Kind = ThreadKind.QUESTION
    product: Line | None = None
    environment: Line = ""


class EditThread(Given):
    """What is left out stays as it is. With `revision`, the edit is refused when somebody has edited since."""

    title: Line | None = None
    body: Text | None = None
    tags: Tags | None = None
    product: Line | None = None
    environment: Line | None = None
    note: Line = Field(default="", description="What was changed, and why.")
    revision: Annotated[int, Field(ge=1, le=2**31)] | None = None
    _cooked: Cooked | None = PrivateAttr(default=None)

    @property
    def cooked(self) -> Cooked | None:
        return self._cooked

    def prepare(self) -> None:
        if self.body is not None:
            self._cooked = cooked_field("body", self.body)


class NewAnswer(Written):
    from_staff: bool = Field(default=False, description="Answer for the company, as staff may.")


class NewComment(Written):
    answer_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(
        default=None, description="The answer it stands under; without one, the question."
    )
