"""People, their sessions, and the single-use tokens sent to them."""

from __future__ import annotations

import enum
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, or_, text, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege, Role
from forum.clock import now
from forum.db import Base


class Organisation(Base):
    """A customer's company; `plan` and `importance` (1 highest) are for staff's eyes.

    `shares_tickets` lets its members share their tickets with each other. `joins_by_domain` makes members of whoever
    confirms an address of one of its domains; without it they are asked.
    """

    __tablename__ = "organisations"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    plan: Mapped[str] = mapped_column(String(40), default="")
    importance: Mapped[int] = mapped_column(default=3)
    shares_tickets: Mapped[bool] = mapped_column(default=False)
    joins_by_domain: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


TIERS = (1, 2, 3)
"""Of staff: the first takes what comes, the others what is handed up."""


class Account(Base):
    """A person. `handle` and `email` are kept in lower case, which makes them unique whatever the case.

    `email` is an address that its owner has confirmed. Until then it stands in
    `unconfirmed_email`, which need not be unique: nobody can occupy another's address, and
    registering looks the same whether or not an address is known.
    Imported people have neither e-mail nor password until they claim their account; `unconfirmed_email` is then the
    address that they had at the former site, where that is known.
    `reputation` is the sum of the ledger, kept beside it in the same transaction.
    `organisation_domain` is the domain by which somebody became a member: without an address of it they no longer are.
    """

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(String(30), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    email_verified_at: Mapped[datetime | None]
    unconfirmed_email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    moderator: Mapped[bool] = mapped_column(default=False)
    staff: Mapped[bool] = mapped_column(default=False)
    admin: Mapped[bool] = mapped_column(default=False)
    tier: Mapped[int | None]
    team: Mapped[str] = mapped_column(String(40), default="")
    skills: Mapped[list[str]] = mapped_column(default=list)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    organisation_domain: Mapped[str | None] = mapped_column(String(253))
    organisation_manager: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(40), default="UTC")
    locale: Mapped[str] = mapped_column(String(10), default="en")
    bio_source: Mapped[str] = mapped_column(default="")
    bio_html: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(String(80), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    sign_in_alerts: Mapped[bool] = mapped_column(default=True)
    reputation: Mapped[int] = mapped_column(default=0, index=True)
    question_count: Mapped[int] = mapped_column(default=0)
    answer_count: Mapped[int] = mapped_column(default=0)
    unread_count: Mapped[int] = mapped_column(default=0)
    ignores: Mapped[bool] = mapped_column(default=False)
    consented_version: Mapped[int | None]
    silenced_until: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    sanction_reason: Mapped[str | None]
    imported_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime | None]
    anonymised_at: Mapped[datetime | None]
    offboarded_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_accounts_staff",
            "display_name",
            sqlite_where=text("staff IS 1"),
            postgresql_where=text("staff IS TRUE"),
        ),
        Index(
            "ix_accounts_unconfirmed_email",
            "unconfirmed_email",
            sqlite_where=text("unconfirmed_email IS NOT NULL"),
            postgresql_where=text("unconfirmed_email IS NOT NULL"),
        ),
    )

    @property
    def roles(self) -> frozenset[Role]:
        return roles_of(moderator=self.moderator, staff=self.staff, admin=self.admin)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that an account exists: all once it has joined; before that, itself and moderators."""
        joined = or_(cls.email_verified_at.is_not(None), cls.imported_at.is_not(None))
        if actor is None:
            return joined
        if actor.can(Privilege.MODERATE):
            return true()
        return or_(joined, cls.id == actor.id)


class Ignored(Base):
    """Somebody whose words a person does not want to meet; `blocks` says that these cannot reach them either.

    It is without effect while the other one holds a role. `accounts.ignores` says of a person that
    there may be rows of theirs, so that nobody else is asked for any.
    """

    __tablename__ = "ignored"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    blocks: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class AccountSession(Base):
    """One browser that is signed in. Only the hash of its cookie is kept, so a leaked table opens nothing.

    `expires_at` bounds it as the rules were when it was last used; `rules.end_of` says when it ends by those of now.
    `confirmed_at` is when its person last proved with all they have that it is they.
    """

    __tablename__ = "account_sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime] = mapped_column(default=now)
    remembered: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime]


class TokenPurpose(enum.StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"
    UNDO_EMAIL = "undo_email"
    END_SESSIONS = "end_sessions"
    JOIN_ORGANISATION = "join_organisation"
    MAILED_REPLY = "mailed_reply"
    JOIN = "join"
    JOIN_AS_MODERATOR = "join_as_moderator"
    JOIN_AS_STAFF = "join_as_staff"
    CLAIM_ACCOUNT = "claim_account"


class AccountToken(Base):
    """A link sent by mail: single-use, expiring, bound to its purpose and to the address it was sent to.

    `about_id` is the first of the events that a link to end sessions tells of.
    `account_id` is whose link it is; an invitation goes to an address that may have no account, and has one from when
    it was used. It is bound to what it invites to, and names who sent it.
    """

    __tablename__ = "account_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    purpose: Mapped[TokenPurpose]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    about_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class KnownDevice(Base):
    """A browser in which an account was signed in before, by a cookie that outlives its sessions, kept as a hash."""

    __tablename__ = "known_devices"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    last_seen_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("account_id", "token_hash"),)


class SecurityKind(enum.StrEnum):
    """What can happen to the security of an account."""

    NEW_BROWSER = "new_browser"
    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    CODES_RENEWED = "codes_renewed"
    CODE_USED = "code_used"
    FACTORS_RESET = "factors_reset"
    PASSWORD_CHANGED = "password_changed"
    EMAIL_ASKED = "email_asked"
    EMAIL_CHANGED = "email_changed"
    EMAIL_PUT_BACK = "email_put_back"
    ALERTS_OFF = "alerts_off"


class SecurityEvent(Base):
    """Something that its owner should know of; `detail` is a name or an address, by the kind."""

    __tablename__ = "security_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[SecurityKind]
    detail: Mapped[str] = mapped_column(String(254), default="")
    session_id: Mapped[int | None]
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_security_events_account_id_id", "account_id", "id"),)


class ApiToken(Base):
    """A word that opens the API to a program, as its account and within its scopes. Only its hash is kept."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ParkedPost(Base):
    """What somebody posted after their session had ended, kept until they have signed in again.

    `account_id` is known when an expired session still told whose it was: then nobody
    else who signs in on the same computer sees it.
    """

    __tablename__ = "parked_posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    path: Mapped[str] = mapped_column(String(500))
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class AccountMerge(Base):
    """The account `from_id` became part of `to_id`; its row stays, so that nobody else gets its handle and address.

    `moved_at` is when all of it had moved, `done_at` when what came late had followed. If `to_id` becomes part of a
    third one, so does this.
    """

    __tablename__ = "account_merges"
    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    moved_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class ReservedHandle(Base):
    """A handle that somebody had who was erased, as a keyed digest: it can be refused, and not read."""

    __tablename__ = "reserved_handles"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


@cache
def roles_of(*, moderator: bool, staff: bool, admin: bool) -> frozenset[Role]:
    held = {Role.MODERATOR: moderator, Role.STAFF: staff, Role.ADMIN: admin}
    return frozenset(role for role, has in held.items() if has)
