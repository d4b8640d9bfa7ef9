"""Joining an organisation many times at once is joining it once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from forum.accounts.models import Account, AccountToken
from forum.jobs import Job
from forum.organisations.invitations import invite


def invitation(database, make, organisation, email):
    admin = make.actor(make.admin())
    with database.writing() as session:
        invite(session, admin, organisation.id, email)
    with database.reading() as session:
        payloads = session.scalars(select(Job.payload).where(Job.kind == "mail")).all()
    return next(one["letter"]["path"] for one in payloads if one["to"] == email)


def members(database, organisation):
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Account.organisation_id == organisation.id))


def test_thirty_presses_on_one_invitation_are_one(make, database, at_once):
    acme = make.organisation("Acme")
    link = invitation(database, make, acme, "ben@example.org")

    statuses = at_once(make.account("ben"), link)

    assert statuses == {303: 30}
    assert members(database, acme) == 1
    with database.reading() as session:
        used = session.scalars(select(AccountToken.used_at)).all()
    assert None not in used


def test_of_two_organisations_that_somebody_joins_at_once_one_gets_them(make, database, at_once, servers):
    acme, rail = make.organisation("Acme"), make.organisation("Rail", domains=("example.org",))
    ben = make.account("ben")
    link = invitation(database, make, acme, "ben@example.org")
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(at_once, ben, path, times=10) for path in (link, "/settings/organisation/join")]
        statuses = sum((one.result() for one in sent), Counter())

    assert set(statuses) == {303, 409}
    assert statuses[303] == 10
    assert members(database, acme) + members(database, rail) == 1


def test_thirty_people_with_one_domain_join_at_once(make, database, at_once, servers):
    acme = make.organisation("Acme", domains=("example.org",))
    people = [make.account() for _ in range(10)]
    with ThreadPoolExecutor(len(people)) as pool:
        sent = [pool.submit(at_once, one, "/settings/organisation/join", times=3) for one in people]
        statuses = sum((one.result() for one in sent), Counter())

    assert statuses == {303: 30}
    assert members(database, acme) == 10
