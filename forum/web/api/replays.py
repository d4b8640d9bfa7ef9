"""A write that is sent twice happens once: its reply is kept under the caller's `Idempotency-Key`, and given again.

The reply is kept in the act's own transaction, so it exists exactly when the act
happened; a refused act keeps nothing and may be tried again under the same key. When
a post goes from people's eyes, the words of its thread go from the replies as well; and
what the account may not see any more is not told to it again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from anyio import to_thread
from sqlalchemy import String, Text, delete, func, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column
from starlette.requests import Request
from starlette.responses import Response

from forum.access import OF_SCOPE, Actor, Scope
from forum.clock import now
from forum.db import Base
from forum.errors import Invalid, NotFound, TooMany
from forum.events import Bus
from forum.events.threads import PostsReworded, PostVisibilityChanged, TextWithheld
from forum.i18n import gettext as _
from forum.posts import SHOWN
from forum.web.api.problems import DoneBefore
from forum.web.api.subjects import Subjects
from forum.web.routing import MAX_BODY

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 200
KEPT = timedelta(hours=24)
ROOM = 8 * 1024 * 1024
"""Bytes of replies kept for one account; what came in under keys beyond that waits, or comes without one."""
OVERHEAD = 500
OF_ROLES = OF_SCOPE[Scope.MODERATE] | OF_SCOPE[Scope.SUPPORT] | OF_SCOPE[Scope.ADMIN]
"""What decides how much a reply tells. Earned privileges do not, and an act may earn its author some."""
WITHOUT_WORDS = 0
"""The status of an act that was done and whose reply is no longer to be had."""
NO_THREAD = 0


class KeptReply(Base):
    """What was answered to a write, kept a day.

    `thread_id` is the thread whose words it tells: None where they may be those of several, NO_THREAD where of none.
    Neither id is a foreign key: such a row would lock the account before the act locks
    its thread, which everything else does the other way round.
    """

    __tablename__ = "api_replies"
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(default=0)
    location: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text, default="")
    size: Mapped[int] = mapped_column(default=0)
    thread_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """A write as it was sent: the key it came under, what tells it from another, and to what address in the API."""

    key: str
    digest: str
    root: str
    path: str

    def by(self, actor: Actor) -> Sent:
        """The same, told apart from one by a token of other scopes, or from before a role was taken away."""
        rights = " ".join(sorted(actor.privileges & OF_ROLES))
        return replace(self, digest=hashlib.sha256(f"{self.digest} {rights}".encode()).hexdigest())


async def read_key(request: Request) -> Sent | None:
    """The key of a write that brought one.

    Raises:
        Invalid: it cannot be a key.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not re.fullmatch(rf"[\x21-\x7e]{{1,{LONGEST}}}", key):
        words = _("A key is 1 to {most} letters, digits and signs, without spaces.")
        raise Invalid({HEADER: words.format(most=LONGEST)})
    line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = await request.body()
    # a file takes a while
    digest = await to_thread.run_sync(_digest, line, body) if len(body) > MAX_BODY else _digest(line, body)
    root = request.scope.get("root_path", "")
    return Sent(key, digest, root, request.url.path.removeprefix(root))


def _digest(line: bytes, body: bytes) -> str:
    return hashlib.sha256(line + body).hexdigest()


def kept_reply(session: Session, actor: Actor, sent: Sent, subjects: Subjects) -> Response | None:
    """The reply to the same write, if it was made; None when it is this one's turn, which others wait for.

    Raises:
        Invalid: the key was used for something else.
        TooMany: no more replies are kept for this account at the moment.
        NotFound: the write was made, and the actor may not see any more what it was about.
        DoneBefore: the write was made, and words in its reply went from people's eyes since.
    """
    if _claim(session, actor.id, sent):
        _require_room(session, actor.id)
        return None
    row = session.execute(select(KeptReply).filter_by(account_id=actor.id, key=sent.key)).scalar_one()
    if row.digest != sent.digest:
        raise Invalid({HEADER: _("This key was used for another request. Take a new one for each.")})
    if row.body or row.status == WITHOUT_WORDS:
        _require_sight(session, actor, sent, row, subjects)
    headers = {REPLAYED: "true"} | ({"Location": row.location} if row.location else {})
    return Response(row.body.encode(), row.status, headers=headers, media_type="application/json" if row.body else None)


def keep_reply(session: Session, actor: Actor, sent: Sent, response: Response, subjects: Subjects) -> None:
    location = response.headers.get("Location")
    session.execute(
        update(KeptReply)
        .where(KeptReply.account_id == actor.id, KeptReply.key == sent.key)
        .values(
            status=response.status_code,
            location=location,
            body=bytes(response.body).decode(),
            size=len(response.body) + OVERHEAD,
            thread_id=_thread_told(session, actor, sent, location, subjects) if response.body else NO_THREAD,
        )
    )


def _require_sight(session: Session, actor: Actor, sent: Sent, row: KeptReply, subjects: Subjects) -> None:
    """A reply is told again while its account sees what the request was about, what it made, and the thread it tells.

    One without a body tells nothing: whoever deleted a thread may hear again that it is gone.
    """
    about = subjects.threads_of(session, actor, sent.path)
    made = row.location.removeprefix(sent.root) if row.location else ""
    if row.status == WITHOUT_WORDS:
        raise DoneBefore(row.location if subjects.shown(session, actor, made) else None)
    about |= subjects.threads_of(session, actor, made)
    told = about if row.thread_id is None else {row.thread_id} - {NO_THREAD}
    if not all(subjects.shown(session, actor, f"/threads/{thread_id}") for thread_id in told):
        raise DoneBefore(row.location)


def _thread_told(session: Session, actor: Actor, sent: Sent, location: str | None, subjects: Subjects) -> int | None:
    """Whose words a reply tells: what its account may not see itself stands in none."""
    try:
        about = subjects.threads_of(session, actor, sent.path)
        about |= subjects.threads_of(session, actor, location.removeprefix(sent.root) if location else "")
    except NotFound:  # done away with by this very act
        return None
    told = [one for one in about if subjects.shown(session, actor, f"/threads/{one}")]
    return told[0] if len(told) == 1 else None if told else NO_THREAD


def subscribe(bus: Bus) -> None:
    bus.on(TextWithheld, on_withheld)
    bus.on(PostVisibilityChanged, on_visibility)
    bus.on(PostsReworded, on_reworded)


def on_withheld(session: Session, event: TextWithheld) -> None:
    if event.withheld:
        forget_words(session, event.thread_id)


def on_visibility(session: Session, event: PostVisibilityChanged) -> None:
    if event.became not in SHOWN:
        forget_words(session, event.thread_id)


def on_reworded(session: Session, _event: PostsReworded) -> None:
    forget_words(session)


def forget_words(session: Session, thread_id: int | None = None) -> None:
    """Out of all replies that tell a thread's, a review's and a ticket's among them; out of all, without a thread."""
    theirs = true() if thread_id is None else or_(KeptReply.thread_id == thread_id, KeptReply.thread_id.is_(None))
    session.execute(
        update(KeptReply).where(KeptReply.body != "", theirs).values(status=WITHOUT_WORDS, body="", size=OVERHEAD)
    )


def _require_room(session: Session, account_id: int) -> None:
    kept = session.scalar(select(func.sum(KeptReply.size)).where(KeptReply.account_id == account_id)) or 0
    if kept > ROOM:
        words = _(
            "So many replies are kept under your keys that there is no room for more. Send it without a key, or wait."
        )
        raise TooMany(words, 3600)


def _claim(session: Session, account_id: int, sent: Sent) -> bool:
    """Whether this is the first with its key: of two at once the second waits here until the first has committed."""
    mine = (KeptReply.account_id == account_id, KeptReply.key == sent.key)
    session.execute(delete(KeptReply).where(*mine, KeptReply.created_at < now() - KEPT))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(KeptReply).values(
        account_id=account_id, key=sent.key, digest=sent.digest, status=0, body="", size=OVERHEAD, created_at=now()
    )
    claimed = session.execute(row.on_conflict_do_nothing().returning(KeptReply.key))
    return claimed.one_or_none() is not None
