"""A ticket's conversation, as one reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.posts import PostKind, PostRef
from forum.threads.queries import PostRow, find_posts
from forum.uploads.names import shown_in
from support.messages.models import Audience, Message, MessageKind, Side
from support.people import Person, people

MOST = 500
"""How many messages one page shows: the latest."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message; `body` is its Markdown.

    `path` leads to where it stands in the thread; `gone` says that it no longer stands there.
    """

    id: int
    author: Person | None
    audience: Audience
    side: Side
    kind: MessageKind
    created_at: datetime
    body: str
    body_html: Markup
    path: str | None
    gone: bool
    withheld: bool

    @property
    def key(self) -> str:
        return f"message-{self.id}"

    @property
    def shows_files(self) -> bool:
        """Whether files may be looked after here: those of a post are where it stands."""
        return self.path is None and bool(shown_in(self.body_html))

    @property
    def automatic(self) -> bool:
        return self.kind is MessageKind.AUTOMATIC

    @property
    def publishable(self) -> bool:
        """Staff's own word to the customer, which could be posted publicly."""
        private = self.audience is Audience.REQUESTER and self.side is Side.STAFF
        return private and self.path is None and not self.withheld


def conversation(session: Session, actor: Actor, ticket_ids: Sequence[int]) -> list[MessageRow]:
    """What was said in tickets that the actor may see, oldest first, in a fixed number of queries."""
    query = (
        select(Message)
        .where(Message.ticket_id.in_(ticket_ids), Message.visible_to(actor))
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(MOST)
    )
    messages = list(reversed(session.scalars(query).all()))
    posts = find_posts(session, actor, [ref for message in messages if (ref := _ref(message))])
    authors = people(session, [message.author_id for message in messages])
    return [_row(message, posts, authors) for message in messages]


def message_row(session: Session, actor: Actor, message_id: int) -> MessageRow:
    """One message of a ticket that the actor may see; one they may not read is an error of the caller."""
    message = session.execute(select(Message).where(Message.id == message_id, Message.visible_to(actor))).scalar_one()
    posts = find_posts(session, actor, [ref for ref in (_ref(message),) if ref])
    return _row(message, posts, people(session, [message.author_id]))


def _row(message: Message, posts: dict[PostRef, PostRow], authors: dict[int | None, Person]) -> MessageRow:
    ref = _ref(message)
    post = posts.get(ref) if ref else None
    withheld = message.withheld or (post is not None and post.withheld)
    html = post.html if post else Markup(message.html)  # noqa: S704 - cooked, or escaped by `plain`
    unseen = withheld or (ref is not None and post is None)
    return MessageRow(
        id=message.id,
        author=authors.get(message.author_id),
        audience=message.audience,
        side=message.side,
        kind=message.kind,
        created_at=message.created_at,
        body="" if unseen else post.source if post else message.source,
        body_html=Markup("") if unseen else html,
        path=post.path if post else None,
        gone=ref is not None and post is None,
        withheld=withheld,
    )


def _ref(message: Message) -> PostRef | None:
    """The post that a message stands for; one posted publicly later is shown as it stands in the thread."""
    if message.source_id is None or message.source_kind not in (PostKind.ANSWER, PostKind.COMMENT):
        return None
    return PostRef(PostKind(message.source_kind), message.source_id)
