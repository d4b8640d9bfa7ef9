"""Staff who are to lose the role with tickets in their hands."""

from sqlalchemy import update

from forum.accounts.models import Account
from support.tickets.models import Ticket, TicketState


def test_they_stay_until_somebody_else_has_their_tickets(browser, make, agent, asked, private, database):
    with database.writing() as session:
        session.execute(update(Ticket).values(assignee_id=agent.id, state=TicketState.OPEN))
    browser.sign_in(make.account("root", admin=True))
    address = f"/admin/people/{agent.handle}"
    page = browser.post(address, {"roles": ["moderator"], "tier": "1"})

    assert page.status_code == 422
    assert "They have 2 tickets that are not done." in page.text
    with database.writing() as session:
        assert session.get_one(Account, agent.id).staff
        session.execute(update(Ticket).values(state=TicketState.SOLVED))
    browser.post(address, {"roles": ["moderator"], "tier": "1"})
    with database.reading() as session:
        assert not session.get_one(Account, agent.id).staff


def test_another_role_or_tier_takes_nothing_from_them(browser, make, agent, asked, database):
    with database.writing() as session:
        session.execute(update(Ticket).values(assignee_id=agent.id, state=TicketState.OPEN))
    browser.sign_in(make.account("root", admin=True))
    browser.post(f"/admin/people/{agent.handle}", {"roles": ["staff", "moderator"], "tier": "3"})

    with database.reading() as session:
        assert session.get_one(Account, agent.id).tier == 3
