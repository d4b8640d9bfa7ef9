"""Staff find a ticket by what they remember of it, and nobody else finds anything."""

from __future__ import annotations

import pytest

from support.desk.queries import tickets
from support.messages.actions import reply_as_staff
from support.messages.models import Audience
from support.tickets.actions.opening import open_ticket
from support.tickets.models import Reason, TicketState


@pytest.fixture
def find(database, make):
    def found(account, text: str) -> list[str]:
        with database.reading() as session:
            return [row.reference for row in tickets(session, make.actor(account), {"q": text, "state": "all"}).rows]

    return found


def test_a_reference_leads_to_its_ticket_at_once(browser, agent, asked):
    browser.sign_in(agent)
    found = browser.get(f"/desk/tickets?q={asked.reference.lower()}", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, f"/desk/tickets/{asked.reference}")


@pytest.mark.parametrize("text", ["invoice", "INVOICE twice", "paid", "may invoice", "@{handle}", "{name}", "{email}"])
def test_words_of_subject_messages_and_customer_find_a_ticket(find, make, agent, asker, asked, private, text):
    text = text.format(handle=asker.handle, name=asker.display_name, email=asker.email)
    assert private.reference in find(agent, text)


@pytest.mark.parametrize("text", ["nowhere", "invoice nowhere", "%", "inv_ice", "invoice'--"])
def test_what_stands_nowhere_finds_nothing(find, agent, private, text):
    assert find(agent, text) == []


def test_a_note_is_found_by_staff_and_not_by_the_customer(database, make, find, agent, asker, asked, words):
    with database.writing() as session:
        reply_as_staff(session, make.actor(agent), asked.reference, Audience.INTERNAL, words("canary-note-31"))
    assert find(agent, "canary-note-31") == [asked.reference]
    assert find(asker, "canary-note-31") == []


def test_the_box_stands_on_the_desk_and_keeps_what_was_typed(browser, agent, asked, private):
    browser.sign_in(agent)
    assert 'name="q"' in browser.get("/desk").text
    page = browser.get("/desk/tickets?q=invoice&state=all").text
    assert 'value="invoice"' in page
    assert (private.reference in page, f">{asked.reference}<" in page) == (True, False)
    assert browser.get("/desk/tickets?q=%00&after=x").status_code == 200


@pytest.mark.parametrize("state", list(TicketState))
@pytest.mark.parametrize("words", ["", "&q=invoice"])
def test_tickets_of_each_state_are_listed_by_it(browser, database, make, asker, state, words):
    with database.writing() as session:
        for one in TicketState:
            open_ticket(session, asker.id, f"The invoice, {one}", Reason.BILLING).state = one
    page = browser.sign_in(make.staff("agent")).get(f"/desk/tickets?state={state}{words}").text

    assert [one for one in TicketState if f"The invoice, {one}" in page] == [state]


def test_finding_takes_as_many_queries_for_many_as_for_few(queries, find, agent, asked, private):
    counts = []
    for text in ("invoice", "a"):
        with queries() as sent:
            find(agent, text)
        counts.append(len(sent))
    assert counts[0] == counts[1]
