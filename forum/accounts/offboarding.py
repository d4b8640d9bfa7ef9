"""Somebody of the staff leaves: their work goes to another, their roles and ways in end, and what they wrote stays."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.api_tokens import revoke_all
from forum.accounts.models import Account, AccountToken
from forum.accounts.sessions import end_sessions
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import AccountOffboarded, AccountReinstated, RolesChanged
from forum.i18n import gettext as _
from forum.offboarding import Duties, Leaving


@dataclass(frozen=True, slots=True)
class Handover:
    """One line of what goes to the successor."""

    what: str
    count: int


def duties_of(session: Session, duties: Duties, account_id: int) -> list[Handover]:
    """What somebody is at, as far as there is any of it."""
    found = [Handover(str(duty.what), duty.count(session, account_id)) for duty in duties.all]
    return [one for one in found if one.count]


def leaver(session: Session, handle: str) -> Account:
    """
    Raises:
        NotFound: nobody has this handle, or they have left or were erased.
    """
    query = select(Account).where(
        Account.handle == handle.lower().removeprefix("@"),
        Account.anonymised_at.is_(None),
        Account.offboarded_at.is_(None),
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(_("There is nobody by that name here."))
    return found


def offboard(session: Session, actor: Actor | None, duties: Duties, handle: str, to: str) -> list[Handover]:
    """Hand over what somebody is at, then let them in no more; says what went to the successor.

    `actor` None is the command line.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: nobody who leaves has this handle.
        Invalid: nobody who could take over has that handle.
        Conflict: nobody would run the site any more, or it is oneself.
    """
    if actor is not None:
        require(actor, Privilege.ADMINISTER)
    known = leaver(session, handle)
    if actor is not None and actor.id == known.id:
        raise Conflict(_("You cannot do this for yourself; another admin can."))
    successor = _successor(session, known, to)
    held = select(Account).where(Account.id.in_({known.id, successor.id, actor.id if actor else 0}))
    locked = held.order_by(Account.id).with_for_update().execution_options(populate_existing=True)
    found = {one.id: one for one in session.scalars(locked)}
    if actor is not None and not found[actor.id].admin:  # taken away a moment ago
        raise Forbidden(_("You may not do this."))
    account = found[known.id]
    if account.offboarded_at is not None or found[successor.id].offboarded_at is not None:
        raise Conflict(_("Somebody was quicker: one of the two has left already."))
    if account.admin:
        _refuse_last_admin(session, account)
    note = _("{name} has left.").format(name=account.display_name)
    leaving = Leaving(account.id, successor.id, actor.id if actor else None, note)
    for duty in duties.all:
        duty.takes(session, leaving)
    handed = [Handover(str(duty.what), duty.hand(session, leaving)) for duty in duties.all]
    _end(session, account, leaving)
    return [one for one in handed if one.count]


def reinstate(session: Session, actor: Actor, handle: str) -> Account:
    """Let somebody who had left in again, as a customer; roles and work are given anew.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: nobody who has left has this handle.
    """
    require(actor, Privilege.ADMINISTER)
    query = select(Account).where(
        Account.handle == handle.lower(), Account.offboarded_at.is_not(None), Account.anonymised_at.is_(None)
    )
    account = session.scalars(query.with_for_update()).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody by that name here."))
    account.offboarded_at = None
    emit(session, AccountReinstated(actor_id=actor.id, account_id=account.id))
    return account


def _end(session: Session, account: Account, leaving: Leaving) -> None:
    previous = tuple(sorted(account.roles))
    account.moderator = account.staff = account.admin = False
    account.tier, account.offboarded_at = None, now()
    end_sessions(session, account.id)
    revoke_all(session, account.id)
    session.execute(delete(AccountToken).where(AccountToken.account_id == account.id))
    session.flush()
    if previous:
        emit(
            session,
            RolesChanged(actor_id=leaving.actor_id, account_id=account.id, roles=(), previous=previous, tier=None),
        )
    emit(
        session,
        AccountOffboarded(actor_id=leaving.actor_id, account_id=account.id, to_id=leaving.to_id, roles=previous),
    )


def _successor(session: Session, account: Account, to: str) -> Account:
    try:
        found = leaver(session, to)
    except NotFound:
        raise Invalid({"to": _("There is nobody by that name here.")}) from None
    if found.id == account.id:
        raise Invalid({"to": _("Choose somebody else.")})
    if not found.roles:
        raise Invalid({"to": _("Choose somebody who has a role.")})
    return found


def _refuse_last_admin(session: Session, account: Account) -> None:
    others = select(Account.id).where(
        Account.admin.is_(True),
        Account.id != account.id,
        Account.anonymised_at.is_(None),
        Account.offboarded_at.is_(None),
    )
    if session.scalar(others.limit(1)) is None:
        raise Conflict(_("Nobody would run the site any more. Make somebody else admin first."))
