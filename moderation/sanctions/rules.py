"""What a sanction takes away: public writing, and with a suspension votes and flags; never one's own tickets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from forum.access import WRITING, Privilege
from forum.accounts.queries import Member
from forum.clock import now

OPINIONS = frozenset({Privilege.VOTE_UP, Privilege.VOTE_DOWN, Privilege.FLAG})
"""What a silence leaves. Private information can be reported even while suspended."""


def without_writing(_session: Session, account: Member, privileges: frozenset[Privilege]) -> frozenset[Privilege]:
    """The last of the privilege rules: while silenced or suspended nobody writes in public, whatever else they may."""
    if _lasts(account.suspended_until):
        return privileges - WRITING
    return privileges - (WRITING - OPINIONS) if _lasts(account.silenced_until) else privileges


def _lasts(until: datetime | None) -> bool:
    return until is not None and until > now()
