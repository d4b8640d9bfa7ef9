"""What proves, beside a password, that somebody is who they say, and the short-lived rows on the way there."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Column, ColumnElement, ForeignKey, String, UniqueConstraint, exists, or_
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class TotpSecret(Base):
    """What an account shares with its code app, encrypted; `last_step` is the last time step whose code was taken."""

    __tablename__ = "totp_secrets"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(400))
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class RecoveryCode(Base):
    """A code for when the factor is lost, good once. Only its hash is kept."""

    __tablename__ = "recovery_codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)


class Passkey(Base):
    """A key in somebody's device, by what it is called and its public half; both are in base64url."""

    __tablename__ = "passkeys"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(String(2000))
    sign_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class SignInStep(Base):
    """The first factor was right and the second is awaited: no session yet, only this row and a cookie for it.

    `proven_at` is when the first was proven, where that was not here and now.
    """

    __tablename__ = "sign_in_steps"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    remembered: Mapped[bool]
    proven_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]


class Ceremony(enum.StrEnum):
    """What a passkey is asked for."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    CONFIRM = "confirm"


class PasskeyChallenge(Base):
    """What one browser's passkey has to sign, once and soon; `account_id` is None where the passkey says who it is."""

    __tablename__ = "passkey_challenges"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    ceremony: Mapped[Ceremony]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    challenge: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime]


TABLES = (PasskeyChallenge, SignInStep, RecoveryCode, Passkey, TotpSecret)
"""All that hangs on an account here."""


def has_factor(account_id: InstrumentedAttribute[int] | Column[int] | int) -> ColumnElement[bool]:
    """Whether an account has anything beside its password."""
    return or_(exists().where(TotpSecret.account_id == account_id), exists().where(Passkey.account_id == account_id))
