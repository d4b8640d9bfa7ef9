"""What came by mail: the raw message until it ages, and the replies in it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, deferred, mapped_column

from forum.access import Actor
from forum.clock import now
from forum.db import Base
from forum.posts import PostKind, PostRef


class MailState(enum.StrEnum):
    """What became of a mail: DONE is what did something, IGNORED what never does, HELD what an admin decides about."""

    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored"
    HELD = "held"
    DISCARDED = "discarded"


class InboundMail(Base):
    """One message for one of our addresses. The same message (`digest`, which leaves out what servers add on the way)
    is kept once for each of them, however often it is delivered.

    `mailbox` is who works it off. `why` names the reason of a mail that was ignored or held, `account_id` whom it is
    from, as far as its address of ours says so; `raw` is emptied when its time is over.
    """

    __tablename__ = "inbound_mails"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(254))
    sender: Mapped[str] = mapped_column(String(254), default="")
    mailbox: Mapped[str] = mapped_column(String(40))
    raw: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    size: Mapped[int]
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    why: Mapped[str] = mapped_column(String(40), default="")
    written_from: Mapped[str] = mapped_column(String(254), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("recipient", "digest"),
        Index(
            "ix_inbound_mails_held",
            "id",
            sqlite_where=sql("state = 'held'"),
            postgresql_where=sql("state = 'held'"),
        ),
    )


class ReplyState(enum.StrEnum):
    """ASKED waits for its writer to say who may read it, REFUSED could not be posted; both are theirs alone."""

    ASKED = "asked"
    REFUSED = "refused"
    POSTED = "posted"
    GIVEN = "given"
    DISCARDED = "discarded"


OPEN = (ReplyState.ASKED, ReplyState.REFUSED)


class MailedReply(Base):
    """What somebody wrote by mail about a post. While it is open nobody else reads it.

    `source` is Markdown, the files that came along shown in it; `left_out` names those that were not taken. `said` is
    why it was refused. `made_kind` and `made_id` are the post it became. `token_id` is the link that was mailed.
    """

    __tablename__ = "mailed_replies"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    mail_id: Mapped[int | None] = mapped_column(unique=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    post_kind: Mapped[PostKind]
    post_id: Mapped[int]
    source: Mapped[str]
    left_out: Mapped[list[str]]
    state: Mapped[ReplyState]
    said: Mapped[str] = mapped_column(String(1000), default="")
    token_id: Mapped[int | None] = mapped_column(unique=True)
    made_kind: Mapped[PostKind | None]
    made_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]

    @property
    def ref(self) -> PostRef:
        return PostRef(self.post_kind, self.post_id)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Only its writer, whatever anybody's role."""
        return false() if actor is None else cls.account_id == actor.id
