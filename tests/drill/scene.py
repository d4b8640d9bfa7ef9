"""One site under load: a migrated database with people and posts, the server, the clients, and what they were told."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from forum import schema
from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.app import build_site
from forum.clock import now
from forum.db import Database
from forum.following import Follow, Level, Subject
from forum.notifications.models import EVERY, ByMail, Choice
from forum.settings import Settings
from tests.conftest import SECRET
from tests.drill.clients import Client, Person, Town
from tests.drill.places import Mailbox
from tests.drill.proof import Found, prove
from tests.drill.record import Record, Tally
from tests.drill.served import Served, until
from tests.factories import Make

CLIENTS = 6
PEOPLE = 12
FOLLOWERS = 120
LETTERS = 4
"""One in so many people gets letters: with more, the drill would mostly wait for them to be sent."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    engine: str
    fault: str
    times: int
    tally: Tally
    found: Found

    @property
    def well(self) -> bool:
        return not (self.found.lost or self.found.doubled or self.found.wrong or self.tally.failed)


@dataclass
class Scene:
    engine: str
    folder: Path
    served: Served
    database: Database
    town: Town
    followers: list[int]
    record: Record
    clients: list[Client]
    mailbox: Mailbox

    def during(self, fault: str, times: int, strike: Callable[[], None]) -> Line:
        """Load the site, strike so many times, let it recover, and hold the record against the database."""
        self.record.begin()
        self._load(on=True)
        time.sleep(1)
        for _ in range(times):
            strike()
        before = self.record.tally.well
        until(lambda: self.record.tally.well > before + 20, 60)
        time.sleep(0.5)
        self._load(on=False)
        tally = self.record.tally
        ready = self.served.until_ready()
        found = prove(self.database, self.record, self.followers, self.town.busy, self.mailbox.letters)
        if not ready:
            found.wrong.append("the server was not ready again in time")
        return Line(self.engine, fault, times, tally, found)

    def _load(self, *, on: bool) -> None:
        for client in self.clients:
            client.resting.clear()
            (client.paused.clear if on else client.paused.set)()
        if not on:
            for client in self.clients:
                client.resting.wait(60)
        if on:
            self.record.begin()


@contextmanager
def scene(engine: str, folder: Path, url: str, *, var: Path | None = None, **env: str) -> Iterator[Scene]:
    """Migrate and fill a database, serve it, and let clients loose on it; they rest until a fault begins."""
    folder.mkdir(parents=True, exist_ok=True)
    (var or folder / "var").mkdir(parents=True, exist_ok=True)
    schema.upgrade(url)
    mailbox, record = Mailbox(), Record()
    mailbox.start()
    served = Served(folder, url, var=var, PORCHLIGHT_SMTP_URL=mailbox.url, **env)
    settings = Settings(database_url=url, var=var or folder / "var", secret=SECRET, base_url=served.address)
    database = build_site(settings, rate_limits=False).database
    town, people, followers = _fill(database)
    clients = [Client(served.address, town, people[place::CLIENTS], record, seed=place) for place in range(CLIENTS)]
    try:
        served.start()
        if not served.until_ready():
            raise RuntimeError(f"The server was never ready; see {served.log}")
        for client in clients:
            client.paused.set()
            client.start()
        yield Scene(engine, folder, served, database, town, followers, record, clients, mailbox)
    finally:
        for client in clients:
            client.stopped.set()
        for client in clients:
            if client.is_alive():
                client.join(timeout=35)
        served.stop()
        database.dispose()
        mailbox.stop()


def _fill(database: Database) -> tuple[Town, list[Person], list[int]]:
    make = Make(database)
    people = [make.account(f"drill{number}", reputation=1000) for number in range(CLIENTS * PEOPLE)]
    _without_mail(database, [account.id for place, account in enumerate(people) if place % LETTERS])
    author = make.account("author", reputation=1000)
    make.tag("lamp")
    threads = [make.thread(author=author, title=f"The lamp of house {number} is dim") for number in range(20)]
    answers = [make.answer(thread, author=author).id for thread in threads for _ in range(3)]
    followers = _followers(database, make, threads[0].id)
    town = Town(answers, [thread.id for thread in threads], threads[0].id)
    return town, [_person(database, account, place) for place, account in enumerate(people)], followers


def _followers(database: Database, make: Make, thread_id: int) -> list[int]:
    accounts = [make.account(f"reader{number}").id for number in range(FOLLOWERS)]
    _without_mail(database, accounts)
    subject = {"subject": Subject.THREAD, "subject_id": thread_id, "level": Level.FOLLOW}
    with database.writing() as session:
        session.execute(insert(Follow), [{"account_id": one, **subject, "created_at": now()} for one in accounts])
    return accounts


def _without_mail(database: Database, account_ids: list[int]) -> None:
    none = {"matter": EVERY, "page": True, "by_mail": ByMail.NEVER}
    with database.writing() as session:
        session.execute(insert(Choice), [{"account_id": one, **none} for one in account_ids])


def _person(database: Database, account: Account, place: int) -> Person:
    token = secrets.token_urlsafe(32)
    with database.writing() as session:
        row = AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=now() + timedelta(days=1))
        session.add(row)
    return Person(account.id, token, f"10.{place // 250}.{place % 250}.7")
