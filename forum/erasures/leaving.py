"""Requests to be erased that an admin who leaves answered for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.erasures.actions import first_admin
from forum.erasures.models import ErasureRequest
from forum.i18n import lazy
from forum.offboarding import Duties, Duty, Leaving


def install(duties: Duties) -> None:
    duties.add(Duty(lazy("Requests to be erased they answer for"), count_owned, hand_owned))


def count_owned(session: Session, account_id: int) -> int:
    return session.scalar(select(func.count()).select_from(ErasureRequest).where(*_owned(account_id))) or 0


def hand_owned(session: Session, leaving: Leaving) -> int:
    """To a successor who is an admin, or else to the admin who has been here longest."""
    admin = session.scalar(select(Account.id).where(Account.id == leaving.to_id, Account.admin.is_(True)))
    owner = admin or first_admin(session, but=leaving.account_id)
    done = session.execute(update(ErasureRequest).where(*_owned(leaving.account_id)).values(owner_id=owner))
    return int(done.rowcount)  # type: ignore[attr-defined]


def _owned(account_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        ErasureRequest.owner_id == account_id,
        ErasureRequest.done_at.is_(None),
        ErasureRequest.withdrawn_at.is_(None),
    )
