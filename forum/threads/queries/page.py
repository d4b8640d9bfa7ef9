"""The page of one thread, in a fixed number of queries however many answers and comments it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.threads.models import Comment, Follow, Thread, ThreadKind, Unhelpful
from forum.threads.queries.answers import Place, answers_page
from forum.threads.queries.listing import as_rows, select_rows
from forum.threads.queries.originals import original_of
from forum.threads.queries.people import Person, people
from forum.threads.queries.rows import Article, Offers, Remark, Standing, ThreadPage, is_locked
from forum.threads.rules import abilities

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


def thread_page(session: Session, actor: Actor | None, thread_id: int, place: Place | None = None) -> ThreadPage:
    """A thread with one page of its answers.

    Raises:
        NotFound: there is no such thread, or none that the actor may see.
    """
    row = session.execute(
        select_rows().add_columns(*MORE).where(Thread.id == thread_id, Thread.visible_to(actor))
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such question."))
    solution, answers, before, after, sort = answers_page(session, actor, row, place or Place())
    posts = [*answers, *([solution] if solution else [])]
    comments = _comments(session, actor, thread_id, [post.id for post in posts])
    who = people(session, {row.author_id, *(one.author_id for one in (*posts, *comments))})
    unhelpful = _unhelpful(session, actor, row, [post.id for post in posts])
    make = _Maker(actor, row, who, _by_parent(comments), unhelpful)
    return ThreadPage(
        thread=as_rows(session, [row])[0],
        standing=_standing(session, actor, row),
        question=make.article(PostKind.THREAD, row),
        solution=make.article(PostKind.ANSWER, solution) if solution else None,
        answers=tuple(make.article(PostKind.ANSWER, answer) for answer in answers),
        sort=sort,
        before=before,
        after=after,
        original=original_of(session, actor, row.duplicate_of_id),
        may=_offers(actor, row),
        summary="" if row.withheld else " ".join(row.text[:300].split())[:160],
    )


class _Maker:
    """Turns rows into what the templates show, for one reader."""

    def __init__(
        self,
        actor: Actor | None,
        thread: Row[Any],
        who: dict[int, Person | None],
        comments: dict[int | None, list[Row[Any]]],
        unhelpful: set[int],
    ) -> None:
        self.actor, self.thread, self.who, self.comments, self.unhelpful = actor, thread, who, comments, unhelpful
        self.locked = is_locked(thread)

    def article(self, kind: PostKind, row: Row[Any]) -> Article:
        asked = kind is PostKind.THREAD
        accepted = not asked and row.id == self.thread.accepted_answer_id
        kept = (asked and self.thread.answer_count > 0) or accepted
        return Article(
            ref=PostRef(kind, row.id),
            key=f"{'question' if asked else 'answer'}-{row.id}",
            author=self.who.get(row.author_id),
            author_id=row.author_id,
            created_at=row.created_at,
            edited_at=row.edited_at,
            revision=row.revision,
            body_html=_body(row),
            score=row.score,
            visibility=row.visibility,
            reason=row.visibility_reason,
            gone=row.withheld,
            accepted=accepted,
            from_staff=not asked and row.from_staff,
            helped=row.id not in self.unhelpful,
            comments=tuple(self.remark(comment) for comment in self.comments[None if asked else row.id]),
            may=abilities(self.actor, row, locked=self.locked, kept=kept),
        )

    def remark(self, row: Row[Any]) -> Remark:
        return Remark(
            ref=PostRef(PostKind.COMMENT, row.id),
            key=f"comment-{row.id}",
            author=self.who.get(row.author_id),
            author_id=row.author_id,
            created_at=row.created_at,
            edited_at=row.edited_at,
            body_html=_body(row),
            visibility=row.visibility,
            may=abilities(self.actor, row, locked=self.locked),
        )


def _body(row: Row[Any]) -> Markup:
    if row.withheld:
        return Markup("<p>{}</p>").format(_("This text was removed."))
    return Markup(row.html)  # noqa: S704 - cooked, and so sanitised


def _comments(session: Session, actor: Actor | None, thread_id: int, answer_ids: list[int]) -> list[Row[Any]]:
    columns: list[Any] = [
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
    ]
    under = Comment.answer_id.is_(None) | Comment.answer_id.in_(answer_ids)
    query = select(*columns).where(Comment.thread_id == thread_id, under, Comment.visible_to(actor))
    return list(session.execute(query.order_by(Comment.id).limit(MAX_COMMENTS)))


def _by_parent(comments: Iterable[Row[Any]]) -> dict[int | None, list[Row[Any]]]:
    found: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for comment in comments:
        found[comment.answer_id].append(comment)
    return found


def _unhelpful(session: Session, actor: Actor | None, row: Row[Any], answer_ids: list[int]) -> set[int]:
    if actor is None or actor.id != row.author_id:
        return set()
    query = select(Unhelpful.answer_id).where(Unhelpful.account_id == actor.id, Unhelpful.answer_id.in_(answer_ids))
    return set(session.scalars(query))


def _standing(session: Session, actor: Actor | None, row: Row[Any]) -> Standing:
    following = actor is not None and session.get(Follow, (actor.id, row.id)) is not None
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
    ]
    return Standing(**{name: getattr(row, name) for name in names}, following=following)


def _offers(actor: Actor | None, row: Row[Any]) -> Offers:
    why_not = _why_not(row)
    own = actor is not None and actor.id == row.author_id

    def can(privilege: Privilege) -> bool:
        return actor is not None and actor.can(privilege)

    return Offers(
        answer=not why_not and row.duplicate_of_id is None and can(Privilege.ANSWER),
        answer_as_staff=can(Privilege.ANSWER_AS_STAFF),
        comment_own=not why_not and can(Privilege.COMMENT_OWN),
        comment=not why_not and (can(Privilege.COMMENT) or (own and can(Privilege.COMMENT_OWN))),
        accept=(own or can(Privilege.ACCEPT_ANY_ANSWER)) and row.kind is ThreadKind.QUESTION and not is_locked(row),
        close=can(Privilege.CLOSE),
        unlist=can(Privilege.CLOSE) and row.visibility in SHOWN,
        own=own,
        why_not=why_not,
    )


def _why_not(row: Row[Any]) -> str:
    if is_locked(row):
        return _("This thread is locked.") + (f" {row.lock_reason}" if row.lock_reason else "")
    if row.visibility is Visibility.PENDING:
        return _("Replies are possible once this is published.")
    if row.visibility not in SHOWN:
        return _("This thread is not there for everybody, so nobody would read a reply.")
    return ""
