"""Reads of people: who is behind a request, and what a profile shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import OF_ROLE, WRITING, Actor, Privilege
from forum.accounts.models import Account, AccountSession
from forum.clock import now

PrivilegeRule = Callable[[Session, Account, frozenset[Privilege]], frozenset[Privilege]]
"""Adds to or takes from what an account may do. The rules in `session.info["privilege_rules"]` run in order."""


def token_hash(token: str) -> str:
    """What is kept of a token: it is random, so one round of a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_actor(session: Session, request: Request) -> Actor | None:
    """Who is signed in by the request's cookie, if its session still lives and the account is open."""
    token: str | None = request.state.session_token
    if not token:
        return None
    row = session.execute(
        select(Account, AccountSession.id)
        .join(AccountSession, AccountSession.account_id == Account.id)
        .where(
            AccountSession.token_hash == token_hash(token),
            AccountSession.expires_at > now(),
            Account.anonymised_at.is_(None),
            Account.offboarded_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else actor_of(session, row[0], session_id=row[1])


def password_hash_behind(session: Session, request: Request) -> str | None:
    """The password hash of whoever is signed in by the request's cookie."""
    return session.scalar(
        select(Account.password_hash)
        .join(AccountSession, AccountSession.account_id == Account.id)
        .where(
            AccountSession.token_hash == token_hash(request.state.session_token or ""),
            AccountSession.expires_at > now(),
        )
    )


def actor_of(session: Session, account: Account, *, session_id: int | None = None) -> Actor:
    """An account as somebody who acts: reputation grants, roles add, sanctions take away last."""
    privileges: frozenset[Privilege] = frozenset()
    for rule in session.info["privilege_rules"]:
        privileges = rule(session, account, privileges)
    return Actor(
        id=account.id,
        handle=account.handle,
        display_name=account.display_name,
        roles=account.roles,
        privileges=privileges,
        reputation=account.reputation,
        tier=account.tier,
        organisation_id=account.organisation_id,
        locale=account.locale,
        time_zone=account.time_zone,
        verified=account.email_verified_at is not None,
        unread=account.unread_count,
        session_id=session_id,
    )


def grant_of_roles(_session: Session, account: Account, privileges: frozenset[Privilege]) -> frozenset[Privilege]:
    return privileges.union(*(OF_ROLE[role] for role in account.roles))


def unconfirmed_may_not_write(
    _session: Session, account: Account, privileges: frozenset[Privilege]
) -> frozenset[Privilege]:
    """Nothing public is written by an account whose address may be somebody else's."""
    unproven = WRITING | {Privilege.MANY_LINKS, Privilege.FLAG_PRIVATE}
    return privileges if account.email_verified_at is not None else privileges - unproven
