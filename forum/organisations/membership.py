"""Becoming a member of an organisation, and no longer being one. An account belongs to one at most."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account, AccountToken, Organisation, TokenPurpose
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.organisations import (
    Joined,
    Left,
    ManagerSet,
    MemberJoined,
    MemberRemoved,
    MembershipOffered,
    MembersLeft,
)
from forum.i18n import gettext as _
from forum.organisations.actions import hold
from forum.organisations.domains import domain_of
from forum.organisations.models import OrganisationDomain


def enter(
    session: Session, account: Account, organisation: Organisation, how: Joined, *, domain: str | None = None
) -> None:
    """Make a locked account a member. Whoever is one by a domain and is invited as well stays without the domain.

    Raises:
        Conflict: the account belongs to another organisation.
    """
    if account.organisation_id == organisation.id:
        account.organisation_domain = account.organisation_domain and domain
        return
    if account.organisation_id is not None:
        other = session.get_one(Organisation, account.organisation_id).name
        words = _("You belong to {name}, and nobody belongs to two organisations. Leave that one first.")
        raise Conflict(words.format(name=other))
    account.organisation_id, account.organisation_domain = organisation.id, domain
    account.organisation_manager = False
    session.flush()
    event = MemberJoined(actor_id=account.id, account_id=account.id, organisation_id=organisation.id, how=how)
    emit(session, event)


def join_by_domain(session: Session, actor: Actor) -> Organisation:
    """Join the organisation that has the domain of one's confirmed address.

    Raises:
        NotFound: no organisation has that domain.
        Conflict: the actor belongs to another organisation.
    """
    account = hold_account(session, actor.id)
    found = organisation_of(session, account.email, lock=True)
    if found is None:
        raise NotFound(_("No organisation has the domain of your address."))
    enter(session, account, found, Joined.DOMAIN, domain=domain_of(account.email))
    return found


def welcome(session: Session, account: Account) -> None:
    """Let a locked account with a confirmed address join by itself, or tell it what it may join."""
    if account.organisation_id is not None:
        return
    found = organisation_of(session, account.email, lock=True)
    if found is not None and found.joins_by_domain:
        enter(session, account, found, Joined.DOMAIN, domain=domain_of(account.email))
    elif (offer := found or _invited_to(session, account.email)) is not None:
        event = MembershipOffered(actor_id=None, account_id=account.id, organisation_id=offer.id, name=offer.name)
        emit(session, event)


def follow_address(session: Session, account: Account) -> None:
    """An account has another address by now: a membership by the domain of the one before ends."""
    if account.organisation_domain is not None and account.organisation_domain != domain_of(account.email):
        end_membership(session, account.id, account, Left.ADDRESS_CHANGED)
    welcome(session, account)


def leave_organisation(session: Session, actor: Actor) -> None:
    """
    Raises:
        Conflict: the actor belongs to none.
    """
    account = hold_account(session, actor.id)
    if account.organisation_id is None:
        raise Conflict(_("You belong to no organisation."))
    end_membership(session, actor.id, account, Left.OWN_WISH)


def remove_member(session: Session, actor: Actor, organisation_id: int, account_id: int) -> Account:
    """
    Raises:
        NotFound: there is no such organisation or member, or the actor does not manage it.
    """
    manage(session, actor, organisation_id)
    account = _member(session, organisation_id, account_id)
    end_membership(session, actor.id, account, Left.REMOVED)
    if actor.can(Privilege.ADMINISTER):
        emit(session, MemberRemoved(actor_id=actor.id, organisation_id=organisation_id, account_id=account_id))
    return account


def set_manager(session: Session, actor: Actor, organisation_id: int, account_id: int, *, manager: bool) -> Account:
    """Let a member invite and remove others and say whether tickets are shared, or no longer; only admins do this.

    Raises:
        NotFound: there is no such organisation or member, or the actor is no admin.
    """
    if not actor.can(Privilege.ADMINISTER):
        raise NotFound(_("There is no such organisation."))
    hold(session, organisation_id)
    account = _member(session, organisation_id, account_id)
    if account.organisation_manager != manager:
        account.organisation_manager = manager
        session.flush()
        event = ManagerSet(actor_id=actor.id, organisation_id=organisation_id, account_id=account_id, manager=manager)
        emit(session, event)
    return account


def set_sharing(session: Session, actor: Actor, organisation_id: int, *, shares: bool) -> Organisation:
    """Let members share their tickets with each other, or end it for all that were shared.

    Raises:
        NotFound: there is no such organisation, or the actor does not manage it.
    """
    organisation = manage(session, actor, organisation_id)
    organisation.shares_tickets = shares
    return organisation


def manage(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    """The organisation, locked, for an admin or one of its managers.

    Raises:
        NotFound: there is none, or none that the actor manages.
    """
    organisation = hold(session, organisation_id)
    if not actor.can(Privilege.ADMINISTER) and not manages(session, actor, organisation_id):
        raise NotFound(_("There is no such organisation."))
    return organisation


def manages(session: Session, actor: Actor, organisation_id: int) -> bool:
    query = select(Account.id).where(
        Account.id == actor.id, Account.organisation_id == organisation_id, Account.organisation_manager.is_(True)
    )
    return session.scalar(query) is not None


def organisation_of(session: Session, email: str | None, *, lock: bool = False) -> Organisation | None:
    """Which organisation has exactly the domain of a confirmed address; locked, it is not taken away meanwhile."""
    query = select(OrganisationDomain).where(OrganisationDomain.domain == domain_of(email))
    row = session.scalars(query.with_for_update(read=True) if lock else query).one_or_none() if email else None
    return session.get_one(Organisation, row.organisation_id) if row is not None else None


def hold_account(session: Session, account_id: int) -> Account:
    query = select(Account).where(Account.id == account_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def live_invitations(email: str | None) -> tuple[Any, ...]:
    """What makes a token an invitation to this address that can still be used."""
    return (
        AccountToken.purpose == TokenPurpose.JOIN_ORGANISATION,
        AccountToken.email == (email or ""),
        AccountToken.used_at.is_(None),
        AccountToken.expires_at > now(),
    )


def _invited_to(session: Session, email: str | None) -> Organisation | None:
    query = select(Organisation).join(AccountToken, AccountToken.organisation_id == Organisation.id)
    return session.scalars(query.where(*live_invitations(email)).order_by(AccountToken.id.desc()).limit(1)).first()


def _member(session: Session, organisation_id: int, account_id: int) -> Account:
    query = select(Account).where(Account.id == account_id, Account.organisation_id == organisation_id)
    account = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if account is None:
        raise NotFound(_("There is no such member."))
    return account


def end_membership(session: Session, actor_id: int | None, account: Account, why: Left) -> None:
    """Of a locked account that is a member."""
    organisation_id = account.organisation_id
    assert organisation_id is not None, "only members leave"
    account.organisation_id, account.organisation_domain, account.organisation_manager = None, None, False
    session.flush()
    ids = (account.id,)
    emit(session, MembersLeft(actor_id=actor_id, account_ids=ids, organisation_id=organisation_id, why=why))
