"""What becomes of a reply: a comment or an answer, by the rules of the page; or it waits for its writer."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.doors import is_open
from forum.errors import Forbidden, TooMany
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.posts import PostKind, PostRef
from forum.threads import actions
from forum.threads.actions.writing import COMMENT
from forum.threads.models import Answer, Comment, StaffState, Thread
from forum.threads.queries import PostRow, find_post

WITH_STAFF = frozenset({StaffState.ASKED, StaffState.WITH_STAFF, StaffState.WAITING, StaffState.ANSWERED})
HOUR = timedelta(hours=1)
ANSWERS_AN_HOUR = 60
COMMENTS_AN_HOUR = 120
"""As the routes of the forms have it; here what stands in the threads is counted, however it came."""


class Made(NamedTuple):
    """The post that a reply became."""

    ref: PostRef
    thread_id: int


def is_with_staff(session: Session, thread_id: int) -> bool:
    """Whether a thread is with staff, so that a word by mail may have been meant for them alone."""
    state = session.scalar(select(Thread.staff_state).where(Thread.id == thread_id).with_for_update())
    return state in WITH_STAFF


def post_reply(session: Session, actor: Actor, ref: PostRef, cooked: Cooked, *, once: str | None = None) -> Made:
    """Post what somebody wrote about a post where it belongs.

    To a comment one replies with a comment beside it, to an answer or to one's own question with a comment under it,
    to somebody else's question with an answer. What is too long for a comment, or from somebody who may not comment
    there, becomes an answer.

    Raises: as `post_answer` and `post_comment`, and
        Forbidden: the site is not open, or the actor has to add a second factor first.
        TooMany: they have written as much as one may within an hour.
    """
    _check_may_come_in(session, actor)
    post = find_post(session, actor, ref)
    if _comments(actor, post, cooked):
        try:
            check_rate(session, actor, Comment, COMMENTS_AN_HOUR)
            comment = actions.post_comment(
                session, actor, post.thread_id, cooked, answer_id=_parent_answer(post), once=once
            )
            return Made(PostRef(PostKind.COMMENT, comment.id), post.thread_id)
        except Forbidden:
            if len(cooked.source.strip()) < 10:  # it could be no answer either, and this refusal says why
                raise
    check_rate(session, actor, Answer, ANSWERS_AN_HOUR)
    answer = actions.post_answer(session, actor, post.thread_id, cooked, once=once)
    return Made(PostRef(PostKind.ANSWER, answer.id), post.thread_id)


def check_rate(session: Session, actor: Actor, model: type[Answer] | type[Comment], most: int) -> None:
    lately = (model.author_id == actor.id, model.created_at > now() - HOUR)
    if (session.scalar(select(func.count()).select_from(model).where(*lately)) or 0) >= most:
        raise TooMany(_("That was a lot within an hour. Please wait a while and try again."), 3600)


def _check_may_come_in(session: Session, actor: Actor) -> None:
    if not actor.roles and not is_open(session):
        raise Forbidden(_("The site is not open yet."))
    if actor.must_enrol:
        raise Forbidden(_("Your role asks for a second factor: add one in your settings first."))


def _comments(actor: Actor, post: PostRow, cooked: Cooked) -> bool:
    if len(cooked.source.strip()) > COMMENT[1]:
        return False
    return post.ref.kind is not PostKind.THREAD or post.author_id == actor.id


def _parent_answer(post: PostRow) -> int | None:
    return post.ref.id if post.ref.kind is PostKind.ANSWER else post.answer_id
