"""Casting, changing and taking back a vote."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require, require_earned
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.votes import VoteCast
from forum.i18n import gettext as _
from forum.options import option
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.models import Answer, Thread
from forum.votes.models import Vote

QUESTION_DOWN = "votes.question_down"
"""The option that lets questions be voted down; off unless an admin turns it on."""


def cast_vote(session: Session, actor: Actor, ref: PostRef, value: int) -> Thread:
    """Let the actor's one vote on a question or an answer be 1, -1 or, taken back, 0; the thread it stands in.

    The same value again changes nothing and announces nothing. Taking back needs no
    reputation, so whoever has lost a privilege is not held to a vote they regret.

    Raises:
        NotFound: there is no such post, or none that the actor may see.
        Forbidden: it is the actor's own, or they have not earned the privilege.
        Conflict: the post is not shown, or its thread is locked.
        Invalid: the value is none of the three, or down on a question where that is off.
    """
    if value not in (-1, 0, 1):
        raise Invalid({"value": _("A vote is up, down or taken back.")})
    thread, post = _lock(session, actor, ref)
    _check_post(actor, thread, post)
    _check_privilege(session, actor, ref, value)
    previous = session.scalar(select(Vote.value).where(_own(actor, ref))) or 0
    if previous == value:
        return thread

    _store(session, actor, ref, value)
    post.score += value - previous
    session.flush()
    emit(
        session,
        VoteCast(
            actor_id=actor.id,
            post=ref,
            thread_id=thread.id,
            author_id=post.author_id,
            previous=previous,
            value=value,
        ),
    )
    return thread


def _check_post(actor: Actor, thread: Thread, post: Thread | Answer) -> None:
    if post.author_id == actor.id:
        raise Forbidden(_("You cannot vote on what you wrote yourself."))
    if post.visibility not in SHOWN or thread.visibility not in SHOWN:
        raise Conflict(_("This post is not shown at the moment, so it takes no votes."))
    if thread.locked:
        raise Conflict(_("This thread is locked, so its votes stay as they are."))


def _check_privilege(session: Session, actor: Actor, ref: PostRef, value: int) -> None:
    if value == 1:
        require_earned(session, actor, Privilege.VOTE_UP)
    elif value == -1:
        if ref.kind is PostKind.THREAD and not option(session, QUESTION_DOWN, default=False):
            raise Invalid({"value": _("Questions are not voted down here. If one breaks a rule, flag it.")})
        require_earned(session, actor, Privilege.VOTE_DOWN)
    else:
        require(actor, Privilege.ASK)


def _lock(session: Session, actor: Actor, ref: PostRef) -> tuple[Thread, Thread | Answer]:
    """Read a post the actor may see, and its thread, holding both until commit: the thread first, as everywhere."""
    thread_id: int | None = ref.id
    if ref.kind is PostKind.ANSWER:
        thread_id = session.scalar(select(Answer.thread_id).where(Answer.id == ref.id))
    elif ref.kind is not PostKind.THREAD:
        raise NotFound(_("Only questions and answers are voted on."))
    thread = session.scalar(
        select(Thread)
        .where(Thread.id == thread_id, Thread.visible_to(actor))
        .with_for_update(of=Thread, key_share=True)
        .execution_options(populate_existing=True)
    )
    if thread is None or ref.kind is PostKind.THREAD:
        return _found(thread), _found(thread)
    answer = session.scalar(
        select(Answer)
        .where(Answer.id == ref.id, Answer.visible_to(actor))
        .with_for_update(of=Answer, key_share=True)
        .execution_options(populate_existing=True)
    )
    if answer is None:
        raise _missing()
    return thread, answer


def _found(thread: Thread | None) -> Thread:
    if thread is None:
        raise _missing()
    return thread


def _missing() -> NotFound:
    return NotFound(_("There is no such post."))


def _own(actor: Actor, ref: PostRef) -> ColumnElement[bool]:
    return and_(Vote.account_id == actor.id, Vote.post_kind == ref.kind, Vote.post_id == ref.id)


def _store(session: Session, actor: Actor, ref: PostRef, value: int) -> None:
    if value == 0:
        session.execute(delete(Vote).where(_own(actor, ref)))
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(Vote).values(account_id=actor.id, post_kind=ref.kind, post_id=ref.id, value=value, created_at=now())
    session.execute(
        row.on_conflict_do_update(
            index_elements=["account_id", "post_kind", "post_id"],
            set_={"value": row.excluded.value, "created_at": row.excluded.created_at},
        )
    )
