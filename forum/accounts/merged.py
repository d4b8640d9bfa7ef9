"""Accounts that became part of another: whose they are now, and what they were called."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor
from forum.accounts.models import Account, AccountMerge
from forum.prepared import prepared


def whose_now(session: Session, account_id: int) -> int | None:
    """The account that this one became part of, if it did."""
    return session.scalar(select(AccountMerge.to_id).where(AccountMerge.from_id == account_id))


def handle_now(session: Session, actor: Actor | None, handle: str) -> str | None:
    """The handle by which somebody is known today who had this one, as far as the actor may know of them."""
    found: str | None = _handle_now(session, actor, handle=handle.lower().replace("\0", "")).scalar_one_or_none()
    return found


@prepared
def _handle_now(reader: Actor | None) -> Select[*tuple[Any, ...]]:
    former = aliased(Account)
    return (
        select(Account.handle)
        .join(AccountMerge, AccountMerge.to_id == Account.id)
        .join(former, former.id == AccountMerge.from_id)
        .where(former.handle == bindparam("handle"), Account.visible_to(reader), Account.anonymised_at.is_(None))
    )


def former_accounts(session: Session, account_id: int) -> list[Account]:
    """Those that became part of an account, in the order in which they did."""
    query = select(Account).join(AccountMerge, AccountMerge.from_id == Account.id)
    return list(session.scalars(query.where(AccountMerge.to_id == account_id).order_by(AccountMerge.id)))


def under_way(session: Session, account_id: int) -> bool:
    """Whether an account is being merged, from either side."""
    either = (AccountMerge.from_id == account_id) | (AccountMerge.to_id == account_id)
    return session.scalar(select(AccountMerge.id).where(either, AccountMerge.done_at.is_(None)).limit(1)) is not None
