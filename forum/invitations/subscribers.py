"""What becomes of invitations when somebody comes, leaves, or may no longer give roles."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Role
from forum.accounts.models import TokenPurpose
from forum.events import Bus
from forum.events.accounts import AccountOffboarded, EmailVerified, RolesChanged
from forum.invitations.actions import end_for, end_sent_by

WITH_ROLE = (TokenPurpose.JOIN_AS_MODERATOR, TokenPurpose.JOIN_AS_STAFF)


def subscribe(bus: Bus) -> None:
    bus.on(EmailVerified, on_verified)
    bus.on(RolesChanged, on_roles)
    bus.on(AccountOffboarded, on_offboarded)


def on_verified(session: Session, event: EmailVerified) -> None:
    end_for(session, event.account_id, event.email)


def on_roles(session: Session, event: RolesChanged) -> None:
    if Role.ADMIN in event.previous and Role.ADMIN not in event.roles:
        end_sent_by(session, event.account_id, WITH_ROLE)


def on_offboarded(session: Session, event: AccountOffboarded) -> None:
    end_sent_by(session, event.account_id)
