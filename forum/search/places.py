"""Where a page of hits begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.numbers import whole_number
from forum.posts import PostKind
from forum.search.index import post_of
from forum.threads.models import Answer, Thread


@dataclass(frozen=True, slots=True)
class Place:
    """Behind a thread or, should that be found no more, behind the others of so many.

    A rank is no place: each post that is added moves all of them. What was added after the first page, whose newest
    posts these are, is left out of the others, where it could only push and hide.
    """

    newest_thread: int
    newest_answer: int
    shown: int = 0
    last_thread: int = 0

    @property
    def written(self) -> str:
        return f"{self.newest_thread}.{self.newest_answer}.{self.shown}.{self.last_thread}"

    def after(self, shown: int, last_thread: int) -> Place:
        return replace(self, shown=shown, last_thread=last_thread)

    def among(self, thread_ids: Sequence[int]) -> int:
        """How many of those found come before it."""
        behind = (number for number, thread_id in enumerate(thread_ids, 1) if thread_id == self.last_thread)
        return next(behind, max(0, self.shown - 1))

    def knew(self, document: int) -> bool:
        """Whether a document is of a post that was there."""
        post = post_of(document)
        return post.id <= (self.newest_answer if post.kind is PostKind.ANSWER else self.newest_thread)


def read_cursor(text: str) -> Place | None:
    """What a cursor stands for; one that was tampered with stands for the first page."""
    numbers = [whole_number(part) for part in text.split(".")]
    known = [number for number in numbers if number is not None]
    return Place(*known) if len(known) == len(numbers) == 4 else None


def first_place(session: Session) -> Place:
    """The beginning, as of now."""
    newest = select(select(func.max(Thread.id)).scalar_subquery(), select(func.max(Answer.id)).scalar_subquery())
    thread_id, answer_id = session.execute(newest).one()
    return Place(thread_id or 0, answer_id or 0)
