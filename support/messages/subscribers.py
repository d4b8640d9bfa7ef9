"""A thread and its ticket hear each other: what is said in the thread reaches the ticket, once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Privilege, require
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.errors import Conflict, NotFound
from forum.events import Bus
from forum.events.mailin import ReplyGivenToStaff
from forum.events.threads import (
    AnswerAccepted,
    AnswerPosted,
    AnswerUnhelpful,
    CommentPosted,
    PostVisibilityChanged,
)
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.threads.models import Thread
from support import notices
from support.messages.actions.hearing import hear_requester
from support.messages.actions.replying import settle_staff_word
from support.messages.actions.writing import Source, add_message, check_words, find_mirrored, plain
from support.messages.models import Audience, Side
from support.tickets.actions.holding import ticket_of_thread
from support.tickets.history import record
from support.tickets.models import AT_WORK, LIVE, TicketState


def subscribe(bus: Bus) -> None:
    bus.on(AnswerPosted, on_answer)
    bus.on(CommentPosted, on_comment)
    bus.on(PostVisibilityChanged, on_visibility)
    bus.on(AnswerUnhelpful, on_unhelpful)
    bus.on(AnswerAccepted, on_accepted)
    bus.on(ReplyGivenToStaff, on_given)


def on_answer(session: Session, event: AnswerPosted) -> None:
    if event.visibility in SHOWN:
        post = PostRef(PostKind.ANSWER, event.answer_id)
        mirror(session, event.thread_id, post, event.author_id, from_staff=event.from_staff)


def on_comment(session: Session, event: CommentPosted) -> None:
    if event.visibility in SHOWN:
        post = PostRef(PostKind.COMMENT, event.comment_id)
        from_staff = session.get_one(Account, event.author_id).staff
        mirror(session, event.thread_id, post, event.author_id, from_staff=from_staff)


def on_visibility(session: Session, event: PostVisibilityChanged) -> None:
    """What waited for approval is said when it is published."""
    if event.was is Visibility.PENDING and event.became in SHOWN and event.post.kind is not PostKind.THREAD:
        mirror(session, event.thread_id, event.post, event.author_id)


def on_unhelpful(session: Session, event: AnswerUnhelpful) -> None:
    """ "This didn't help" is a word from the customer as well."""
    ticket = ticket_of_thread(session, event.thread_id)
    if ticket is not None and ticket.state in LIVE and event.actor_id == ticket.requester_id:
        words = plain(_("An answer in the thread did not help."), event.note)
        hear_requester(session, ticket, ticket.requester_id, words, source=("unhelpful", event.answer_id))


def on_accepted(session: Session, event: AnswerAccepted) -> None:
    """Accepting does not solve a ticket: its page proposes it, and whoever has the ticket is told."""
    ticket = ticket_of_thread(session, event.thread_id)
    if ticket is not None and ticket.state in AT_WORK:
        record(session, ticket, "accepted", event.actor_id)
        notices.tell_staff(session, [ticket.assignee_id], "ticket_accepted", ticket, event.actor_id)


def on_given(session: Session, event: ReplyGivenToStaff) -> None:
    """A reply by mail that staff alone may read: the customer's word, or from somebody else a note for staff.

    Raises:
        Conflict: the ticket is there no more.
        Forbidden: somebody else than the customer may not write now.
        NotFound: they may not see the thread any more.
        Invalid: there is nothing to read, or far too much.
    """
    ticket = ticket_of_thread(session, event.thread_id)
    if ticket is None:
        raise Conflict(_("This thread is not with staff any more, so nobody would read it there."))
    check_words(event.words)
    if event.author_id == ticket.requester_id:
        hear_requester(session, ticket, event.author_id, event.words)
        return
    author = session.get_one(Account, event.author_id)
    actor = actor_of(session, author)
    require(actor, Privilege.ANSWER, _("You cannot answer at the moment."))
    if session.scalar(select(Thread.id).where(Thread.id == event.thread_id, Thread.visible_to(actor))) is None:
        raise NotFound(_("There is no such question."))
    side = Side.STAFF if author.staff else Side.CONTEXT
    message = add_message(session, ticket, event.author_id, (side, Audience.INTERNAL), event.words)
    record(session, ticket, "wrote", event.author_id)
    told = f"message-{message.id}"
    notices.tell_staff(session, [ticket.assignee_id], "ticket_requester_wrote", ticket, event.author_id, key=told)


def mirror(session: Session, thread_id: int, post: PostRef, author_id: int, *, from_staff: bool = False) -> None:
    """Let a thread's ticket hear a post: as the customer's word, as staff's, or as context that reopens nothing."""
    source: Source = (post.kind.value, post.id)
    ticket = ticket_of_thread(session, thread_id)
    if ticket is None or ticket.state is TicketState.SPAM or find_mirrored(session, source) is not None:
        return
    if author_id == ticket.requester_id:
        hear_requester(session, ticket, author_id, None, source=source, audience=Audience.PUBLIC)
    elif ticket.state in LIVE:
        side = Side.STAFF if from_staff else Side.CONTEXT
        message = add_message(session, ticket, author_id, (side, Audience.PUBLIC), None, source=source)
        if from_staff:
            settle_staff_word(session, ticket, author_id, message)
