"""Counters: columns that say how much of something everybody may see, moved in the act's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, Update, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.posts import SHOWN, Visibility
from forum.prepared import prepared
from forum.tags.models import Space, Tag
from forum.threads.models import Answer, Comment, Thread, ThreadTag


def count_post(session: Session, thread: Thread, post: Thread | Answer | Comment, by: int) -> None:
    """A post has become visible to everybody (`by` 1) or no longer is (-1)."""
    if isinstance(post, Thread):
        _move_account(session, None, "question_count", account_id=post.author_id, by=by)
    elif isinstance(post, Answer):
        comments = _shown_comments(session, None, answer_id=post.id).scalar_one()
        _move_account(session, None, "answer_count", account_id=post.author_id, by=by)
        thread.answer_count += by
        thread.comment_count += by * comments
    elif post.answer_id is None or _shown(session, post.answer_id):
        thread.comment_count += by


def count_listed(session: Session, thread: Thread, by: int) -> None:
    """A thread has entered the lists, or left them: its tags and product say how many they hold."""
    if is_public(session, thread.space_id):
        count_tags(session, tags_of(session, thread.id), by)
    count_space(session, thread.space_id, by)


def tags_of(session: Session, thread_id: int) -> list[int]:
    return list(_tags_of(session, None, thread_id=thread_id).scalars())


@prepared
def _tags_of(_reader: None) -> Select[int]:
    return select(ThreadTag.tag_id).where(ThreadTag.thread_id == bindparam("thread_id"))


def is_public(session: Session, space_id: int | None) -> bool:
    """Whether everybody sees a product: what is tagged in another one is in no tag's public count."""
    return space_id is None or _public(session, None, space_id=space_id).scalar_one_or_none() is not None


@prepared
def _public(reader: None) -> Select[int]:
    return select(Space.id).where(Space.id == bindparam("space_id"), Space.visible_to(reader))


def count_tags(session: Session, tag_ids: list[int], by: int) -> None:
    for tag_id in sorted(tag_ids):
        _move_threads(session, None, Tag, counted_id=tag_id, by=by)


def count_space(session: Session, space_id: int | None, by: int) -> None:
    if space_id is not None:
        _move_threads(session, None, Space, counted_id=space_id, by=by)


@prepared
def _move_threads(_reader: None, model: type[Tag] | type[Space]) -> Update:
    moved = model.thread_count + bindparam("by")
    return update(model).where(model.id == bindparam("counted_id")).values(thread_count=moved)


def is_listed(visibility: Visibility) -> bool:
    return visibility is Visibility.PUBLISHED


def refresh_activity(session: Session, thread: Thread) -> None:
    """What happened last in a thread, when a removed post may have been that."""
    session.flush()
    under_shown = or_(Comment.answer_id.is_(None), Comment.answer_id.in_(_shown_answers(thread.id)))
    last: list[tuple[datetime, int]] = [(thread.created_at, thread.author_id)]
    for model, extra in ((Answer, Answer.thread_id == thread.id), (Comment, under_shown)):
        found = session.execute(
            select(model.created_at, model.author_id)
            .where(model.thread_id == thread.id, model.visibility.in_(SHOWN), extra)
            .order_by(model.created_at.desc(), model.id.desc())
            .limit(1)
        ).one_or_none()
        last += [(found[0], found[1])] if found else []
    thread.last_activity_at, thread.last_activity_by_id = max(last)


def _shown_answers(thread_id: int) -> Select[int]:
    return select(Answer.id).where(Answer.thread_id == thread_id, Answer.visibility.in_(SHOWN))


def _shown(session: Session, answer_id: int) -> bool:
    return session.scalar(select(Answer.visibility).where(Answer.id == answer_id)) in SHOWN


@prepared
def _shown_comments(_reader: None) -> Select[int]:
    return select(func.count()).where(Comment.answer_id == bindparam("answer_id"), Comment.visibility.in_(SHOWN))


@prepared
def _move_account(_reader: None, counter: str) -> Update:
    column = getattr(Account, counter)
    return update(Account).where(Account.id == bindparam("account_id")).values({column: column + bindparam("by")})
