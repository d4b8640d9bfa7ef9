"""What somebody asked and answered, for their profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.models import Answer, Thread
from forum.threads.queries.listing import as_rows, key_of, page_by_key, parse_key, select_rows
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
    found = {}
    for account in session.scalars(select(Account).where(Account.id.in_(account_ids))):
        asked, _newer, _older = _asked(session, actor, account.id, limit=FEW)
        answered, _newest, _oldest = _answered(session, actor, account.id, limit=FEW)
        found[account.id] = _contributions(account, asked=asked, answered=answered)
    return found


def asked_by(
    session: Session, actor: Actor | None, handle: str, *, after: str | None = None, before: str | None = None
) -> Contributions:
    account = _account(session, handle)
    rows, newer, older = _asked(session, actor, account.id, after=after, before=before)
    return _contributions(account, asked=rows, newer=newer, older=older)


def answered_by(
    session: Session, actor: Actor | None, handle: str, *, after: str | None = None, before: str | None = None
) -> Contributions:
    account = _account(session, handle)
    rows, newer, older = _answered(session, actor, account.id, after=after, before=before)
    return _contributions(account, answered=rows, newer=newer, older=older)


def _account(session: Session, handle: str) -> Account:
    query = select(Account).where(Account.handle == handle.lower(), Account.anonymised_at.is_(None))
    account = session.scalars(query).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody of that name."))
    return account


def _contributions(account: Account, **parts: Any) -> Contributions:
    return Contributions(
        handle=account.handle,
        name=account.display_name or account.handle,
        question_count=account.question_count,
        answer_count=account.answer_count,
        **parts,
    )


def _told(actor: Actor | None, account_id: int) -> ColumnElement[bool]:
    """A profile is a list too: what left the lists is in it for its owner and for those who see hidden posts."""
    if actor is not None and (actor.id == account_id or actor.can(Privilege.SEE_HIDDEN)):
        return true()
    return Thread.visibility != Visibility.UNLISTED


def _asked(
    session: Session,
    actor: Actor | None,
    account_id: int,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> tuple[tuple[ThreadRow, ...], str | None, str | None]:
    query = select_rows().where(Thread.author_id == account_id, Thread.visible_to(actor), _told(actor, account_id))
    found, newer, older = page_by_key(session, query, Thread.created_at, after=after, before=before, limit=limit)
    return as_rows(session, found), newer, older


def _answered(
    session: Session,
    actor: Actor | None,
    account_id: int,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> tuple[tuple[GivenAnswer, ...], str | None, str | None]:
    columns = (Answer.id, Answer.score, Answer.created_at, Thread.id, Thread.title, Thread.accepted_answer_id)
    query = select(*columns).join(Thread, Thread.id == Answer.thread_id)
    query = query.where(Answer.author_id == account_id, Answer.visible_to(actor), Thread.visible_to(actor))
    query = query.where(_told(actor, account_id))
    back, key = parse_key(before), parse_key(before) or parse_key(after)
    if key is not None:
        query = query.where(Answer.id > key[1] if back else Answer.id < key[1])
    found = list(session.execute(query.order_by(Answer.id.asc() if back else Answer.id.desc()).limit(limit + 1)))
    more, found = len(found) > limit, found[:limit]
    if back:
        found.reverse()
    rows = tuple(
        GivenAnswer(
            id=row[0],
            score=row[1],
            created_at=row[2],
            title=row[4],
            path=path_of(PostRef(PostKind.ANSWER, row[0]), row[3], row[4]),
            accepted=row[5] == row[0],
        )
        for row in found
    )
    if not rows:
        return (), None, None
    first, last = (key_of(row.created_at, row.id) for row in (rows[0], rows[-1]))
    newer, older = (more, True) if back else (key is not None, more)
    return rows, first if newer else None, last if older else None
