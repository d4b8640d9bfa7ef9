"""Who accounts are at the provider, and the short-lived rows on the way there and back."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base

LONGEST = 255
"""Of an issuer and of a subject; the standard allows a subject no more."""


class LinkedIdentity(Base):
    """Whoever the issuer calls `subject` signs in to the account. `email` is only shown: nobody is found by it."""

    __tablename__ = "linked_identities"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    issuer: Mapped[str] = mapped_column(String(LONGEST))
    subject: Mapped[str] = mapped_column(String(LONGEST))
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("account_id", "issuer"))


class Purpose(enum.StrEnum):
    """What somebody goes to the provider for; who goes to `JOIN` has read what is asked of everybody."""

    SIGN_IN = "sign_in"
    JOIN = "join"
    LINK = "link"
    CONFIRM = "confirm"


class ProviderTrip(Base):
    """One browser is at the provider, and comes back once and soon with `state`.

    `account_id` and `session_hash` are whose trip it is, where it is no sign-in. The number of a session would not do:
    SQLite gives that of one that ended to the next.
    """

    __tablename__ = "provider_trips"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    session_hash: Mapped[str | None] = mapped_column(String(64))
    purpose: Mapped[Purpose]
    browser_hash: Mapped[str] = mapped_column(String(64))
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(64))
    next: Mapped[str] = mapped_column(String(2000), default="/")
    remembered: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class ProviderArrival(Base):
    """Somebody whom the provider vouched for and no account is linked to: they say what is to become of that.

    `email` is known to be theirs where it is `verified`.
    """

    __tablename__ = "provider_arrivals"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issuer: Mapped[str] = mapped_column(String(LONGEST))
    subject: Mapped[str] = mapped_column(String(LONGEST))
    email: Mapped[str] = mapped_column(String(254))
    verified: Mapped[bool]
    handle: Mapped[str] = mapped_column(String(30))
    display_name: Mapped[str] = mapped_column(String(60))
    next: Mapped[str] = mapped_column(String(2000))
    remembered: Mapped[bool]
    expires_at: Mapped[datetime]
