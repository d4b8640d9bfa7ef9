"""Looking for those who have an address of a domain that an organisation was given."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.jobs import Jobs, enqueue
from forum.organisations.actions import WELCOME
from forum.organisations.membership import hold_account, welcome
from forum.organisations.models import OrganisationDomain

SLICE = 100


def install(jobs: Jobs) -> None:
    jobs.does(WELCOME, welcome_slice)


def welcome_slice(session: Session, payload: dict[str, Any]) -> None:
    """Let the next few join, or tell them that they may, and leave the rest to the job after this one."""
    domain = payload["domain"]
    row = session.get(OrganisationDomain, domain)
    if row is None or row.organisation_id != payload["organisation_id"]:
        return
    query = select(Account.id).where(
        Account.id > payload["after"],
        Account.organisation_id.is_(None),
        Account.email.endswith(f"@{domain}", autoescape=True),
        Account.anonymised_at.is_(None),
        Account.offboarded_at.is_(None),
    )
    found = session.scalars(query.order_by(Account.id).limit(SLICE)).all()
    for account_id in found:
        welcome(session, hold_account(session, account_id))
    if len(found) == SLICE:
        enqueue(session, WELCOME, {**payload, "after": found[-1]})
