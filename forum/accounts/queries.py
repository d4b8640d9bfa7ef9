"""Reads of people: who is behind a request, and what a profile shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased
from starlette.requests import Request

from forum.access import OF_ROLE, WRITING, Actor, Privilege, Role
from forum.accounts.models import Account, AccountSession, roles_of
from forum.changes.reads import also_read
from forum.clock import now
from forum.options import EveryOption, know_options
from forum.prepared import prepared_for


@dataclass(frozen=True, slots=True)
class Member:
    """An account, as far as it decides what somebody may do and how pages greet them.

    `site_began` is when the first account was made, where that is known.
    """

    id: int
    handle: str
    display_name: str
    moderator: bool
    staff: bool
    admin: bool
    tier: int | None
    organisation_id: int | None
    locale: str
    time_zone: str
    reputation: int
    unread_count: int
    email_verified_at: datetime | None
    silenced_until: datetime | None
    suspended_until: datetime | None
    site_began: datetime | None = None

    @property
    def roles(self) -> frozenset[Role]:
        return roles_of(moderator=self.moderator, staff=self.staff, admin=self.admin)


COLUMNS = [column.name for column in fields(Member) if column.name != "site_began"]
MEMBER: tuple[Any, ...] = tuple(getattr(Account, name) for name in COLUMNS)
PrivilegeRule = Callable[[Session, Member, frozenset[Privilege]], frozenset[Privilege]]
"""Adds to or takes from what an account may do. The rules in `session.info["privilege_rules"]` run in order."""


def token_hash(token: str) -> str:
    """What is kept of a token: it is random, so one round of a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_actor(session: Session, request: Request) -> tuple[Actor, datetime] | None:
    """Who is signed in by the request's cookie, if its session still lives and the account is open; when last seen."""
    token: str | None = request.state.session_token
    if not token:
        return None
    row = _behind(session, None, token_hash=token_hash(token), now=now()).one_or_none()
    if row is None:
        return None
    also_read("accounts", [row.id])
    also_read("account_sessions", [row.id])
    know_options(session, row.options)
    member = Member(*row[: len(MEMBER) + 1])
    return _actor(session, member, session_id=row.session_id, session_ends=row.expires_at), row.last_seen_at


@prepared_for(accounts=None, account_sessions=None)
def _behind(_reader: None) -> Select[*tuple[Any, ...]]:
    """Somebody, and what else it takes to say what they may: the site's options, and its age."""
    also = (EveryOption().label("options"), AccountSession.last_seen_at, AccountSession.expires_at)
    return _members(*also).where(
        AccountSession.token_hash == bindparam("token_hash"),
        AccountSession.expires_at > bindparam("now"),
    )


def load_actors(session: Session, tokens: Iterable[str]) -> Mapping[str, Actor]:
    """Who is signed in by each of many cookies, in a fixed number of queries; as `load_actor` says it of one."""
    hashes = {token_hash(token): token for token in tokens}
    rows = session.execute(
        _members(AccountSession.token_hash).where(
            AccountSession.token_hash.in_(hashes), AccountSession.expires_at > now()
        )
    )
    return {
        hashes[row.token_hash]: _actor(session, Member(*row[: len(MEMBER) + 1]), session_id=row.session_id)
        for row in rows
    }


def _members(*more: Any) -> Select[*tuple[Any, ...]]:
    """People whose account is open, by their sessions, and when the site began."""
    first = aliased(Account)
    began = select(first.created_at).order_by(first.id).limit(1).scalar_subquery()
    query = select(*MEMBER, began.label("site_began"), AccountSession.id.label("session_id"), *more)
    return query.join(AccountSession, AccountSession.account_id == Account.id).where(
        Account.anonymised_at.is_(None), Account.offboarded_at.is_(None)
    )


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


def actor_of(session: Session, account: Account) -> Actor:
    """An account as somebody who acts: reputation grants, roles add, sanctions take away last."""
    return _actor(session, Member(*(getattr(account, name) for name in COLUMNS)))


def _actor(
    session: Session, account: Member, *, session_id: int | None = None, session_ends: datetime | None = None
) -> Actor:
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
        session_ends=session_ends,
    )


def grant_of_roles(_session: Session, account: Member, privileges: frozenset[Privilege]) -> frozenset[Privilege]:
    return privileges.union(*(OF_ROLE[role] for role in account.roles))


def unconfirmed_may_not_write(
    _session: Session, account: Member, privileges: frozenset[Privilege]
) -> frozenset[Privilege]:
    """Nothing public is written by an account whose address may be somebody else's."""
    unproven = WRITING | {Privilege.MANY_LINKS, Privilege.FLAG_PRIVATE}
    return privileges if account.email_verified_at is not None else privileges - unproven
