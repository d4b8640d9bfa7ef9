"""What an erasure would do, and the requests that admins look after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account
from forum.accounts.personal import subject_of
from forum.erasures.models import ErasureRequest, ErasureState
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Personal

PAGE = 30


@dataclass(frozen=True, slots=True)
class Preview:
    """One line of what will happen; `with_words` is its fate when the words go too, where that differs."""

    what: str
    count: int
    fate: Fate
    why: str
    with_words: Finding | None


@dataclass(frozen=True, slots=True)
class RequestRow:
    id: int
    handle: str
    display_name: str
    state: ErasureState
    content: bool
    own: bool
    """Whether the person asked themself."""
    owner: str | None
    mine: bool
    asked_at: datetime
    due_at: datetime
    done_at: datetime | None
    withdrawn_at: datetime | None


def preview(session: Session, personal: Personal, account: Account) -> list[Preview]:
    """What an erasure of somebody would reach, and what stays without a name."""
    with_words = {one.what: one for one in personal.findings(session, subject_of(account, content=True))}
    return [
        Preview(one.what, one.count, one.fate, one.why, other if other and other.fate is not one.fate else None)
        for one in personal.findings(session, subject_of(account))
        for other in (with_words.get(one.what),)
    ]


def person(session: Session, actor: Actor, handle: str) -> Account:
    """Somebody whose data an admin looks after.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: nobody has this handle, or they were erased.
    """
    require(actor, Privilege.ADMINISTER)
    query = select(Account).where(Account.handle == handle.lower(), Account.anonymised_at.is_(None))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(_("There is nobody by that name here."))
    return found


def requests(session: Session, actor: Actor, *, before: int | None = None) -> tuple[list[RequestRow], int | None]:
    """The latest requests, the newest first, and what the next page begins before."""
    require(actor, Privilege.ADMINISTER)
    owner = aliased(Account)
    query = (
        select(ErasureRequest, Account.handle, Account.display_name, owner.display_name)
        .join(Account, Account.id == ErasureRequest.account_id)
        .outerjoin(owner, owner.id == ErasureRequest.owner_id)
        .order_by(ErasureRequest.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(ErasureRequest.id < before)
    rows = [
        RequestRow(
            id=one.id,
            handle=handle,
            display_name=name,
            state=one.state,
            content=one.content,
            own=one.asked_by_id == one.account_id,
            owner=owner_name,
            mine=one.owner_id == actor.id,
            asked_at=one.asked_at,
            due_at=one.due_at,
            done_at=one.done_at,
            withdrawn_at=one.withdrawn_at,
        )
        for one, handle, name, owner_name in session.execute(query)
    ]
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None
