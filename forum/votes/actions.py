"""Casting, changing and taking back a vote."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Delete, Insert, Select, Update, bindparam, delete, literal, select, update
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require, require_earned
from forum.admin.catalogue import Area
from forum.admin.simple import Switch
from forum.clock import now
from forum.db import insert_on
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.votes import VoteCast
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.posts import SHOWN, PostKind, PostRef
from forum.prepared import prepared
from forum.threads.models import Answer, Thread
from forum.threads.queries import is_locked
from forum.votes.models import Vote

QUESTION_DOWN = Switch(
    option="votes.question_down",
    name=lazy("Voting questions down"),
    words=lazy("Questions can be voted down as answers can; it costs their author points."),
    area=Area.COMMUNITY,
    default=False,
)
VOTED: dict[PostKind, type[Thread] | type[Answer]] = {PostKind.THREAD: Thread, PostKind.ANSWER: Answer}


class Voted(NamedTuple):
    """A post's score as the vote left it, and the thread it stands in."""

    score: int
    thread_id: int
    title: str


def cast_vote(session: Session, actor: Actor, ref: PostRef, value: int) -> Voted:
    """Let the actor's one vote on a question or an answer be 1, -1 or, taken back, 0.

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
    post = _hold(session, actor, ref)
    _check_post(actor, post)
    _check_privilege(session, actor, ref, value)
    previous = _mine(session, actor, post_kind=ref.kind, post_id=ref.id).scalar_one_or_none() or 0
    score = post.score + value - previous
    if previous == value:
        return Voted(score, post.thread_id, post.title)

    _store(session, actor, ref, value)
    _set_score(session, None, ref.kind, post_id=ref.id, score=score)
    emit(
        session,
        VoteCast(
            actor_id=actor.id,
            post=ref,
            thread_id=post.thread_id,
            author_id=post.author_id,
            from_staff=post.from_staff,
            previous=previous,
            value=value,
        ),
    )
    return Voted(score, post.thread_id, post.title)


def _check_post(actor: Actor, post: Any) -> None:
    if post.author_id == actor.id:
        raise Forbidden(_("You cannot vote on what you wrote yourself."))
    if post.visibility not in SHOWN or post.thread_visibility not in SHOWN:
        raise Conflict(_("This post is not shown at the moment, so it takes no votes."))
    if is_locked(post):
        raise Conflict(_("This thread is locked, so its votes stay as they are."))


def _check_privilege(session: Session, actor: Actor, ref: PostRef, value: int) -> None:
    if value == 1:
        require_earned(session, actor, Privilege.VOTE_UP)
    elif value == -1:
        if ref.kind is PostKind.THREAD and not QUESTION_DOWN.of(session):
            raise Invalid({"value": _("Questions are not voted down here. If one breaks a rule, flag it.")})
        require_earned(session, actor, Privilege.VOTE_DOWN)
    else:
        require(actor, Privilege.ASK)


def _hold(session: Session, actor: Actor, ref: PostRef) -> Any:
    """What a vote needs to know of a post that the actor may see: it and its thread are locked until commit."""
    if ref.kind not in VOTED:
        raise NotFound(_("Only questions and answers are voted on."))
    post = _held(session, actor, ref.kind, post_id=ref.id).one_or_none()
    if post is None:
        raise NotFound(_("There is no such post."))
    return post


@prepared
def _held(reader: Actor | None, kind: PostKind) -> Select[*tuple[Any, ...]]:
    post = VOTED[kind]
    query = select(
        post.author_id,
        post.visibility,
        post.score,
        (Answer.from_staff if kind is PostKind.ANSWER else literal(False)).label("from_staff"),
        Thread.id.label("thread_id"),
        Thread.title,
        Thread.visibility.label("thread_visibility"),
        Thread.locked_at,
        Thread.locked_until,
    ).where(post.id == bindparam("post_id"), Thread.visible_to(reader))
    if kind is PostKind.THREAD:
        return query.with_for_update(of=Thread, key_share=True)
    query = query.join(Thread, Thread.id == Answer.thread_id).where(Answer.visible_to(reader))
    return query.with_for_update(of=(Thread, Answer), key_share=True)  # locked in this order, as everywhere


@prepared
def _mine(reader: Actor | None) -> Select[Any]:
    assert reader is not None
    return select(Vote.value).where(Vote.account_id == reader.id, *_on_post())


def _on_post() -> tuple[ColumnElement[bool], ...]:
    return Vote.post_kind == bindparam("post_kind"), Vote.post_id == bindparam("post_id")


def _store(session: Session, actor: Actor, ref: PostRef, value: int) -> None:
    if value == 0:
        _delete(session, actor, post_kind=ref.kind, post_id=ref.id)
        return
    row = {"account_id": actor.id, "post_kind": ref.kind, "post_id": ref.id, "value": value, "created_at": now()}
    _upsert(session, None, session.get_bind().dialect.name, **row)


@prepared
def _delete(reader: Actor | None) -> Delete:
    assert reader is not None
    return delete(Vote).where(Vote.account_id == reader.id, *_on_post())


@prepared
def _upsert(_reader: Actor | None, dialect: str) -> Insert:
    row = insert_on(dialect, Vote)
    changed = {"value": row.excluded.value, "created_at": row.excluded.created_at}
    return row.on_conflict_do_update(index_elements=["account_id", "post_kind", "post_id"], set_=changed)


@prepared
def _set_score(_reader: Actor | None, kind: PostKind) -> Update:
    post = VOTED[kind]
    return update(post).where(post.id == bindparam("post_id"))
