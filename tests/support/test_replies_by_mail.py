"""A reply by mail to a thread that staff are at: nobody reads it until its writer says who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.clock import now
from forum.mailin.addresses import reply_address
from forum.mailin.models import MailedReply, ReplyState
from forum.posts import PostKind, PostRef
from forum.threads.models import Answer, Comment
from support.messages.models import Audience, Message, Side
from support.tickets.models import Ticket, TicketState
from tests.forum.mailin.postbox import DOMAIN, Postbox, mail

SECRET_WORD = "My password is hunter2."


@pytest.fixture
def settings(settings):
    return replace(settings, inbound_domain=DOMAIN)


@pytest.fixture
def postbox(site):
    postbox = Postbox(site)
    yield postbox
    postbox.close()


def reply_by_mail(postbox, account, thread, text=SECRET_WORD):
    to = reply_address(postbox.site.settings, account.id, PostRef(PostKind.THREAD, thread.id))
    postbox.take(account.email, to, mail(account.email, to, text))


def the_reply(database):
    with database.reading() as session:
        return session.scalars(select(MailedReply)).one()


def messages(database):
    with database.reading() as session:
        return session.scalars(select(Message).order_by(Message.id)).all()


def test_it_is_public_to_nobody_by_itself(postbox, database, browser, asked, thread, asker, agent):
    reply_by_mail(postbox, asker, thread)

    assert the_reply(database).state is ReplyState.ASKED
    assert "hunter2" not in browser.get(f"/threads/{thread.id}").text
    assert "hunter2" not in browser.get("/threads.atom").text
    assert "hunter2" not in browser.sign_in(agent).get(f"/desk/tickets/{asked.reference}").text
    assert not any("hunter2" in one.text for one in messages(database))


def test_the_customer_gives_it_to_staff_alone(postbox, database, browser, asked, thread, asker, agent):
    reply_by_mail(postbox, asker, thread)
    reply = the_reply(database)
    browser.sign_in(asker)
    page = browser.post(f"/mailed/{reply.id}", data={"body": SECRET_WORD, "choice": "give"})

    assert "Staff have it. Nobody else reads it." in page.text
    said = messages(database)[-1]
    assert (said.text, said.side, said.audience) == (SECRET_WORD, Side.REQUESTER, Audience.REQUESTER)
    assert the_reply(database).state is ReplyState.GIVEN
    assert "hunter2" in browser.another().sign_in(agent).get(f"/desk/tickets/{asked.reference}").text
    assert "hunter2" not in browser.another().get(f"/threads/{thread.id}").text


def test_somebody_elses_word_for_staff_is_not_the_customers_to_read(
    postbox, database, browser, asked, thread, asker, agent, other
):
    reply_by_mail(postbox, other, thread)
    browser.sign_in(other)
    browser.post(f"/mailed/{the_reply(database).id}", data={"body": SECRET_WORD, "choice": "give"})

    said = messages(database)[-1]
    assert (said.author_id, said.side, said.audience) == (other.id, Side.CONTEXT, Audience.INTERNAL)
    assert "hunter2" in browser.another().sign_in(agent).get(f"/desk/tickets/{asked.reference}").text
    assert "hunter2" not in browser.another().sign_in(asker).get(f"/tickets/{asked.reference}").text
    with database.reading() as session:
        assert session.scalars(select(Ticket.state)).one() is TicketState.NEW  # a stranger moves nothing


def test_who_is_suspended_sends_staff_no_notes_in_somebody_elses_ticket(
    postbox, database, browser, asked, thread, other
):
    reply_by_mail(postbox, other, thread)
    with database.writing() as session:
        session.get_one(type(other), other.id).suspended_until = now() + timedelta(days=1)
    browser.sign_in(other)
    body = {"body": SECRET_WORD, "choice": "give"}

    assert browser.post(f"/mailed/{the_reply(database).id}", data=body).status_code == 403
    assert not any(one.author_id == other.id for one in messages(database))


def test_the_customer_reaches_staff_even_while_suspended(postbox, database, browser, asked, thread, asker):
    reply_by_mail(postbox, asker, thread)
    with database.writing() as session:
        session.get_one(type(asker), asker.id).suspended_until = now() + timedelta(days=1)
    browser.sign_in(asker)
    browser.post(f"/mailed/{the_reply(database).id}", data={"body": SECRET_WORD, "choice": "give"})

    assert messages(database)[-1].text == SECRET_WORD


def test_whoever_chooses_nothing_posts_nothing(postbox, database, browser, asked, thread, asker):
    reply_by_mail(postbox, asker, thread)
    browser.sign_in(asker)

    assert browser.post(f"/mailed/{the_reply(database).id}", data={"body": SECRET_WORD}).status_code == 422
    assert the_reply(database).state is ReplyState.ASKED


def test_posted_publicly_it_stands_in_the_thread_and_reaches_the_ticket(
    postbox, database, browser, asked, thread, asker
):
    reply_by_mail(postbox, asker, thread, "It happens on Debian, too.")
    browser.sign_in(asker)
    before = len(messages(database))
    page = browser.post(
        f"/mailed/{the_reply(database).id}", data={"body": "It happens on Debian, too.", "choice": "publish"}
    )

    assert "It happens on Debian, too." in page.text
    with database.reading() as session:
        assert session.scalars(select(Comment.author_id)).all() == [asker.id]
    assert len(messages(database)) == before + 1
    assert messages(database)[-1].audience is Audience.PUBLIC


def test_once_the_ticket_is_done_a_reply_is_posted_as_always(postbox, database, asked, thread, other):
    with database.writing() as session:
        ticket = session.get_one(Ticket, asked.id)
        ticket.state = TicketState.CLOSED
        from support.tickets.states import show_on_thread  # noqa: PLC0415

        show_on_thread(session, ticket)
    reply_by_mail(postbox, other, thread, "Restart the daemon, then wait.")

    with database.reading() as session:
        assert session.scalars(select(Answer.author_id)).all() == [other.id]
        assert session.scalars(select(MailedReply)).all() == []


def test_what_nobody_at_the_desk_would_read_is_not_given_there(postbox, database, browser, asked, thread, asker):
    reply_by_mail(postbox, asker, thread)
    with database.writing() as session:
        session.get_one(type(thread), thread.id).staff_state = None
    browser.sign_in(asker)
    refused = browser.post(f"/mailed/{the_reply(database).id}", data={"body": SECRET_WORD, "choice": "give"})

    assert refused.status_code == 409
    assert the_reply(database).state is ReplyState.ASKED
