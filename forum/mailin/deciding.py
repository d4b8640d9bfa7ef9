"""What the writer of a mailed reply decides about it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import AccountToken
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.mailin import ReplyGivenToStaff
from forum.i18n import gettext as _
from forum.mailin.models import OPEN, MailedReply, ReplyState
from forum.mailin.replying import Made, is_with_staff, post_reply
from forum.markup import Cooked


def publish(session: Session, actor: Actor, reply_id: int, cooked: Cooked) -> Made:
    """Post it for everybody to read, as its writer left the text.

    Raises: as `post_reply`, and
        NotFound: there is no such reply of theirs.
        Conflict: it was decided about before.
    """
    reply = _hold(session, actor, reply_id)
    made = post_reply(session, actor, reply.ref, cooked, once=f"mailed-{reply.id}")
    reply.made_kind, reply.made_id = made.ref
    _settle(session, reply, ReplyState.POSTED)
    return made


def give_to_staff(session: Session, actor: Actor, reply_id: int, cooked: Cooked) -> MailedReply:
    """Let staff read it, in the ticket of its thread, and nobody else.

    Raises: as `publish`, and
        Conflict: the thread is not with staff any more.
    """
    reply = _hold(session, actor, reply_id)
    if not is_with_staff(session, reply.thread_id):
        raise Conflict(_("This thread is not with staff any more, so nobody would read it there."))
    emit(
        session,
        ReplyGivenToStaff(actor_id=actor.id, thread_id=reply.thread_id, author_id=actor.id, words=cooked),
    )
    _settle(session, reply, ReplyState.GIVEN)
    return reply


def throw_away(session: Session, actor: Actor, reply_id: int) -> None:
    """Raises: as `publish`."""
    _settle(session, _hold(session, actor, reply_id), ReplyState.DISCARDED)


def bring_back(session: Session, actor: Actor, reply_id: int) -> None:
    """Take it back that a reply was thrown away. Raises: as `publish`."""
    reply = _hold(session, actor, reply_id, (ReplyState.DISCARDED,))
    reply.state, reply.settled_at = (ReplyState.REFUSED if reply.said else ReplyState.ASKED), None


def _hold(session: Session, actor: Actor, reply_id: int, states: tuple[ReplyState, ...] = OPEN) -> MailedReply:
    query = select(MailedReply).where(MailedReply.id == reply_id, MailedReply.visible_to(actor)).with_for_update()
    reply = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if reply is None:
        raise NotFound(_("There is no such reply."))
    if reply.state not in states:
        raise Conflict(_("You have decided about this reply before."))
    return reply


def _settle(session: Session, reply: MailedReply, state: ReplyState) -> None:
    """Whichever way it was decided, by page or by link, the link opens nothing any more."""
    reply.state, reply.settled_at = state, now()
    if reply.token_id is not None:
        link = session.get(AccountToken, reply.token_id)
        if link is not None:
            link.used_at = link.used_at or now()
