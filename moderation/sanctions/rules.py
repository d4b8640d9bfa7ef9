"""What a sanction takes away: public writing, and nothing else."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import WRITING, Privilege
from forum.accounts.models import Account
from forum.clock import now


def without_writing(_session: Session, account: Account, privileges: frozenset[Privilege]) -> frozenset[Privilege]:
    """The last of the privilege rules: while silenced or suspended nobody writes in public, whatever else they may."""
    stopped = (account.silenced_until, account.suspended_until)
    if any(until is not None and until > now() for until in stopped):
        return privileges - WRITING
    return privileges
