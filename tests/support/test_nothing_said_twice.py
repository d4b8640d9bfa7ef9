"""Nobody has to say anything twice: what stands in the thread is whole on its ticket, and goes along with it."""

from __future__ import annotations

from forum.threads.actions import post_comment
from support.tickets.models import Ticket
from tests.support.conftest import on


def test_a_long_question_is_folded_and_whole_and_what_the_asker_added_stands_under_it(
    browser, database, make, agent, asker, moderator, thread, asked, words
):
    body = " ".join(f"word{number}" for number in range(300))
    with database.writing() as session:
        row = session.get_one(type(thread), thread.id)
        row.text, row.html = body, f"<p>{body}</p>"
        post_comment(session, make.actor(asker), thread.id, words("It is version 4.2 after all."))
        post_comment(session, make.actor(moderator), thread.id, words("I see the same here."))
    known = browser.sign_in(agent).get(f"/desk/tickets/{asked.reference}").text.split("What we know")[1]
    known = known.split('id="conversation"')[0]
    assert "Show all" in known
    assert "word299" in known
    assert "It is version 4.2 after all." in known
    assert "I see the same here." not in known


def test_who_must_wait_is_told_how_long_and_why_and_may_ask_privately_with_the_thread(browser, database, make, asker):
    with on(2, 20):
        thread = make.thread(author=asker)
        page = browser.sign_in(asker).get(f"/threads/{thread.id}/escalation").text
        assert "in about 17 hours" in page
        assert "An outage, a security problem, billing and lost data do not wait" in page
        private = page.split('href="/tickets/new?')[1].split('"')[0]
        assert f"thread={thread.id}" in private

        sent = {"thread": str(thread.id), "subject": "About it", "body": "My account is 4711.", "space": ""}
        browser.post("/tickets/new", sent)
    with database.reading() as session:
        ticket = session.query(Ticket).one()
        assert (ticket.about_thread_id, ticket.thread_id) == (thread.id, None)
