"""Reads of people: who is behind a request, and what a profile shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select
from sqlalchemy.orm import Session, aliased
from starlette.requests import Request

from forum.access import OF_ROLE, WRITING, Actor, Privilege, Role
from forum.accounts import rules
from forum.accounts.consents import must_consent
from forum.accounts.factors.models import has_factor
from forum.accounts.models import Account, AccountSession, Ignored, roles_of
from forum.changes.reads import also_read
from forum.clock import now
from forum.options import EveryOption, know_options
from forum.prepared import prepared_for


@dataclass(frozen=True, slots=True)
class Member:
    """An account, as far as it decides what somebody may do and how pages greet them.

    `site_began` is when the first account was made, where that is known. Who `must_enrol` has a role that needs a
    second factor by the site's rules, and has none.
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
    ignores: bool
    consented_version: int | None
    email_verified_at: datetime | None
    silenced_until: datetime | None
    suspended_until: datetime | None
    site_began: datetime | None = None
    has_factor: bool = False
    must_enrol: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        return roles_of(moderator=self.moderator, staff=self.staff, admin=self.admin)


ELSEWHERE = {"site_began", "has_factor", "must_enrol"}
COLUMNS = [column.name for column in fields(Member) if column.name not in ELSEWHERE]
MEMBER: tuple[Any, ...] = tuple(getattr(Account, name) for name in COLUMNS)
WIDTH = len(MEMBER) + 2
"""How many values of a row make a member: `site_began` and `has_factor` follow."""
PrivilegeRule = Callable[[Session, Member, frozenset[Privilege]], frozenset[Privilege]]
"""Adds to or takes from what an account may do. The rules in `session.info["privilege_rules"]` run in order."""


def token_hash(token: str) -> str:
    """What is kept of a token: it is random, so one round of a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody by their session: when that was last used, and when it would end if it were used now."""

    actor: Actor
    seen_at: datetime
    slides_to: datetime
    idle: timedelta


def load_actor(session: Session, request: Request) -> Found | None:
    """Who is signed in by the request's cookie, if its session still lives and the account is open."""
    token: str | None = request.state.session_token
    if not token:
        return None
    row = _behind(session, None, token_hash=token_hash(token), now=now()).one_or_none()
    if row is None:
        return None
    also_read("accounts", [row.id])
    also_read("account_sessions", [row.id])
    also_read("ignored", [row.id])
    know_options(session, row.options)
    return _by_session(session, row)


# Of factors it matters only whether somebody with a role has one, and nobody keeps what they know of those.
@prepared_for(accounts=None, account_sessions=None, totp_secrets=None, passkeys=None)
def _behind(_reader: None) -> Select[*tuple[Any, ...]]:
    """Somebody, and what else it takes to say what they may: the site's options, and its age."""
    return _members(EveryOption().label("options")).where(
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
    ).all()
    found = ((hashes[row.token_hash], _by_session(session, row)) for row in rows)
    return {token: one.actor for token, one in found if one is not None}


def _members(*more: Any) -> Select[*tuple[Any, ...]]:
    """People whose account is open, by their sessions, and when the site began."""
    first = aliased(Account)
    began = select(first.created_at).order_by(first.id).limit(1).scalar_subquery()
    its = (
        AccountSession.id.label("session_id"),
        AccountSession.created_at.label("opened_at"),
        AccountSession.last_seen_at,
        AccountSession.confirmed_at,
        AccountSession.expires_at,
        AccountSession.remembered,
    )
    query = select(*MEMBER, began.label("site_began"), has_factor(Account.id).label("has_factor"), *its, *more)
    return query.join(AccountSession, AccountSession.account_id == Account.id).where(
        Account.anonymised_at.is_(None), Account.offboarded_at.is_(None)
    )


def _by_session(session: Session, row: Any) -> Found | None:
    """Whoever a row of `_members` is, unless by the rules of now their session has ended."""
    member, moment = Member(*row[:WIDTH]), now()
    rule = rules.lifetime(session, holds_role=bool(member.roles), remembered=bool(row.remembered))
    ends = min(row.expires_at, rules.end_of(rule, row.opened_at, row.last_seen_at))
    if ends <= moment:
        return None
    actor = _actor(session, member)
    actor = replace(actor, session_id=row.session_id, session_ends=ends, confirmed_at=row.confirmed_at)
    return Found(actor, row.last_seen_at, rules.end_of(rule, row.opened_at, moment), timedelta(hours=rule.idle))


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
    member = Member(*(getattr(account, name) for name in COLUMNS))
    if member.roles and rules.factor_required(session):
        member = replace(member, has_factor=bool(session.scalar(select(has_factor(account.id)))))
    return _actor(session, member)


def _actor(session: Session, account: Member) -> Actor:
    if account.roles and not account.has_factor and rules.factor_required(session):
        account = replace(account, must_enrol=True)
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
        must_enrol=account.must_enrol,
        must_consent=must_consent(session, account.consented_version),
        ignored=_ignored_by(session, account.id) if account.ignores else frozenset(),
    )


def _ignored_by(session: Session, account_id: int) -> frozenset[int]:
    """Whose words somebody does not want to meet: nobody's who holds a role by now."""
    rows = _ignored(session, None, account_id=account_id).all()
    also_read("accounts", [row.other_id for row in rows])
    return frozenset(row.other_id for row in rows if not row.holds_role)


@prepared_for(ignored="account_id", accounts=None)
def _ignored(_reader: None) -> Select[*tuple[Any, ...]]:
    query = select(Ignored.other_id, holds_role(Account).label("holds_role"))
    query = query.join(Account, Account.id == Ignored.other_id)
    return query.where(Ignored.account_id == bindparam("account_id"), Account.anonymised_at.is_(None))


def holds_role(account: type[Account] | Any) -> ColumnElement[bool]:
    """Whether an account holds a role; what it says and decides by that reaches everybody."""
    return or_(account.moderator.is_(True), account.staff.is_(True), account.admin.is_(True))


def grant_of_roles(_session: Session, account: Member, privileges: frozenset[Privilege]) -> frozenset[Privilege]:
    """What roles add, unless one that asks for a second factor waits for it."""
    return privileges if account.must_enrol else privileges.union(*(OF_ROLE[role] for role in account.roles))


def unconfirmed_may_not_write(
    _session: Session, account: Member, privileges: frozenset[Privilege]
) -> frozenset[Privilege]:
    """Nothing public is written by an account whose address may be somebody else's."""
    unproven = WRITING | {Privilege.MANY_LINKS, Privilege.FLAG_PRIVATE}
    return privileges if account.email_verified_at is not None else privileges - unproven
