"""What happens to threads, answers and comments."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import Event, StaffAction
from forum.posts import PostRef, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAsked(Event):
    """A thread was written; `visibility` says whether it waits for approval."""

    thread_id: int
    author_id: int
    visibility: Visibility = Visibility.PUBLISHED
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPosted(Event):
    thread_id: int
    answer_id: int
    author_id: int
    thread_author_id: int
    from_staff: bool = False
    visibility: Visibility = Visibility.PUBLISHED
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPosted(Event):
    """`answer_id` is None under a question; `parent_author_id` wrote what the comment stands under."""

    thread_id: int
    answer_id: int | None
    comment_id: int
    author_id: int
    parent_author_id: int
    visibility: Visibility = Visibility.PUBLISHED
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEdited(Event):
    """A post has a new revision; by a moderator on another's post, `PostEditedByStaff` is emitted as well."""

    post: PostRef
    thread_id: int
    author_id: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEditedByStaff(StaffAction):
    post: PostRef
    thread_id: int
    author_id: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostVisibilityChanged(Event):
    """A post was published, hidden, deleted, restored or rejected, by whomever."""

    post: PostRef
    thread_id: int
    author_id: int
    was: Visibility
    became: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRemovedByStaff(StaffAction):
    """A moderator or staff changed the visibility of somebody else's post."""

    post: PostRef
    thread_id: int
    author_id: int
    was: Visibility
    became: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAccepted(Event):
    """An answer is the solution; `again` when it was before it was removed, and has been restored."""

    thread_id: int
    answer_id: int
    answer_author_id: int
    replaced_answer_id: int | None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerUnaccepted(Event):
    thread_id: int
    answer_id: int
    answer_author_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerUnhelpful(Event):
    """The asker said that an answer did not help."""

    thread_id: int
    answer_id: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLocked(StaffAction):
    thread_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadUnlocked(StaffAction):
    thread_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedDuplicate(Event):
    thread_id: int
    duplicate_of_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmarkedDuplicate(Event):
    thread_id: int
    duplicate_of_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoRequested(Event):
    """Somebody who may close asked for more to be able to answer; `needed` is False once that is cleared."""

    thread_id: int
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateMarkedByStaff(StaffAction):
    """Somebody else's question was pointed at another, or, when `marked` is False, stands on its own again."""

    thread_id: int
    duplicate_of_id: int
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoRequestedByStaff(StaffAction):
    """More was asked for, or, when `needed` is False, found not to be needed."""

    thread_id: int
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWithheld(StaffAction):
    """A post's text was taken from everybody's eyes, or given back when `withheld` is False."""

    post: PostRef
    thread_id: int
    author_id: int
    withheld: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffStateChanged(Event):
    """What the public may know of a thread's ticket has changed."""

    thread_id: int
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsReworded(Event):
    """Somebody's name or words were erased from these posts, which nobody edited."""

    posts: tuple[PostRef, ...]
