"""Whoever of the staff is needed hears of it, and nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.notifications.models import Notification
from support import crowds
from support.desk.queries import desk
from support.messages.actions import reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import assign_ticket, hand_over, set_team
from tests.mailing import mail_of, text_of

WHY = "Canary: the ledger needs a query on the database."


@pytest.fixture
def notices(database):
    """What somebody was told: kinds and texts, oldest first."""

    def read(account) -> list[tuple[str, str]]:
        with database.reading() as session:
            query = select(Notification.kind, Notification.text).where(Notification.account_id == account.id)
            return [(row.kind, row.text) for row in session.execute(query.order_by(Notification.id))]

    return read


def test_whoever_is_given_a_ticket_is_told_which(database, make, notices, agent, expert, asked):
    with database.writing() as session:
        assign_ticket(session, make.actor(agent), asked.reference, "tess")
    assert notices(expert) == [("ticket_assigned", f"{asked.reference}: {asked.subject}")]
    assert notices(agent) == []


def test_a_tier_hears_what_is_handed_to_it_and_why_and_nobody_else_does(
    site, database, make, notices, agent, expert, asker, moderator, asked
):
    gone, customer = make.staff("gone", tier=2), make.account("tina", tier=2)
    with database.writing() as session:
        session.get_one(type(gone), gone.id).offboarded_at = asked.created_at
    with database.writing() as session:
        hand_over(session, make.actor(agent), asked.reference, 2, WHY)
    [(kind, text)] = notices(expert)
    assert (kind, asked.reference in text, WHY in text) == ("ticket_handed", True, True)
    told = {row[0] for other in (agent, asker, moderator, gone, customer) for row in notices(other)}
    assert "ticket_handed" not in told
    assert {letter["to"] for letter in mail_of(site) if WHY in text_of(letter)} == {expert.email}


def test_a_team_hears_before_its_tier_does(database, make, notices, agent, expert, asked):
    biller = make.staff("bill", tier=2, team="Billing")
    with database.writing() as session:
        set_team(session, make.actor(agent), asked.reference, "Billing")
        hand_over(session, make.actor(agent), asked.reference, 2, WHY)
    assert [kind for kind, _ in notices(biller)] == ["ticket_handed"]
    assert notices(expert) == []


def test_a_team_without_anybody_in_a_tier_leaves_it_to_the_whole_tier(database, make, notices, agent, expert, asked):
    with database.writing() as session:
        set_team(session, make.actor(agent), asked.reference, "Billing")
        hand_over(session, make.actor(agent), asked.reference, 2, WHY)
    assert [kind for kind, _ in notices(expert)] == ["ticket_handed"]


def test_a_crowd_is_told_by_jobs_each_of_them_once(database, make, notices, agent, expert, asked, drain, monkeypatch):
    monkeypatch.setattr(crowds, "AT_ONCE", 2)
    tier = [expert, *(make.staff(tier=2) for _ in range(4))]
    with database.writing() as session:
        hand_over(session, make.actor(agent), asked.reference, 2, WHY)
    assert [notices(person) for person in tier] == [[]] * 5
    drain()
    assert [len(notices(person)) for person in tier] == [1] * 5


def test_what_was_handed_to_a_tier_stands_on_its_desk_above_what_nobody_has(
    database, make, agent, expert, asked, private
):
    with database.writing() as session:
        hand_over(session, make.actor(agent), asked.reference, 2, WHY)
    with database.reading() as session:
        rows = {part.name: [row.reference for row in part.rows] for part in desk(session, make.actor(expert))}
    assert list(rows)[:3] == ["mine", "tier", "unassigned"]
    assert (rows["tier"], rows["unassigned"]) == ([asked.reference], [private.reference])


@pytest.mark.parametrize("audience", [Audience.INTERNAL, Audience.REQUESTER])
def test_staff_who_are_named_in_a_ticket_are_told_and_others_are_not(
    database, make, notices, agent, expert, asker, other, asked, words, audience
):
    with database.writing() as session:
        named = words(f"@tess, please look; @{other.handle} @{asker.handle} @{agent.handle} canary-note-1")
        reply_as_staff(session, make.actor(agent), asked.reference, audience, named)
    assert notices(expert) == [("ticket_mention", f"{asked.reference}: {asked.subject}")]
    assert notices(agent) == [] == notices(other)
    assert "ticket_mention" not in [kind for kind, _ in notices(asker)]


def test_whoever_has_a_ticket_and_is_named_by_the_customer_is_told_once(
    database, make, notices, agent, asker, asked, words
):
    with database.writing() as session:
        assign_ticket(session, make.actor(agent), asked.reference, "sam")
        reply_as_requester(session, make.actor(asker), asked.reference, words("Thank you @sam, it is worse now."))
    assert [kind for kind, _ in notices(agent)] == ["ticket_mention"]


def test_the_customers_mail_has_what_staff_wrote_to_them_and_no_note(site, database, make, agent, asker, asked, words):
    with database.writing() as session:
        actor = make.actor(agent)
        reply_as_staff(session, actor, asked.reference, Audience.INTERNAL, words("canary-note-77"))
        reply_as_staff(session, actor, asked.reference, Audience.REQUESTER, words("Update **now**.\n\nThen sign in."))
    letters = mail_of(site)
    [text] = [text_of(letter) for letter in letters if letter["to"] == asker.email and "Update now." in text_of(letter)]
    assert "Update now.\n\nThen sign in." in text
    assert f"/tickets/{asked.reference}" in text
    assert all("canary-note-77" not in letter.as_string() for letter in letters)
    with database.reading() as session:
        assert not session.scalar(select(Notification.id).where(Notification.text.contains("Update now")))
