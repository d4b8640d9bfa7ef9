"""One more message in a ticket: what every writer shares."""

from __future__ import annotations

from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.clock import now
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.uploads.actions import attach
from support import notices
from support.messages.files import KIND
from support.messages.models import Audience, Message, MessageKind, Side
from support.tickets.models import Ticket

MAX_BODY = 30_000
Source = tuple[str, int]
"""Where a message stands outside the ticket: a kind ("answer", "comment", "unhelpful") and an id."""
Voice = tuple[Side, Audience]
"""Who speaks, and to whom."""


def add_message(
    session: Session,
    ticket: Ticket,
    author_id: int | None,
    voice: Voice,
    cooked: Cooked | None = None,
    *,
    kind: MessageKind | None = None,
    source: Source | None = None,
) -> Message:
    message = Message(
        ticket_id=ticket.id,
        side=voice[0],
        audience=voice[1],
        kind=kind or (MessageKind.THREAD if source else MessageKind.WEB),
        author_id=author_id,
        source=cooked.source if cooked else "",
        html=cooked.html if cooked else "",
        text=cooked.text if cooked else "",
        cooker_version=cooked.version if cooked else 0,
        source_kind=source[0] if source else None,
        source_id=source[1] if source else None,
        created_at=now(),
    )
    session.add(message)
    session.flush()
    if cooked is not None and source is None:
        attach(session, author_id, KIND, message.id, cooked.html)
    if cooked is not None and message.audience is not Audience.PUBLIC:
        notices.tell_mentioned(session, cooked.mentions, ticket, author_id, message.id)
    return message


def program_says(session: Session, ticket: Ticket, words: str) -> Message:
    """An automatic message for the customer; it changes no state."""
    kind = MessageKind.AUTOMATIC
    return add_message(session, ticket, None, (Side.PROGRAM, Audience.REQUESTER), plain(words), kind=kind)


def plain(*paragraphs: str) -> Cooked:
    """Plain text as a message shows it, where there is no Markdown to cook."""
    kept = [paragraph for paragraph in paragraphs if paragraph]
    html = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in kept)
    words = "\n\n".join(kept)
    return Cooked(source=words, html=html, version=0, mentions=(), external_links=0, text=words)


def find_mirrored(session: Session, source: Source) -> Message | None:
    """The message that a post, or another source, became."""
    query = select(Message).where(Message.source_kind == source[0], Message.source_id == source[1])
    return session.scalars(query).one_or_none()


def check_words(cooked: Cooked) -> None:
    """
    Raises:
        Invalid: there is nothing to read, or far too much.
    """
    length = len(cooked.source.strip())
    if not length:
        raise Invalid({"body": _("Please write something.")})
    if length > MAX_BODY:
        raise Invalid(
            {"body": _("That is {length} characters; {most} is the most.").format(length=length, most=MAX_BODY)}
        )
