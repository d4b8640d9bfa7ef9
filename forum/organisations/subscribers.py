"""What organisations do when somebody confirms an address."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.events import Bus
from forum.events.accounts import EmailVerified
from forum.organisations.membership import follow_address, hold_account


def subscribe(bus: Bus) -> None:
    bus.on(EmailVerified, on_verified)


def on_verified(session: Session, event: EmailVerified) -> None:
    follow_address(session, hold_account(session, event.account_id))
