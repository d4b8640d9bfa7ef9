"""What somebody asked and answered, for their profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select, true
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef, Visibility
from forum.prepared import among, prepared
from forum.threads.models import Answer, Thread
from forum.threads.queries.listing import as_rows, select_rows
from forum.threads.queries.paging import Span, Way, in_order, parse_key, span
from forum.threads.queries.posts import path_of
from forum.threads.queries.rows import ThreadRow

FEW, PAGE = 5, 30


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    id: int
    title: str
    path: str
    score: int
    accepted: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Contributions:
    """A person's questions and answers, newest first; `older` is the key to go on from."""

    handle: str
    name: str
    question_count: int
    answer_count: int
    asked: tuple[ThreadRow, ...] = ()
    answered: tuple[GivenAnswer, ...] = ()
    newer: str | None = None
    older: str | None = None


def profile_sections(session: Session, actor: Actor | None, account_ids: Sequence[int]) -> dict[int, Contributions]:
    """A few of each, for the profile itself."""
    found, few = {}, span(None, None, FEW)
    for account in _accounts(session, None, account_ids=list(account_ids)).all():
        asked, _newer, _older = _asked(session, actor, account.id, few)
        answered, _newest, _oldest = _answered(session, actor, account.id, few)
        found[account.id] = _contributions(account, asked=asked, answered=answered)
    return found


def asked_by(
    session: Session, actor: Actor | None, handle: str, *, after: str | None = None, before: str | None = None
) -> Contributions:
    account = _account(session, handle)
    rows, newer, older = _asked(session, actor, account.id, span(after, before, PAGE))
    return _contributions(account, asked=rows, newer=newer, older=older)


def answered_by(
    session: Session, actor: Actor | None, handle: str, *, after: str | None = None, before: str | None = None
) -> Contributions:
    account = _account(session, handle)
    rows, newer, older = _answered(session, actor, account.id, _span_of_answers(after, before))
    return _contributions(account, answered=rows, newer=newer, older=older)


NAMED: tuple[Any, ...] = (
    Account.id,
    Account.handle,
    Account.display_name,
    Account.question_count,
    Account.answer_count,
)


@prepared
def _accounts(_reader: Actor | None) -> Select[*tuple[Any, ...]]:
    return select(*NAMED).where(among(Account.id, "account_ids"))


def _account(session: Session, handle: str) -> Row[Any]:
    query = select(*NAMED).where(Account.handle == handle.lower(), Account.anonymised_at.is_(None))
    account: Row[Any] | None = session.execute(query).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody of that name."))
    return account


def _contributions(account: Row[Any], **parts: Any) -> Contributions:
    return Contributions(
        handle=account.handle,
        name=account.display_name or account.handle,
        question_count=account.question_count,
        answer_count=account.answer_count,
        **parts,
    )


def _told_all(actor: Actor | None, account_id: int) -> bool:
    """A profile is a list too: what left the lists is in it for its owner and for those who see hidden posts."""
    return actor is not None and (actor.id == account_id or actor.can(Privilege.SEE_HIDDEN))


def _told(*, all_of_it: bool) -> ColumnElement[bool]:
    return true() if all_of_it else Thread.visibility != Visibility.UNLISTED


def _asked(
    session: Session, actor: Actor | None, account_id: int, here: Span
) -> tuple[tuple[ThreadRow, ...], str | None, str | None]:
    values = {"account_id": account_id, **here.values}
    found = _threads(session, actor, _told_all(actor, account_id), here.way, **values)
    rows, newer, older = here.page(found, Thread.created_at.key)
    return as_rows(session, rows), newer, older


@prepared
def _threads(reader: Actor | None, all_of_it: bool, way: Way) -> Select[Any]:
    query = select_rows().where(Thread.author_id == bindparam("account_id"), Thread.visible_to(reader))
    return in_order(query.where(_told(all_of_it=all_of_it)), (Thread.created_at, Thread.id), way)


def _answered(
    session: Session, actor: Actor | None, account_id: int, here: Span
) -> tuple[tuple[GivenAnswer, ...], str | None, str | None]:
    values = {"account_id": account_id, **here.values}
    found = _answers(session, actor, _told_all(actor, account_id), here.way, **values)
    rows, newer, older = here.page(found, Answer.created_at.key)
    return tuple(_given(row) for row in rows), newer, older


@prepared
def _answers(reader: Actor | None, all_of_it: bool, way: Way) -> Select[Any]:
    columns: list[Any] = [Answer.id, Answer.score, Answer.created_at, Thread.id.label("thread_id"), Thread.title]
    query: Select[Any] = select(*columns, Thread.accepted_answer_id).join(Thread, Thread.id == Answer.thread_id)
    query = query.where(Answer.author_id == bindparam("account_id"), Answer.visible_to(reader))
    query = query.where(Thread.visible_to(reader), _told(all_of_it=all_of_it))
    backwards, bounded = way
    if bounded:
        row_id = bindparam("row_id", type_=Answer.id.type)
        query = query.where(Answer.id > row_id if backwards else Answer.id < row_id)
    return query.order_by(Answer.id.asc() if backwards else Answer.id.desc()).limit(bindparam("at_most"))


def _span_of_answers(after: str | None, before: str | None) -> Span:
    """In the order of their ids; a `before` that was tampered with counts as none."""
    back = parse_key(before)
    return Span(back or parse_key(after), back is not None, PAGE)


def _given(row: Row[Any]) -> GivenAnswer:
    return GivenAnswer(
        id=row.id,
        score=row.score,
        created_at=row.created_at,
        title=row.title,
        path=path_of(PostRef(PostKind.ANSWER, row.id), row.thread_id, row.title),
        accepted=row.accepted_answer_id == row.id,
    )
