"""An organisation, its people, and the letters that go to others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from forum.accounts.models import Account, Organisation
from forum.db import Database
from forum.jobs import Job, Workshop
from forum.web import Site
from tests.factories import Make


@pytest.fixture
def admin(make: Make) -> Account:
    return make.admin("root")


@pytest.fixture
def acme(make: Make) -> Organisation:
    return make.organisation("Acme", plan="Business", importance=2)


@pytest.fixture
def manager(make: Make, acme: Organisation) -> Account:
    return make.account("mia", organisation_id=acme.id, organisation_manager=True)


@pytest.fixture
def again(database: Database) -> Callable[[Account], Account]:
    """An account as it stands in the database now."""

    def read(account: Account) -> Account:
        with database.reading() as session:
            return session.get_one(Account, account.id)

    return read


@pytest.fixture
def links(database: Database) -> Callable[[str], list[str]]:
    """Where the letters to an address lead, the oldest first."""

    def read(email: str) -> list[str]:
        with database.reading() as session:
            payloads = session.scalars(select(Job.payload).where(Job.kind == "mail").order_by(Job.id)).all()
        return [one["letter"]["path"] for one in payloads if one["to"] == email and one["letter"]["path"]]

    return read


@pytest.fixture
def drain(site: Site) -> Callable[[], int]:
    """Work off all jobs that are due, but for letters, which stay to be looked at."""
    return lambda: Workshop(site.database, site.jobs).drain()
