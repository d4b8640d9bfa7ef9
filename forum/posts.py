"""What a question, an answer and a comment have in common: text, an author, a visibility, and a way to name one."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from forum.clock import now


class PostKind(enum.StrEnum):
    __hash__ = str.__hash__  # an enum's own is written in Python, and every page asks it a thousand times

    THREAD = "thread"
    ANSWER = "answer"
    COMMENT = "comment"


class PostRef(NamedTuple):
    """Names one post, whatever its kind: votes, flags, revisions and slots point at posts with it."""

    kind: PostKind
    id: int


class Visibility(enum.StrEnum):
    __hash__ = str.__hash__

    PENDING = "pending"
    PUBLISHED = "published"
    UNLISTED = "unlisted"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    DELETED = "deleted"


SHOWN = (Visibility.PUBLISHED, Visibility.UNLISTED)


class PostMixin:
    """The columns every post has.

    `source` is the Markdown as typed, `html` what the cooker of `cooker_version` made
    of it, `text` the same as plain text. `withheld` marks text removed for privacy or
    as a secret: it is shown to nobody, whatever their role. `visibility_before` is what
    a deleted or hidden post goes back to. `once` is the token of the form it was sent
    with: the same form sent twice makes one post.
    """

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
    source: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    cooker_version: Mapped[int]
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLISHED)
    visibility_before: Mapped[Visibility | None]
    visibility_reason: Mapped[str | None]
    visibility_at: Mapped[datetime | None]
    withheld: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    once: Mapped[str | None] = mapped_column(String(80), unique=True)

    @declared_attr
    def author_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("accounts.id"))

    @declared_attr
    def edited_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("accounts.id"))

    @declared_attr
    def visibility_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("accounts.id"))
