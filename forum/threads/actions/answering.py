"""Answering a question, and remarking on it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require, require_earned
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.threads import AnswerPosted, CommentPosted
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.posts import SHOWN, PostKind, Visibility
from forum.threads.actions.closing import set_needs_info
from forum.threads.actions.counting import count_post
from forum.threads.actions.following import start_following
from forum.threads.actions.holding import hold_answer, hold_thread, refuse_locked
from forum.threads.actions.writing import (
    BODY,
    COMMENT,
    check_text,
    cooked_columns,
    first_visibility,
    keep_once,
    once_key,
    sent_before,
)
from forum.threads.models import Answer, Comment, Thread
from forum.uploads.actions import attach


def post_answer(
    session: Session,
    actor: Actor,
    thread_id: int,
    cooked: Cooked,
    *,
    from_staff: bool = False,
    once: str | None = None,
) -> Answer:
    """Answer a thread, for oneself or (`from_staff`) for the company; the same form sent twice makes one answer.

    Raises:
        NotFound: there is no such thread, or none that the actor may see.
        Forbidden: the actor may not answer now, or not for the company.
        Conflict: the thread is locked, a duplicate, or not there for everybody.
        Invalid: the text cannot be taken as it is.
    """
    require(actor, Privilege.ANSWER, _("You cannot answer at the moment."))
    if from_staff:
        require(actor, Privilege.ANSWER_AS_STAFF, _("Only staff can answer for the company."))
    thread = hold_thread(session, actor, thread_id)
    key = once_key(actor, once)
    if (before := sent_before(session, Answer, key)) is not None:
        return before
    refuse_reply(thread)
    if thread.duplicate_of_id is not None:
        raise Conflict(_("This question is a duplicate. Answer the one it points to, where everybody looks."))
    check_text(session, actor, cooked, BODY)
    draft = Answer(
        thread_id=thread.id,
        author_id=actor.id,
        from_staff=from_staff,
        visibility=first_visibility(session, actor, PostKind.ANSWER, cooked),
        created_at=now(),
        once=key,
        **cooked_columns(cooked),
    )
    answer = keep_once(session, draft)
    if answer is draft:
        attach(session, actor.id, PostKind.ANSWER, answer.id, cooked.html)
        _settle(session, actor, thread, answer)
        event = AnswerPosted(
            actor_id=actor.id,
            thread_id=thread.id,
            answer_id=answer.id,
            author_id=actor.id,
            thread_author_id=thread.author_id,
            from_staff=from_staff,
            visibility=answer.visibility,
            mentions=cooked.mentions,
        )
        emit(session, event)
    return answer


def post_comment(
    session: Session,
    actor: Actor,
    thread_id: int,
    cooked: Cooked,
    *,
    answer_id: int | None = None,
    once: str | None = None,
) -> Comment:
    """Remark on a question, or on one of its answers.

    Raises: as `post_answer`. Under what is not one's own, remarks are earned.
    """
    thread = hold_thread(session, actor, thread_id)
    answer = hold_answer(session, actor, answer_id)[1] if answer_id is not None else None
    if answer is not None and answer.thread_id != thread.id:
        raise NotFound(_("There is no such answer."))
    parent_author_id = answer.author_id if answer else thread.author_id
    _check_may_comment(session, actor, thread, parent_author_id)
    key = once_key(actor, once)
    if (before := sent_before(session, Comment, key)) is not None:
        return before
    refuse_reply(thread)
    if answer is not None and answer.visibility not in SHOWN:
        raise Conflict(_("This answer is not there for everybody, so nobody would read your comment."))
    check_text(session, actor, cooked, COMMENT)
    draft = Comment(
        thread_id=thread.id,
        answer_id=answer_id,
        author_id=actor.id,
        visibility=first_visibility(session, actor, PostKind.COMMENT, cooked),
        created_at=now(),
        once=key,
        **cooked_columns(cooked),
    )
    comment = keep_once(session, draft)
    if comment is draft:
        attach(session, actor.id, PostKind.COMMENT, comment.id, cooked.html)
        _settle(session, actor, thread, comment)
        event = CommentPosted(
            actor_id=actor.id,
            thread_id=thread.id,
            answer_id=answer_id,
            comment_id=comment.id,
            author_id=actor.id,
            parent_author_id=parent_author_id,
            visibility=comment.visibility,
            mentions=cooked.mentions,
        )
        emit(session, event)
    return comment


def refuse_reply(thread: Thread) -> None:
    """Nothing public can be added where not everybody can read it."""
    refuse_locked(thread)
    if thread.visibility is Visibility.PENDING:
        raise Conflict(_("This thread waits for approval. Replies are possible once it is published."))
    if thread.visibility not in SHOWN:
        raise Conflict(_("This thread is not there for everybody, so nobody would read your reply."))


def _check_may_comment(session: Session, actor: Actor, thread: Thread, parent_author_id: int) -> None:
    if actor.can(Privilege.COMMENT):
        return
    require(actor, Privilege.COMMENT_OWN, _("You cannot comment at the moment."))
    if actor.id not in (thread.author_id, parent_author_id):
        require_earned(session, actor, Privilege.COMMENT)


def _settle(session: Session, actor: Actor, thread: Thread, post: Answer | Comment) -> None:
    """What a new post moves in its thread: counters, last activity, its followers, and what was asked for."""
    follows = start_following(session, thread.id, actor.id)
    if post.visibility in SHOWN:
        count_post(session, thread, post, 1)
        thread.last_activity_at, thread.last_activity_by_id = post.created_at, actor.id
    thread.follower_count += follows
    if actor.id == thread.author_id:
        set_needs_info(session, actor, thread, needed=False)
    session.flush()
