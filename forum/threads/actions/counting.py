"""Counters: columns that say how much of something everybody may see, moved in the act's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.accounts.models import Account
from forum.posts import SHOWN, Visibility
from forum.tags.models import Space, Tag
from forum.threads.models import Answer, Comment, Thread, ThreadTag


def count_post(session: Session, thread: Thread, post: Thread | Answer | Comment, by: int) -> None:
    """A post has become visible to everybody (`by` 1) or no longer is (-1)."""
    if isinstance(post, Thread):
        _move_account(session, post.author_id, Account.question_count, by)
    elif isinstance(post, Answer):
        thread.answer_count += by
        thread.comment_count += by * _shown_comments(session, post.id)
        _move_account(session, post.author_id, Account.answer_count, by)
    elif post.answer_id is None or _shown(session, post.answer_id):
        thread.comment_count += by


def count_listed(session: Session, thread: Thread, by: int) -> None:
    """A thread has entered the lists, or left them: its tags and product say how many they hold."""
    if is_public(session, thread.space_id):
        count_tags(session, tags_of(session, thread.id), by)
    count_space(session, thread.space_id, by)


def tags_of(session: Session, thread_id: int) -> list[int]:
    return list(session.scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id == thread_id)))


def is_public(session: Session, space_id: int | None) -> bool:
    """Whether everybody sees a product: what is tagged in another one is in no tag's public count."""
    visible = select(Space.id).where(Space.id == space_id, Space.visible_to(None))
    return space_id is None or session.scalar(visible) is not None


def count_tags(session: Session, tag_ids: list[int], by: int) -> None:
    for tag_id in sorted(tag_ids):
        session.execute(update(Tag).where(Tag.id == tag_id).values(thread_count=Tag.thread_count + by))


def count_space(session: Session, space_id: int | None, by: int) -> None:
    if space_id is not None:
        session.execute(update(Space).where(Space.id == space_id).values(thread_count=Space.thread_count + by))


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


def _shown_comments(session: Session, answer_id: int) -> int:
    query = select(func.count()).where(Comment.answer_id == answer_id, Comment.visibility.in_(SHOWN))
    return session.scalar(query) or 0


def _move_account(session: Session, account_id: int, column: InstrumentedAttribute[int], by: int) -> None:
    session.execute(update(Account).where(Account.id == account_id).values({column: column + by}))
