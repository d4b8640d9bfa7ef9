"""Tickets that colleagues share: only where their organisation does, only what was chosen, and only as long."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.accounts.models import Account, Organisation
from forum.errors import Conflict
from forum.notifications.models import Notification
from forum.organisations.membership import leave_organisation, remove_member
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import close_own, merge_tickets, share_ticket, take_ticket
from support.tickets.models import Ticket
from tests.mailing import mail_of, text_of


@pytest.fixture
def acme(make) -> Organisation:
    return make.organisation("Acme", plan="Business", importance=1, shares_tickets=True)


@pytest.fixture
def olga(make, acme) -> Account:
    return make.account("olga", display_name="Olga Petrova", organisation_id=acme.id)


@pytest.fixture
def colleague(make, acme) -> Account:
    return make.account("carl", display_name="Carl Ode", organisation_id=acme.id)


@pytest.fixture
def opened(database, make, olga, words):
    def opened(subject="An invoice twice", **more) -> Ticket:
        with database.writing() as session:
            return open_privately(session, make.actor(olga), subject, words("We paid in May."), **more)

    return opened


def told(database, account):
    with database.reading() as session:
        rows = select(Notification.kind, Notification.text).where(Notification.account_id == account.id)
        return [tuple(row) for row in session.execute(rows.order_by(Notification.id))]


def test_a_ticket_is_shared_as_the_organisation_has_it_unless_its_customer_chose(make, acme, opened, database, words):
    assert opened().shared
    assert not opened(shared=False).shared
    keeps = make.organisation("Keeps")
    alone = make.account(organisation_id=keeps.id)
    with database.writing() as session:
        ticket = open_privately(session, make.actor(alone), "Mine alone", words("Please."), shared=True)
        assert not ticket.shared


def test_a_colleague_finds_what_is_shared_on_a_tab_of_its_own(browser, colleague, olga, opened, make):
    opened("A shared matter")
    opened("A kept matter", shared=False)
    browser.sign_in(colleague)
    assert "A shared matter" not in browser.get("/tickets").text
    page = browser.get("/tickets?whose=organisation").text
    assert "A shared matter" in page
    assert "asked by Olga Petrova" in page
    assert "A kept matter" not in page
    browser.sign_in(olga)
    assert "A kept matter" in browser.get("/tickets").text
    browser.sign_in(make.account())
    page = browser.get("/tickets?whose=organisation").text
    assert "A shared matter" not in page
    assert "No tickets yet" in page


def test_a_colleague_reads_and_writes_but_no_notes_and_the_customer_hears_of_it(
    browser, database, make, agent, colleague, olga, opened, words, said
):
    ticket = opened()
    with database.writing() as session:
        take_ticket(session, make.actor(agent), ticket.reference)
        reply_as_staff(session, make.actor(agent), ticket.reference, Audience.INTERNAL, words("A note for staff."))
        reply_as_staff(session, make.actor(agent), ticket.reference, Audience.REQUESTER, words("Which number?"))
    page = browser.sign_in(colleague).get(f"/tickets/{ticket.reference}").text
    assert "Which number?" in page
    assert "A note for staff." not in page
    assert "Business" not in page
    assert "Importance" not in page
    browser.post(f"/tickets/{ticket.reference}/messages", {"body": "Number 4711."})

    assert said(ticket)[-1].author_id == colleague.id
    assert ("ticket_colleague", f"{ticket.reference}: An invoice twice") in told(database, olga)
    with database.writing() as session:
        reply_as_staff(session, make.actor(agent), ticket.reference, Audience.REQUESTER, words("Found it."))
    assert told(database, colleague) == [("ticket_shared_reply", ticket.reference)]


def test_only_who_asked_solves_closes_and_shares(browser, colleague, opened, again):
    ticket = opened()
    browser.sign_in(colleague)
    page = browser.get(f"/tickets/{ticket.reference}").text
    assert "Thanks, solved" not in page
    assert "Share no longer" not in page
    for act in ("solved", "thanks", "close"):
        assert browser.post(f"/tickets/{ticket.reference}/{act}").status_code == 403
    assert browser.post(f"/tickets/{ticket.reference}/share", {"shared": "0"}).status_code == 403
    assert again(ticket).shared


def test_sharing_is_taken_back_and_given_again_by_a_button(browser, colleague, olga, opened, make):
    ticket = opened()
    place = f"/tickets/{ticket.reference}"
    assert "Share no longer" in browser.sign_in(olga).get(place).text
    page = browser.post(f"{place}/share", {"shared": "0"}).text
    assert "Only you and staff read this now." in page
    assert "Share with Acme" in page
    missing = browser.sign_in(colleague).get("/tickets/PL-9999")
    assert browser.get(place).status_code == missing.status_code == 404
    assert browser.post(f"{place}/messages", {"body": "Let me in"}).status_code == 404
    browser.sign_in(olga).post(f"{place}/share", {"shared": "1"})
    assert browser.sign_in(colleague).get(place).status_code == 200
    assert browser.sign_in(olga).post(f"{place}/share", {"shared": "maybe"}).status_code == 422


def test_the_organisation_ends_sharing_for_all_and_beginning_shares_nothing_old(
    browser, colleague, olga, opened, database, make, acme
):
    shared, kept = opened(), opened("Kept", shared=False)
    manager = make.account(organisation_id=acme.id, organisation_manager=True)
    browser.sign_in(manager).post("/settings/organisation/sharing", {})
    later = opened("Asked while nobody shared")
    browser.sign_in(colleague)
    assert {browser.get(f"/tickets/{one.reference}").status_code for one in (shared, kept, later)} == {404}
    browser.sign_in(manager).post("/settings/organisation/sharing", {"shares_tickets": "y"})
    browser.sign_in(colleague)
    assert browser.get(f"/tickets/{shared.reference}").status_code == 200
    assert {browser.get(f"/tickets/{one.reference}").status_code for one in (kept, later)} == {404}


@pytest.mark.parametrize("who", ["olga", "colleague"])
def test_whoever_leaves_keeps_their_own_and_shares_no_more(
    browser, database, make, acme, olga, colleague, opened, words, who
):
    hers, admin = opened(), make.actor(make.admin())
    with database.writing() as session:
        his = open_privately(session, make.actor(colleague), "His matter", words("Please."))
        if who == "olga":
            leave_organisation(session, make.actor(olga))
        else:
            remove_member(session, admin, acme.id, colleague.id)
    for reader, own, other in ((olga, hers, his), (colleague, his, hers)):
        browser.sign_in(reader)
        assert browser.get(f"/tickets/{own.reference}").status_code == 200
        assert browser.get(f"/tickets/{other.reference}").status_code == 404


def test_a_new_colleague_does_not_bring_old_tickets_along_but_may_share_one(browser, database, make, acme, words):
    ben = make.account("ben")
    with database.writing() as session:
        ticket = open_privately(session, make.actor(ben), "From before", words("Please."))
        session.get_one(Account, ben.id).organisation_id = acme.id
    other = make.account(organisation_id=acme.id)
    assert browser.sign_in(other).get(f"/tickets/{ticket.reference}").status_code == 404
    browser.sign_in(ben).post(f"/tickets/{ticket.reference}/share", {"shared": "1"})
    assert browser.sign_in(other).get(f"/tickets/{ticket.reference}").status_code == 200


def test_nobody_shares_without_an_organisation_that_does(database, make, asker, private):
    with database.writing() as session, pytest.raises(Conflict):
        share_ticket(session, make.actor(asker), private.reference, shared=True)


def test_what_was_merged_into_a_shared_ticket_stays_private_itself(
    browser, database, make, agent, colleague, opened, words, olga
):
    shared, kept = opened(), opened("Kept", shared=False)
    with database.writing() as session:
        reply_as_requester(session, make.actor(olga), kept.reference, words("canary-kept"))
        merge_tickets(session, make.actor(agent), kept.reference, shared.reference)
    assert "canary-kept" not in browser.sign_in(colleague).get(f"/tickets/{shared.reference}").text
    assert "canary-kept" in browser.sign_in(olga).get(f"/tickets/{shared.reference}").text


def test_a_colleague_writes_into_nothing_that_is_not_shared_by_way_of_something_that_is(
    browser, database, make, agent, colleague, opened, words, olga, said
):
    shared, kept = opened(), opened("Kept", shared=False)
    with database.writing() as session:
        merge_tickets(session, make.actor(agent), shared.reference, kept.reference)
    before = len(said(kept))
    page = browser.sign_in(colleague).get(f"/tickets/{shared.reference}")
    assert kept.reference not in page.text
    assert browser.post(f"/tickets/{shared.reference}/messages", {"body": "Hello?"}).status_code == 409
    assert len(said(kept)) == before


def test_what_follows_a_closed_ticket_is_shared_as_that_was(browser, database, make, colleague, opened, olga, again):
    ticket = opened()
    with database.writing() as session:
        close_own(session, make.actor(olga), ticket.reference)
    page = browser.sign_in(colleague).post(f"/tickets/{ticket.reference}/messages", {"body": "It is back."})

    assert page.status_code == 200
    assert page.url.path != f"/tickets/{ticket.reference}"
    assert "It is back." in page.text


def test_staff_see_plan_and_importance_beside_each_ticket(browser, agent, opened):
    ticket = opened()
    browser.sign_in(agent)
    for path in ("/desk", "/desk/tickets?state=all", f"/desk/tickets/{ticket.reference}"):
        page = browser.get(path).text
        assert "Acme" in page, path
        assert "Business" in page, path
        assert "Importance: Highest" in page, path
    assert "Only Olga, colleagues at Acme and staff" in browser.get(f"/desk/tickets/{ticket.reference}").text


def test_mail_to_a_colleague_names_no_subject(site, database, make, agent, colleague, opened, words):
    ticket = opened()
    with database.writing() as session:
        reply_as_requester(session, make.actor(colleague), ticket.reference, words("Number 4711."))
        reply_as_staff(session, make.actor(agent), ticket.reference, Audience.REQUESTER, words("Found it."))
    letters = [letter for letter in mail_of(site) if letter["to"] == colleague.email]
    assert letters
    assert not any("An invoice twice" in letter.as_string() for letter in letters)
    assert any("Found it." in text_of(letter) for letter in letters)


def test_no_mail_of_it_goes_to_a_colleague_who_left_meanwhile(site, database, make, agent, colleague, opened, words):
    ticket = opened()
    with database.writing() as session:
        reply_as_requester(session, make.actor(colleague), ticket.reference, words("Number 4711."))
        reply_as_staff(session, make.actor(agent), ticket.reference, Audience.REQUESTER, words("Found it."))
        session.get_one(Account, colleague.id).organisation_id = None
    assert [letter for letter in mail_of(site) if letter["to"] == colleague.email] == []


def test_the_ticket_form_offers_sharing_only_where_it_can_be(browser, make, olga, colleague):
    assert "Share with my colleagues" in browser.sign_in(olga).get("/tickets/new").text
    given = {"subject": "Kept to myself", "body": "Please."}
    kept = browser.post("/tickets/new", given)
    shared = browser.post("/tickets/new", given | {"shared": "y"})
    assert "Share with Acme" in kept.text
    assert "Share no longer" in shared.text
    assert browser.sign_in(colleague).get(str(kept.url.path)).status_code == 404
    assert "Share with my colleagues" not in browser.sign_in(make.account()).get("/tickets/new").text


def test_a_longer_list_of_shared_tickets_costs_no_more_queries(browser, colleague, opened, queries):
    opened()
    browser.sign_in(colleague).get("/tickets?whose=organisation")
    with queries() as few:
        short = browser.get("/tickets?whose=organisation").text
    for _ in range(5):
        opened()
    browser.get("/tickets?whose=organisation")
    with queries() as many:
        long = browser.get("/tickets?whose=organisation").text

    assert len(many) == len(few) > 0
    assert len(long) > len(short)


@pytest.mark.parametrize("shared", [True, False])
def test_open_pages_of_colleagues_hear_of_a_ticket_only_while_it_is_shared(
    site, database, make, colleague, opened, shared
):
    ticket = opened(shared=shared)
    with database.reading() as session:
        shown = site.live.kinds["ticket"].read(session, make.actor(colleague), [ticket.reference])
    assert (shown[ticket.reference].facts is not None) == shared
