"""Reads of invitations: those that nobody has accepted yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, Role
from forum.accounts.admission import LETS_IN
from forum.accounts.models import Account, AccountToken, Organisation, TokenPurpose
from forum.clock import now
from forum.invitations.actions import ROLE

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that was not accepted; `inviter` is None where whoever sent it is gone."""

    id: int
    email: str
    role: Role | None
    organisation: str | None
    inviter: str | None
    created_at: datetime
    expires_at: datetime


def waiting(session: Session, actor: Actor, after: str = "") -> tuple[list[Waiting], str | None]:
    """Those that can still be accepted, the newest first: all of them for admins, their own for others."""
    columns = (AccountToken.id, AccountToken.email, AccountToken.purpose, Organisation.name, Account.display_name)
    query = (
        select(*columns, AccountToken.created_at, AccountToken.expires_at)
        .outerjoin(Organisation, Organisation.id == AccountToken.organisation_id)
        .outerjoin(Account, Account.id == AccountToken.sent_by_id)
        .where(AccountToken.used_at.is_(None), AccountToken.expires_at > now())
    )
    if actor.can(Privilege.ADMINISTER):
        query = query.where(AccountToken.purpose.in_(LETS_IN))
    else:
        query = query.where(AccountToken.purpose == TokenPurpose.JOIN, AccountToken.sent_by_id == actor.id)
    if re.fullmatch("[0-9]{1,18}", after):
        query = query.where(AccountToken.id < int(after))
    rows = session.execute(query.order_by(AccountToken.id.desc()).limit(PAGE + 1)).all()
    found = [
        Waiting(row.id, row.email, ROLE.get(row.purpose), row.name, row.display_name, row.created_at, row.expires_at)
        for row in rows
    ]
    return found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None
