"""What admins do with organisations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account, Organisation
from forum.clock import now
from forum.errors import Invalid, NotFound
from forum.events import emit
from forum.events.organisations import Left, MembersLeft, OrganisationAdded, OrganisationChanged
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.markup import one_line
from forum.organisations.domains import clean_domain
from forum.organisations.models import IMPORTANCE, NORMAL, OrganisationDomain

LONGEST_NAME = 120
LONGEST_PLAN = 40
MOST_DOMAINS = 50
WELCOME = "organisations.welcome"
"""Looks for those who have an address of a domain already."""


@dataclass(frozen=True, slots=True)
class Given:
    """What an admin says of an organisation."""

    name: str
    plan: str = ""
    importance: int = NORMAL
    domains: tuple[str, ...] = ()
    shares_tickets: bool = False
    joins_by_domain: bool = False


def add_organisation(session: Session, actor: Actor, given: Given) -> Organisation:
    """
    Raises:
        Forbidden: the actor is no admin.
        Invalid: the name is empty, too long or taken, or a domain is none, or another organisation's.
    """
    require(actor, Privilege.ADMINISTER)
    clean = _clean(given)
    organisation = Organisation(**_columns(clean), created_at=now())
    session.add(organisation)
    _keep(session, organisation)
    emit(session, OrganisationAdded(actor_id=actor.id, organisation_id=organisation.id, name=clean.name))
    if clean.domains:
        _set_domains(session, actor, organisation, clean.domains)
    return organisation


def change_organisation(session: Session, actor: Actor, organisation_id: int, given: Given) -> Organisation:
    """Say something else of an organisation. Whoever belongs to it by a domain that is taken away no longer does.

    Raises:
        NotFound: there is none.
        Forbidden: the actor is no admin.
        Invalid: as `add_organisation`.
    """
    require(actor, Privilege.ADMINISTER)
    organisation = hold(session, organisation_id)
    clean = _clean(given)
    joined_by_themselves = organisation.joins_by_domain
    for name, value in _columns(clean).items():
        setattr(organisation, name, value)
    changed = session.is_modified(organisation)
    if changed:
        _keep(session, organisation)
    changed |= _set_domains(session, actor, organisation, clean.domains)
    if organisation.joins_by_domain and not joined_by_themselves:
        _look_for(session, organisation, clean.domains)
    if changed:
        said = {**_columns(clean), "domains": "\n".join(clean.domains)}
        emit(session, OrganisationChanged(actor_id=actor.id, organisation_id=organisation.id, **said))
    return organisation


def hold(session: Session, organisation_id: int) -> Organisation:
    """An organisation, locked until commit.

    Raises:
        NotFound: there is none.
    """
    query = select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    organisation = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if organisation is None:
        raise NotFound(_("There is no such organisation."))
    return organisation


def _columns(given: Given) -> dict[str, Any]:
    names = ("name", "plan", "importance", "shares_tickets", "joins_by_domain")
    return {name: getattr(given, name) for name in names}


def _clean(given: Given) -> Given:
    name, plan = one_line(given.name), one_line(given.plan)
    wrong = {}
    if not name:
        wrong["name"] = _("Give the organisation a name.")
    elif len(name) > LONGEST_NAME:
        wrong["name"] = _("Use at most {most} characters.").format(most=LONGEST_NAME)
    if len(plan) > LONGEST_PLAN:
        wrong["plan"] = _("Use at most {most} characters.").format(most=LONGEST_PLAN)
    if given.importance not in IMPORTANCE:
        wrong["importance"] = _("Choose how important it is from the list.")
    domains: dict[str, None] = {}
    for typed in given.domains[: MOST_DOMAINS + 1]:
        try:
            domains[clean_domain(typed)] = None
        except Invalid as error:
            wrong.setdefault("domains", error.fields["domains"])
    if len(given.domains) > MOST_DOMAINS:
        wrong["domains"] = _("Give at most {most} domains.").format(most=MOST_DOMAINS)
    if wrong:
        raise Invalid(wrong)
    return replace(given, name=name, plan=plan, domains=tuple(domains))


def _keep(session: Session, organisation: Organisation) -> None:
    taken = Invalid({"name": _("Another organisation has this name.")})
    with session.no_autoflush:
        same = func.lower(Organisation.name) == func.lower(organisation.name)
        other = select(Organisation.id).where(same, Organisation.id != (organisation.id or 0))
        if session.scalar(other) is not None:
            session.expunge(organisation)
            raise taken
    try:
        session.flush()
    except IntegrityError as error:  # another admin was quicker
        raise taken from error


def _set_domains(session: Session, actor: Actor, organisation: Organisation, domains: tuple[str, ...]) -> bool:
    """Give it exactly these domains; says whether that changes anything.

    Raises:
        Invalid: another organisation has one of them.
    """
    theirs = select(OrganisationDomain.domain).where(OrganisationDomain.organisation_id == organisation.id)
    before = set(session.scalars(theirs))
    taken, given = before - set(domains), [domain for domain in domains if domain not in before]
    if taken:
        session.execute(delete(OrganisationDomain).where(OrganisationDomain.domain.in_(taken)))
        _end_by_domain(session, actor, organisation, taken)
    if given:
        _refuse_others(session, given)
        rows = [OrganisationDomain(domain=domain, organisation_id=organisation.id) for domain in given]
        try:
            with session.begin_nested():
                session.add_all(rows)
        except IntegrityError as error:  # another admin was quicker
            raise Invalid({"domains": _("Another organisation has one of these domains.")}) from error
        _look_for(session, organisation, given)
    return bool(taken or given)


def _refuse_others(session: Session, domains: list[str]) -> None:
    query = select(OrganisationDomain.domain, Organisation.name).join(
        Organisation, Organisation.id == OrganisationDomain.organisation_id
    )
    row = session.execute(query.where(OrganisationDomain.domain.in_(domains)).limit(1)).one_or_none()
    if row is not None:
        words = _("{domain} belongs to {name} already.")
        raise Invalid({"domains": words.format(domain=row.domain, name=row.name)})


def _end_by_domain(session: Session, actor: Actor, organisation: Organisation, domains: set[str]) -> None:
    ended = session.execute(
        update(Account)
        .where(Account.organisation_id == organisation.id, Account.organisation_domain.in_(domains))
        .values(organisation_id=None, organisation_domain=None, organisation_manager=False)
        .returning(Account.id),
        execution_options={"synchronize_session": "fetch"},
    ).scalars()
    if ids := tuple(sorted(ended)):
        why = Left.DOMAIN_TAKEN
        emit(session, MembersLeft(actor_id=actor.id, account_ids=ids, organisation_id=organisation.id, why=why))


def _look_for(session: Session, organisation: Organisation, domains: Iterable[str]) -> None:
    for domain in domains:
        enqueue(session, WELCOME, {"organisation_id": organisation.id, "domain": domain, "after": 0})
