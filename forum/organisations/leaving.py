"""What a member of an organisation leaves behind who can no longer sign in: the managing of it, and the membership."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.events.organisations import Left
from forum.i18n import lazy
from forum.offboarding import Duties, Duty, Leaving
from forum.organisations.invitations import end_invitations
from forum.organisations.membership import end_membership, hold_account


def install(duties: Duties) -> None:
    duties.add(Duty(lazy("Organisations they manage"), count_managed, hand_managed))


def count_managed(session: Session, account_id: int) -> int:
    managed = (Account.id == account_id, Account.organisation_manager.is_(True))
    return session.scalar(select(func.count()).select_from(Account).where(*managed)) or 0


def hand_managed(session: Session, leaving: Leaving) -> int:
    """To a successor who belongs to the same organisation; another's is left to its admins. The membership ends."""
    account = hold_account(session, leaving.account_id)
    organisation_id, managed = account.organisation_id, account.organisation_manager
    if organisation_id is None:
        return 0
    end_membership(session, leaving.actor_id, account, Left.OFFBOARDED)
    end_invitations(session, account.id)
    if managed:
        same = (Account.id == leaving.to_id, Account.organisation_id == organisation_id)
        session.execute(update(Account).where(*same).values(organisation_manager=True))
    return int(managed)
