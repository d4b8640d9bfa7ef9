"""What happens to votes."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import Event
from forum.posts import PostRef


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast(Event):
    """A vote on a shown post moved from `previous` to `value`, each -1, 0 (none) or 1."""

    post: PostRef
    thread_id: int
    author_id: int
    from_staff: bool
    previous: int
    value: int
