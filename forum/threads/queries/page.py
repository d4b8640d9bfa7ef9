"""The page of one thread, in a fixed number of queries however many answers and comments it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, String, bindparam, cast, func, null, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.changes import also_read
from forum.errors import NotFound
from forum.following.models import Follow, Subject
from forum.i18n import gettext as _
from forum.posts import PostKind
from forum.prepared import Own, among, prepared_for
from forum.tags.models import Tag
from forum.threads.models import Comment, Thread, ThreadTag
from forum.threads.queries.answers import Place, answers_page
from forum.threads.queries.facts import note_facts
from forum.threads.queries.listing import as_row, select_rows
from forum.threads.queries.making import around, article, offers
from forum.threads.queries.originals import original_of
from forum.threads.queries.people import PERSON
from forum.threads.queries.rows import Article, Standing, ThreadPage

MAX_COMMENTS = 1000
MORE: tuple[Any, ...] = tuple(
    getattr(Thread, name)
    for name in [
        "html",
        "text",
        "withheld",
        "revision",
        "edited_at",
        "visibility_reason",
        "visibility_by_id",
        "environment",
        "comment_count",
        "follower_count",
        "lock_reason",
        "staff_state_at",
    ]
)
COMMENT: tuple[Any, ...] = tuple(
    getattr(Comment, name)
    for name in [
        "id",
        "answer_id",
        "author_id",
        "created_at",
        "edited_at",
        "html",
        "withheld",
        "visibility",
        "visibility_by_id",
        "revision",
    ]
)


def thread_page(session: Session, actor: Actor | None, thread_id: int, place: Place | None = None) -> ThreadPage:
    """A thread with one page of its answers.

    Raises:
        NotFound: there is no such thread, or none that the actor may see.
    """
    row = _thread(session, actor, thread_id=thread_id).one_or_none()
    if row is None:
        raise NotFound(_("There is no such question."))
    solution, answers, before, after, sort = answers_page(session, actor, row, place or Place())
    shown = [*answers, *([solution] if solution else [])]
    comments = _comments(session, actor, thread_id=thread_id, answer_ids=[answer.id for answer in shown]).all()
    also_read("accounts", (post.author_id for post in (row, *shown, *comments)))
    may, under = offers(actor, row), _by_parent(comments)
    here = around(actor, row, may)

    def made(answer: Row[Any]) -> Article:
        return article(actor, PostKind.ANSWER, answer, under.get(answer.id, ()), here)

    page = ThreadPage(
        thread=as_row(row, _tags(row)),
        standing=_standing(row),
        question=article(actor, PostKind.THREAD, row, under.get(None, ()), here),
        solution=made(solution) if solution else None,
        answers=tuple([made(answer) for answer in answers]),
        sort=sort,
        before=before,
        after=after,
        original=original_of(session, actor, row.duplicate_of_id),
        may=may,
        summary="" if row.withheld else " ".join(row.text[:300].split())[:160],
    )
    note_facts(session, page.articles)
    return page


@prepared_for(threads="thread_id", thread_tags="thread_id", follows=Own("thread_id"), accounts=None)
def _thread(reader: Actor | None) -> Select[Any]:
    """A thread with its tags in one text, and the level that the reader chose for it."""
    tag = cast(ThreadTag.position, String) + ":" + Tag.name
    tags = select(func.aggregate_strings(tag, " ")).select_from(ThreadTag).join(Tag, Tag.id == ThreadTag.tag_id)
    tags = tags.where(ThreadTag.thread_id == Thread.id)
    level: Any = null()
    if reader is not None:
        own = select(Follow.level).where(Follow.subject == Subject.THREAD, Follow.subject_id == Thread.id)
        level = own.where(Follow.account_id == reader.id).scalar_subquery()
    more = (*MORE, tags.scalar_subquery().label("tags"), level.label("level"))
    return select_rows().add_columns(*more).where(Thread.id == bindparam("thread_id"), Thread.visible_to(reader))


@prepared_for(comments="thread_id", accounts=None)
def _comments(reader: Actor | None) -> Select[Any]:
    under = or_(Comment.answer_id.is_(None), among(Comment.answer_id, "answer_ids"))
    query: Select[Any] = select(*COMMENT, *PERSON).join(Account, Account.id == Comment.author_id)
    query = query.where(Comment.thread_id == bindparam("thread_id"), under, Comment.visible_to(reader))
    return query.order_by(Comment.id).limit(MAX_COMMENTS)


def _tags(row: Row[Any]) -> tuple[str, ...]:
    """Names in their order, from "0:sync 1:linux" in any."""
    found = (word.split(":", 1) for word in (row.tags or "").split())
    return tuple(name for _position, name in sorted((int(position), name) for position, name in found))


def _by_parent(comments: Iterable[Row[Any]]) -> dict[int | None, list[Row[Any]]]:
    found: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for comment in comments:
        found[comment.answer_id].append(comment)
    return found


def _standing(row: Row[Any]) -> Standing:
    names = [
        "environment",
        "comment_count",
        "follower_count",
        "accepted_answer_id",
        "locked_until",
        "lock_reason",
        "staff_state",
        "staff_state_at",
        "needs_info_at",
        "level",
    ]
    return Standing(**{name: getattr(row, name) for name in names})
