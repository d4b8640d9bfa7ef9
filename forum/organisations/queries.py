"""Reads of organisations: for admins, for their own members, and beside a person's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account, Organisation
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.organisations.domains import domain_of
from forum.organisations.invitations import Invitation, Pending, own_invitations, pending
from forum.organisations.membership import organisation_of
from forum.organisations.models import OrganisationDomain
from forum.organisations.words import importance_words

PAGE = 50
MEMBERS = 50


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation as an admin sees it in the list."""

    id: int
    name: str
    plan: str
    importance: int
    shares_tickets: bool
    members: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody as their colleagues and admins see them; `domain` is by which they belong, None for an invitation."""

    id: int
    handle: str
    display_name: str
    manager: bool
    domain: str | None


@dataclass(frozen=True, slots=True)
class Members:
    people: list[MemberRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """One organisation with all that an admin changes in it."""

    id: int
    name: str
    plan: str
    importance: int
    shares_tickets: bool
    joins_by_domain: bool
    domains: list[str]
    members: Members
    pending: list[Pending]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What somebody sees of their organisation, or of how they come to one.

    `offered` is the name of the organisation that they may join by the domain of their address.
    """

    id: int | None
    name: str
    shares_tickets: bool
    manager: bool
    domain: str | None
    members: Members
    pending: list[Pending]
    offered: str | None
    invitations: list[Invitation]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where somebody belongs; plan and importance are for staff's eyes, and None for everybody else."""

    name: str
    plan: str | None
    importance: int | None

    @property
    def importance_words(self) -> str:
        return importance_words(self.importance) if self.importance is not None else ""


def organisations_page(
    session: Session, actor: Actor, name: str = "", after: str = ""
) -> tuple[list[OrganisationRow], str | None]:
    """Organisations by name, those that begin so; and after which the next page begins.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    members = select(func.count()).where(Account.organisation_id == Organisation.id).scalar_subquery()
    columns = (Organisation.id, Organisation.name, Organisation.plan, Organisation.importance)
    query = select(*columns, Organisation.shares_tickets, members).order_by(Organisation.name).limit(PAGE + 1)
    if begins := name.replace("\0", "").strip():
        query = query.where(Organisation.name.istartswith(begins, autoescape=True))
    if after:
        query = query.where(Organisation.name > after.replace("\0", ""))
    found = [OrganisationRow(*row) for row in session.execute(query)]
    return found[:PAGE], found[PAGE - 1].name if len(found) > PAGE else None


def organisation_page(session: Session, actor: Actor, organisation_id: int, after: str = "") -> OrganisationPage:
    """
    Raises:
        NotFound: there is none.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound(_("There is no such organisation."))
    return OrganisationPage(
        id=row.id,
        name=row.name,
        plan=row.plan,
        importance=row.importance,
        shares_tickets=row.shares_tickets,
        joins_by_domain=row.joins_by_domain,
        domains=domains_of(session, row.id),
        members=members_of(session, row.id, after),
        pending=pending(session, row.id),
    )


def domains_of(session: Session, organisation_id: int) -> list[str]:
    query = select(OrganisationDomain.domain).where(OrganisationDomain.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(OrganisationDomain.domain)))


def members_of(session: Session, organisation_id: int, after: str = "") -> Members:
    """Who belongs to an organisation, by handle, those after a handle: for its members and for admins."""
    columns = (Account.id, Account.handle, Account.display_name, Account.organisation_manager)
    query = select(*columns, Account.organisation_domain).where(
        Account.organisation_id == organisation_id, Account.anonymised_at.is_(None)
    )
    if after:
        query = query.where(Account.handle > after.replace("\0", ""))
    found = [MemberRow(*row) for row in session.execute(query.order_by(Account.handle).limit(MEMBERS + 1))]
    return Members(found[:MEMBERS], found[MEMBERS - 1].handle if len(found) > MEMBERS else None)


def own_page(session: Session, actor: Actor, after: str = "") -> OwnPage:
    """A person's own organisation, with what a manager does there; without one, what they may join."""
    account = session.get_one(Account, actor.id)
    organisation = session.get(Organisation, account.organisation_id) if account.organisation_id else None
    if organisation is None:
        offer = organisation_of(session, account.email)
        invited = own_invitations(session, account.email)
        domain = domain_of(account.email)
        offered = offer.name if offer else None
        return OwnPage(None, "", False, False, domain, Members([], None), [], offered, invited)
    manager = account.organisation_manager
    return OwnPage(
        id=organisation.id,
        name=organisation.name,
        shares_tickets=organisation.shares_tickets,
        manager=manager,
        domain=account.organisation_domain,
        members=members_of(session, organisation.id, after),
        pending=pending(session, organisation.id) if manager else [],
        offered=None,
        invitations=[],
    )


def belonging(session: Session, actor: Actor | None, account_ids: Sequence[int]) -> Mapping[int, Belonging]:
    """Where people belong, as far as the actor may know it: staff of everybody, members of their colleagues."""
    if actor is None:
        return {}
    works = actor.can(Privilege.WORK_TICKETS)
    if not works and actor.organisation_id is None:
        return {}
    seen = [] if works else [Organisation.id == actor.organisation_id]
    query = select(Account.id, Organisation.name, Organisation.plan, Organisation.importance).join(
        Organisation, Organisation.id == Account.organisation_id
    )
    return {
        row.id: Belonging(row.name, row.plan if works else None, row.importance if works else None)
        for row in session.execute(query.where(Account.id.in_(account_ids), *seen))
    }


def named(session: Session, names: Sequence[str]) -> dict[str, int]:
    """The ids of organisations by name in lower case; what names none is not among them."""
    wanted = [name.lower() for name in names]
    either = or_(func.lower(Organisation.name).in_(wanted), Organisation.name.in_(names))
    rows = session.execute(select(Organisation.id, Organisation.name).where(either))
    return {row.name.lower(): row.id for row in rows}
