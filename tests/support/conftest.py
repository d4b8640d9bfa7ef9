"""A thread that staff were asked about, the people around it, and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts.models import Account
from forum.db import Database
from forum.jobs import Workshop
from forum.markup import Cooked, cook
from forum.threads.models import Thread
from forum.web import Site
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately
from support.messages.models import Message
from support.tickets.models import Reason, Ticket
from tests.factories import Make

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The first staffed hour of a week."""


@pytest.fixture
def words() -> Callable[[str], Cooked]:
    return cook


@pytest.fixture
def agent(make: Make) -> Account:
    return make.staff("sam", display_name="Sam Okafor")


@pytest.fixture
def expert(make: Make) -> Account:
    return make.staff("tess", tier=2, display_name="Tess Berg")


@pytest.fixture
def moderator(make: Make) -> Account:
    return make.moderator("mo")


@pytest.fixture
def other(make: Make) -> Account:
    return make.account("otto")


@pytest.fixture
def asked(database: Database, make: Make, asker: Account, thread: Thread) -> Ticket:
    """A ticket that the asker opened from the thread."""
    with database.writing() as session:
        return ask_staff(session, make.actor(asker), thread.id, Reason.OUTAGE, cook("My account is 4711."))


@pytest.fixture
def private(database: Database, make: Make, asker: Account) -> Ticket:
    """A ticket that was private from the start."""
    with database.writing() as session:
        return open_privately(session, make.actor(asker), "An invoice twice", cook("We paid in May."))


@pytest.fixture
def again(database: Database) -> Callable[[Ticket], Ticket]:
    """A ticket as it stands in the database now."""

    def read(ticket: Ticket) -> Ticket:
        with database.reading() as session:
            return session.get_one(Ticket, ticket.id)

    return read


@pytest.fixture
def said(database: Database) -> Callable[[Ticket], list[Message]]:
    def read(ticket: Ticket) -> list[Message]:
        with database.reading() as session:
            query = select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id)
            return list(session.scalars(query))

    return read


@pytest.fixture
def drain(site: Site) -> Callable[[], int]:
    """Work off all jobs that are due."""
    return lambda: Workshop(site.database, site.jobs).drain()


@contextmanager
def on(day: int, hour: int = 9, month: int = 3) -> Iterator[None]:
    """A moment of March 2026, whose second day is a Monday."""
    with clock.at(datetime(2026, month, day, hour, tzinfo=UTC)):
        yield
