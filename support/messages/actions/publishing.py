"""What may be said in public, and saying publicly what was said in private."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.support import StaffReplied
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.posts import SHOWN, PostKind, Visibility
from forum.threads.actions import post_answer
from forum.threads.models import Thread
from forum.uploads.actions import share
from support.messages.actions.writing import find_mirrored
from support.messages.files import KIND
from support.messages.models import Audience, Message, MessageKind, Side
from support.tickets.actions.holding import hold_for_staff
from support.tickets.history import record
from support.tickets.models import Ticket


def public_thread(session: Session, ticket: Ticket) -> Thread | None:
    """The thread in which a ticket's public words stand: its own, or that of a ticket merged into it."""
    thread_id = ticket.thread_id or session.scalar(
        select(Ticket.thread_id)
        .where(Ticket.merged_into_id == ticket.id, Ticket.thread_id.is_not(None))
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    return session.get(Thread, thread_id) if thread_id else None


def why_not_public(thread: Thread | None) -> str | None:
    """Why nothing public can be said now; None when it can."""
    if thread is None:
        return _("This ticket has no thread, so there is no public place to answer.")
    if thread.visibility is Visibility.DELETED:
        return _("The thread was deleted, so a public answer would reach nobody. The ticket goes on privately.")
    if thread.visibility not in SHOWN:
        return _("The thread is hidden, so a public answer would reach nobody. The ticket goes on privately.")
    if thread.locked:
        return _("The thread is locked, so nobody can answer in it. The ticket goes on privately.")
    if thread.duplicate_of_id is not None:
        return _("The thread is a duplicate: readers are sent to another one. The ticket goes on privately.")
    return None


def check_public(session: Session, ticket: Ticket, *, confirmed: bool) -> Thread:
    """The thread to answer in.

    Raises:
        Invalid: it cannot be answered in, or nobody confirmed that everyone may read this.
    """
    thread = public_thread(session, ticket)
    reason = why_not_public(thread)
    if thread is None or reason is not None:
        raise Invalid({"audience": reason or ""})
    if not confirmed:
        raise Invalid(
            {"confirmed": _("Everyone on the internet will read this. Tick the box if that is what you want.")}
        )
    return thread


def answer_publicly(session: Session, actor: Actor, ticket: Ticket, cooked: Cooked, *, confirmed: bool) -> Message:
    """Answer in the thread for the company; the thread tells the ticket, as it does of every answer."""
    thread = check_public(session, ticket, confirmed=confirmed)
    answer = post_answer(session, actor, thread.id, cooked, from_staff=True)
    message = find_mirrored(session, (PostKind.ANSWER.value, answer.id))
    if message is None:
        raise Conflict(_("This thread and this ticket no longer belong together. Look at the ticket again."))
    return message


def publish_message(session: Session, actor: Actor, reference: str, message_id: int) -> Ticket:
    """Post what staff told the customer privately as an answer in the thread, after a preview.

    The message is then public, and stands in the conversation once.

    Raises:
        NotFound: the ticket has no such message.
        Conflict: it is not staff's word to the customer, or stands in the thread already.
        Invalid: the thread cannot be answered in.
    """
    ticket = hold_for_staff(session, actor, reference)
    message = find_publishable(session, ticket, message_id)
    cooked = Cooked(
        source=message.source,
        html=message.html,
        version=message.cooker_version,
        mentions=(),
        external_links=0,
        text=message.text,
    )
    mirrored = answer_publicly(session, actor, ticket, cooked, confirmed=True)
    source = mirrored.source_kind, mirrored.source_id
    session.delete(mirrored)
    session.flush()
    share(session, (KIND, message.id), (PostKind.ANSWER, mirrored.source_id or 0))
    message.source_kind, message.source_id = source
    message.audience, message.kind = Audience.PUBLIC, MessageKind.THREAD
    record(session, ticket, "published", actor.id)
    emit(
        session,
        StaffReplied(actor_id=actor.id, ticket_id=ticket.id, message_id=message.id, audience=Audience.PUBLIC.value),
    )
    return ticket


def find_publishable(session: Session, ticket: Ticket, message_id: int) -> Message:
    """A message that may be posted publicly: never the customer's own words, and never a note.

    Raises: as `publish_message`.
    """
    message = session.get(Message, message_id)
    if message is None or message.ticket_id != ticket.id:
        raise NotFound(_("There is no such message."))
    if message.source_id is not None:
        raise Conflict(_("This stands in the thread already."))
    if message.withheld or message.side is not Side.STAFF or message.audience is not Audience.REQUESTER:
        raise Conflict(_("Only what staff wrote to the customer can be posted publicly."))
    return message
