"""The pages of customers and of the desk: what they show, in which order, at what cost, without scripts."""

from __future__ import annotations

import pytest

from forum.accounts.models import Organisation
from forum.threads.actions import accept_answer, ask, post_answer, say_unhelpful
from support.escalations.actions import ask_staff, say_me_too
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import hand_over, set_priority, take_ticket
from support.tickets.models import Priority, Reason, TicketState
from tests.support.conftest import on


def open_many(database, make, people, cook, count, prefix="Matter"):
    references = []
    for number in range(count):
        with database.writing() as session:
            actor = make.actor(people[number % len(people)])
            references.append(open_privately(session, actor, f"{prefix} {number}", cook("Help.")).reference)
    return references


def test_a_customer_asks_privately_reads_the_answer_replies_and_says_solved(
    browser, database, make, asker, agent, words
):
    browser.sign_in(asker)
    page = browser.post("/tickets/new", {"subject": "Charged twice", "body": "In **May**.", "environment": "Cloud"})
    assert page.url.path == "/tickets/PL-1001"
    assert "<strong>May</strong>" in page.text
    assert "Sent to staff" in page.text
    with database.writing() as session:
        actor, pending = make.actor(agent), TicketState.PENDING
        reply_as_staff(session, actor, "PL-1001", Audience.REQUESTER, words("Which invoice?"), then=pending)

    assert "Tickets waiting for you" in browser.get("/").text
    assert "Waiting for you" in browser.get("/tickets").text
    page = browser.post("/tickets/PL-1001/messages", {"body": "Number 7."})
    assert "With staff" in page.text
    assert "Number 7." in page.text
    assert "Solved" in browser.post("/tickets/PL-1001/solved").text


@pytest.mark.parametrize("secret", ["Tier", "Urgent", "Staff only", "Review", "Assigned"])
def test_customers_never_see_how_staff_work(browser, database, make, asker, agent, asked, secret):
    with database.writing() as session:
        take_ticket(session, make.actor(agent), asked.reference)
        set_priority(session, make.actor(agent), asked.reference, Priority.URGENT)
        hand_over(session, make.actor(agent), asked.reference, 2, "Too hard.")

    browser.sign_in(asker)
    for path in ("/tickets", f"/tickets/{asked.reference}", f"/threads/{asked.thread_id}"):
        assert secret not in browser.get(path).text


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_is_kept(browser, asker):
    page = browser.sign_in(asker).post("/tickets/new", {"subject": "x", "body": "Kept words"})

    assert page.status_code == 422
    assert "Please say in 3 to 150 characters" in page.text
    assert "Kept words" in page.text


def test_a_visitor_is_asked_to_sign_in(browser):
    assert browser.get("/tickets").url.path == "/login"
    assert browser.get("/desk").url.path == "/login"


def test_the_desk_has_its_sections_in_their_order(browser, database, make, asker, other, agent, expert, words):
    mine, nobody, handed, waiting, done = open_many(database, make, [asker, other], words, 5)
    actor = make.actor(agent)
    with database.writing() as session:
        for reference in (mine, handed, waiting, done):
            take_ticket(session, actor, reference)
        hand_over(session, actor, handed, 2, "Too hard.")
        take_ticket(session, make.actor(expert), handed)
        reply_as_staff(session, actor, waiting, Audience.REQUESTER, words("Which?"), then=TicketState.PENDING)
        reply_as_staff(session, actor, done, Audience.REQUESTER, words("So."), then=TicketState.SOLVED)

    page = browser.sign_in(agent).get("/desk").text
    order = ["Yours, where the customer wrote last", mine, "Unassigned", nobody, "Handed over by you", handed]
    places = [page.index(f">{text}") for text in [*order, "Yours, waiting", waiting, "Solved today", done]]
    assert places == sorted(places)


def test_more_urgent_tickets_stand_higher_then_older_ones(browser, database, make, asker, agent, words):
    first, second, third = open_many(database, make, [asker], words, 3)
    with database.writing() as session:
        take_ticket(session, make.actor(agent), third)
        set_priority(session, make.actor(agent), third, Priority.URGENT)
        for reference in (second, first):
            take_ticket(session, make.actor(agent), reference)

    page = browser.sign_in(agent).get("/desk").text
    assert page.index(third) < page.index(first) < page.index(second)


def test_a_row_says_customer_plan_subject_and_last_word(browser, database, make, agent, words):
    with database.writing() as session:
        company = Organisation(name="Acme Freight", plan="Business")
        session.add(company)
    customer = make.account(display_name="Ana Lopes", organisation_id=company.id)
    open_many(database, make, [customer], words, 1)

    page = browser.sign_in(agent).get("/desk").text
    for text in ("Ana Lopes", "Acme Freight", "Business", "Matter 0", '<span class="their-turn">Ana</span>'):
        assert text in page


def test_filters_find_and_pages_follow_one_another_without_loss(browser, database, make, asker, agent, words):
    references = open_many(database, make, [asker], words, 45)
    with database.writing() as session:
        take_ticket(session, make.actor(agent), references[3])
    browser.sign_in(agent)

    found = browser.get(f"/desk/tickets?assignee={agent.handle}").text
    assert references[3] in found
    assert references[4] not in found
    first = browser.get("/desk/tickets").text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(older).text
    assert sorted(ref for ref in references if f">{ref}<" in first) + sorted(
        ref for ref in references if f">{ref}<" in second
    ) == sorted(references[5:]) + sorted(references[:5])


def test_staff_are_led_from_the_customers_page_of_a_ticket_to_the_desk_except_from_their_own(
    browser, database, make, asker, agent, words
):
    (theirs,), (own,) = (open_many(database, make, [person], words, 1) for person in (asker, agent))
    browser.sign_in(agent)

    assert browser.get(f"/tickets/{theirs.lower()}").url.path == f"/desk/tickets/{theirs}"
    assert browser.get(f"/tickets/{own}").url.path == f"/tickets/{own}"
    assert browser.get("/tickets/PL-9999").status_code == 404
    assert browser.sign_in(asker).get(f"/tickets/{theirs}").url.path == f"/tickets/{theirs}"


def test_an_address_that_makes_no_sense_is_no_error(browser, agent, asker):
    browser.sign_in(agent)
    for query in ("after=nonsense", "state=x&tier=9&priority=%00&assignee=%27", "after=2026-01-01_99999999999999"):
        assert browser.get(f"/desk/tickets?{query}").status_code == 200
        assert browser.get(f"/tickets?{query}").status_code == 200


def test_the_composer_says_who_will_read_it_and_private_is_the_default(browser, agent, asked):
    page = browser.sign_in(agent).get(f"/desk/tickets/{asked.reference}").text

    for words in ("Everyone", "Only Ana and staff", "Staff only"):
        assert words in page
    assert 'value="requester" id="audience-requester" checked' in page
    for button in ("Post for everyone", "Send to Ana and staff", "Add note for staff only"):
        assert button in page


def test_a_private_ticket_cannot_be_answered_for_everyone(browser, agent, private):
    browser.sign_in(agent)
    page = browser.get(f"/desk/tickets/{private.reference}").text
    assert 'id="audience-public"' not in page
    assert "there is no public place to answer" in page

    sent = {"body": "For all to read", "audience": "public", "confirmed": "y"}
    refused = browser.post(f"/desk/tickets/{private.reference}/messages", sent)
    assert refused.status_code == 422
    assert "For all to read" in refused.text


def test_the_ticket_opens_with_what_we_know(browser, database, make, asker, agent, other, thread, words):
    tried = make.answer(thread, body="Restart the daemon twice.", score=7)
    solved = make.thread(author=other, title="Sync stops halfway again")
    fix = make.answer(solved)
    with database.writing() as session:
        accept_answer(session, make.actor(other), fix.id)
        say_unhelpful(session, make.actor(asker), tried.id, "It froze again.")
        say_me_too(session, make.actor(other), thread.id, wanted=True)
        open_privately(session, make.actor(asker), "An older matter", words("Hello."))
        ask_staff(session, make.actor(asker), thread.id, Reason.UNHELPFUL, words("Please help."))

    page = browser.sign_in(agent).get("/desk/tickets/PL-1002").text
    for text in (thread.title, "Restart the daemon twice.", ">7<", "It froze again.", "1 other has this too"):
        assert text in page
    assert "An older matter" in page


def test_similar_threads_that_were_solved_lie_beside_the_ticket(browser, database, make, asker, agent, words):
    with database.writing() as session:
        asks = {"cooked": words("It stops half way, always."), "tags": ["sync"]}
        solved = ask(session, make.actor(agent), title="Indexer locks the journal", **asks)
        ask(session, make.actor(agent), title="Indexer locks the disk, unsolved", **asks)
        fix = post_answer(session, make.actor(agent), solved.id, words("Stop the indexer first."))
        accept_answer(session, make.actor(agent), fix.id)
        open_privately(session, make.actor(asker), "The journal is locked by the indexer", words("Help."))

    page = browser.sign_in(agent).get("/desk/tickets/PL-1001").text
    assert "Similar, and solved" in page
    assert "Indexer locks the journal" in page
    assert "unsolved" not in page


@pytest.mark.parametrize("path", ["/desk", "/desk/tickets", "/tickets"])
def test_more_tickets_cost_no_more_queries(browser, database, make, asker, agent, other, words, queries, path):
    account = asker if path == "/tickets" else agent
    open_many(database, make, [asker, other], words, 2)
    browser.sign_in(account).get(path)
    with queries() as few:
        browser.get(path)
    open_many(database, make, [asker, other], words, 6)
    with queries() as many:
        browser.get(path)

    assert len(many) == len(few) > 0


def test_a_longer_conversation_costs_no_more_queries(
    browser, database, make, asker, agent, thread, asked, words, queries
):
    def talk():
        with database.writing() as session:
            reply_as_requester(session, make.actor(asker), asked.reference, words("More."))
            actor = make.actor(agent)
            reply_as_staff(session, actor, asked.reference, Audience.PUBLIC, words("Try this one."), confirmed=True)

    talk()
    browser.sign_in(agent)
    for path in (f"/desk/tickets/{asked.reference}", f"/tickets/{asked.reference}"):
        browser.sign_in(agent if "desk" in path else asker).get(path)
        with queries() as few:
            browser.get(path)
        talk()
        talk()
        with queries() as many:
            browser.get(path)
        assert len(many) == len(few) > 0


def test_staff_see_a_customers_time_with_us_and_others_do_not(browser, asker, agent, other, asked, private):
    path = f"/people/{asker.handle}"
    assert "With us so far" in browser.sign_in(agent).get(path).text
    assert private.subject in browser.get(path).text
    for reader in (other, asker):
        assert private.subject not in browser.sign_in(reader).get(path).text


def test_the_navigation_counts_what_waits(browser, database, make, agent, asker, other, private):
    assert 'Desk <span class="count">1</span>' in browser.sign_in(agent).get("/tickets").text
    assert "My tickets" in browser.sign_in(asker).get("/").text
    assert "My tickets" not in browser.sign_in(other).get("/").text


def test_words_name_colleagues_who_read_along(browser, database, make):
    with database.writing() as session:
        company = Organisation(name="Studio Lumen", shares_tickets=True)
        session.add(company)
    page = browser.sign_in(make.account(organisation_id=company.id)).get("/tickets/new").text

    assert "Only you, colleagues at Studio Lumen (if you share it) and staff" in page


def test_a_ticket_of_last_week_is_not_solved_today(browser, database, make, agent, asked, words):
    with on(2), database.writing() as session:
        take_ticket(session, make.actor(agent), asked.reference)
        reply_as_staff(
            session, make.actor(agent), asked.reference, Audience.REQUESTER, words("So."), then=TicketState.SOLVED
        )

    assert asked.reference not in browser.sign_in(agent).get("/desk").text
