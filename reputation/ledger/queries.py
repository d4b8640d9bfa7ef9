"""What pages show of the ledger: who helped, how somebody's reputation grew, and every entry of it.

What a person voted down is their own business, and a confirmed abuse is theirs and the
moderators': such entries are shown to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads.queries import PostRow, find_posts
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.rules import rules

PAGE = 30
PRIVATE = (Rule.DOWN_CAST, Rule.ABUSE)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry; `post` is what it was for, if that is a post and the reader may see it."""

    id: int
    rule: Rule
    points: int
    nominal: int
    taken_back: bool
    restored: bool
    private: bool
    about_post: bool
    post: PostRow | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    handle: str
    display_name: str
    reputation: int
    mine: bool
    entries: tuple[EntryRow, ...]
    older: int | None


def history(session: Session, actor: Actor | None, handle: str, *, before: int | None = None) -> History:
    """A page of somebody's entries, newest first; `before` is the id that the last page ended with.

    Raises:
        NotFound: nobody has the handle, or nobody that the actor may know of.
    """
    account = session.execute(
        select(Account.id, Account.handle, Account.display_name, Account.reputation).where(
            Account.handle == handle.lower(), Account.visible_to(actor), Account.anonymised_at.is_(None)
        )
    ).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody by that name here."))
    query = select(LedgerEntry).where(LedgerEntry.account_id == account.id, readable(actor, account.id))
    if before is not None:
        query = query.where(LedgerEntry.id < before)
    found = session.scalars(query.order_by(LedgerEntry.id.desc()).limit(PAGE + 1)).all()
    shown = found[:PAGE]
    return History(
        handle=account.handle,
        display_name=account.display_name,
        reputation=account.reputation,
        mine=actor is not None and actor.id == account.id,
        entries=tuple(_rows(session, actor, shown)),
        older=shown[-1].id if len(found) > PAGE else None,
    )


def readable(actor: Actor | None, account_id: int) -> ColumnElement[bool]:
    """Which of an account's entries somebody may read."""
    return true() if reads_all(actor, account_id) else LedgerEntry.rule.not_in(PRIVATE)


def reads_all(actor: Actor | None, account_id: int) -> bool:
    return actor is not None and (actor.id == account_id or actor.can(Privilege.MODERATE))


def _rows(session: Session, actor: Actor | None, entries: Sequence[LedgerEntry]) -> Iterable[EntryRow]:
    refs = {entry.id: _post_of(entry) for entry in entries}
    posts = find_posts(session, actor, {ref for ref in refs.values() if ref is not None})
    for entry in entries:
        ref = refs[entry.id]
        yield EntryRow(
            id=entry.id,
            rule=entry.rule,
            points=entry.points,
            nominal=entry.nominal,
            taken_back=entry.reverses_id is not None,
            restored=entry.restores_id is not None,
            private=entry.rule in PRIVATE,
            about_post=ref is not None,
            post=posts.get(ref) if ref is not None else None,
            created_at=entry.created_at,
        )


def _post_of(entry: LedgerEntry) -> PostRef | None:
    return PostRef(PostKind(entry.cause_kind), entry.cause_id) if entry.cause_kind in set(PostKind) else None


def cost_of_abuse(session: Session, _actor: Actor | None, keys: Sequence[int]) -> Mapping[int, int]:
    """What the rules take for confirmed spam or abuse, where they take anything."""
    points = rules(session).points[Rule.ABUSE]
    return dict.fromkeys(keys, points) if points < 0 else {}
