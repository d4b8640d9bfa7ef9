"""Several at the same moment: a link is used once, and nobody comes to belong to two organisations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from forum.accounts.models import Account, AccountToken
from forum.errors import Conflict
from forum.organisations.invitations import accept, invite
from forum.organisations.membership import join_by_domain

TIMES = 4


def at_once(database, *acts):
    """Each act several times, all at the same moment; what each came to, or how it was refused."""
    start = Barrier(TIMES * len(acts))

    def run(act):
        start.wait()
        try:
            return database.write(lambda session: act(session).name)
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(TIMES * len(acts)) as pool:
        return list(pool.map(run, acts * TIMES))


def members(database, *organisations):
    ids = [one.id for one in organisations]
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Account.organisation_id.in_(ids)))


def test_one_invitation_accepted_several_times_at_once_is_accepted_once(database, make, admin, acme, links, heard):
    inviting, ben = make.actor(admin), make.actor(make.account("ben"))
    database.write(lambda session: invite(session, inviting, acme.id, "ben@example.org"))
    token = links("ben@example.org")[-1].rpartition("/")[2]
    heard.clear()

    assert at_once(database, lambda session: accept(session, ben, token)) == ["Acme"] * TIMES
    assert members(database, acme) == 1
    with database.reading() as session:
        assert session.scalars(select(AccountToken.account_id)).all() == [ben.id]


def test_of_an_invitation_and_a_domain_taken_up_at_once_one_counts(database, make, admin, acme, links):
    rail = make.organisation("Rail", domains=("example.org",))
    inviting, ben = make.actor(admin), make.actor(make.account("ben"))
    database.write(lambda session: invite(session, inviting, acme.id, "ben@example.org"))
    token = links("ben@example.org")[-1].rpartition("/")[2]

    came_to = at_once(
        database, lambda session: accept(session, ben, token), lambda session: join_by_domain(session, ben)
    )
    assert sorted(set(came_to)) in (["Acme", "refused"], ["Rail", "refused"])
    assert came_to.count("refused") == TIMES
    assert members(database, acme, rail) == 1
