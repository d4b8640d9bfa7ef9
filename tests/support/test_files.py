"""Files in tickets are read by whoever reads the message: notes by staff, replies by the customer too."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from forum.accounts.models import Organisation
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import set_visibility
from forum.uploads.actions import add_file
from forum.uploads.intake import keep, look_at
from forum.uploads.limits import Limits
from forum.uploads.models import File, FileUse
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately, publish_message, reply_as_staff
from support.messages.models import Audience, Message
from support.tickets.models import Reason, Ticket
from tests.forum.uploads.pictures import picture

PNG = ("screen.png", picture(), "image/png")


@pytest.fixture
def bring(site, database, make):
    def brought(account, name):
        kept = keep(site.storage, look_at(name, b"canary", Limits()))
        with database.writing() as session:
            add_file(session, make.actor(account), kept)
        return kept

    return brought


@pytest.fixture
def roles(make, asker, agent, moderator, other):
    return {
        "visitor": None,
        "other": other,
        "moderator": moderator,
        "asker": asker,
        "staff": agent,
        "admin": make.admin("ada"),
    }


@pytest.fixture
def told(database, make, roles, thread, bring, words):
    """A file for each audience, and one in a private ticket."""
    asker, agent = (make.actor(roles[name]) for name in ("asker", "staff"))
    files = {
        name: bring(roles[who], f"{name}.log")
        for name, who in {
            "note": "staff",
            "reply": "staff",
            "public": "staff",
            "own": "asker",
            "private": "asker",
            "handing over": "moderator",
        }.items()
    }
    text = {name: words(f"Look at this: {file.markdown}") for name, file in files.items()}
    with database.writing() as session:
        ref = ask_staff(
            session, make.actor(roles["moderator"]), thread.id, Reason.HANDED_OVER, text["handing over"]
        ).reference
        ask_staff(session, asker, thread.id, Reason.OUTAGE, text["own"])
        reply_as_staff(session, agent, ref, Audience.INTERNAL, text["note"])
        reply_as_staff(session, agent, ref, Audience.REQUESTER, text["reply"])
        reply_as_staff(session, agent, ref, Audience.PUBLIC, text["public"], confirmed=True)
        open_privately(session, asker, "A private matter", text["private"])
    return files, ref


ALL = {"note", "reply", "public", "own", "private", "handing over"}
MAY_SEE = {
    "visitor": {"public"},
    "other": {"public"},
    "moderator": {"public"},
    "asker": {"public", "reply", "own", "private"},
    "staff": ALL,
    "admin": ALL,
}


@pytest.mark.parametrize("role", MAY_SEE)
def test_each_sees_what_they_may_read_and_no_more(browser, roles, told, role):
    if roles[role] is not None:
        browser.sign_in(roles[role])
    replies = {name: browser.get(file.url) for name, file in told[0].items()}

    assert {name for name, reply in replies.items() if reply.status_code == 200} == MAY_SEE[role]
    assert all(
        reply.status_code == 404 and b"canary" not in reply.content
        for name, reply in replies.items()
        if name not in MAY_SEE[role]
    )
    assert all(
        reply.headers["cache-control"] == "private, no-store"
        for name, reply in replies.items()
        if reply.status_code == 200 and name != "public"
    )


def test_colleagues_see_it_while_their_organisation_shares(browser, make, database, told):
    files, _ref = told
    with database.writing() as session:
        organisation = Organisation(name="Lopes & Co", shares_tickets=True)
        session.add(organisation)
        session.flush()
        number = organisation.id
        session.execute(update(Ticket).values(organisation_id=number, shared=True))
    browser.sign_in(make.account("cara", organisation_id=number))
    assert [browser.get(files[name].url).status_code for name in ("private", "reply", "note")] == [200, 200, 404]

    with database.writing() as session:
        session.get_one(Organisation, number).shares_tickets = False
    assert browser.get(files["private"].url).status_code == 404


def test_the_public_answer_hides_its_file_with_it_even_from_the_ticket(browser, make, database, told, asker, moderator):
    files, _ref = told
    with database.writing() as session:
        answer_id = session.scalars(select(FileUse.holder_id).where(FileUse.holder_kind == "answer")).one()
        set_visibility(session, make.actor(moderator), PostRef(PostKind.ANSWER, answer_id), Visibility.HIDDEN)

    assert browser.get(files["public"].url).status_code == 404
    assert browser.sign_in(asker).get(files["public"].url).status_code == 404


def test_posting_publicly_takes_the_file_along_whoever_presses_the_button(browser, make, database, told, expert):
    files, ref = told
    with database.reading() as session:
        use = select(FileUse.holder_id).join(File, File.id == FileUse.file_id).where(File.name == "reply.log")
        message_id = session.scalars(use).one()
    assert browser.get(files["reply"].url).status_code == 404
    with database.writing() as session:
        publish_message(session, make.actor(expert), ref, message_id)

    assert browser.get(files["reply"].url).status_code == 200
    assert browser.get(files["note"].url).status_code == 404


def test_a_withheld_message_takes_its_files_from_everybody(browser, database, told, agent):
    with database.writing() as session:
        for message in session.scalars(select(Message)):
            message.withheld = True

    assert browser.sign_in(agent).get(told[0]["note"].url).status_code == 404


def test_customers_and_staff_send_files_along(browser, asker, agent, private, database):
    browser.sign_in(asker)
    page = browser.client.post(
        f"/tickets/{private.reference}/messages", data={"body": "See the screen."}, files=[("files", PNG)]
    )
    assert page.status_code == 200
    assert 'alt="screen.png"' in page.text
    sent = {"body": "A note for the others.", "audience": "internal"}
    browser.sign_in(agent)
    page = browser.client.post(
        f"/desk/tickets/{private.reference}/messages", data=sent, files=[("files", ("trace.log", b"words"))]
    )
    assert "trace.log" in page.text
    assert "/files/of/message/" in page.text
    assert "trace.log" not in browser.sign_in(asker).get(f"/tickets/{private.reference}").text

    with database.reading() as session:
        assert session.scalars(select(FileUse.holder_kind)).all() == ["message", "message"]


def test_a_new_private_ticket_and_asking_staff_take_files(browser, asker, thread, database):
    browser.sign_in(asker)
    new = {"subject": "An invoice twice", "body": "We paid in May."}
    browser.client.post("/tickets/new", data=new, files=[("files", PNG)])
    asked = {"reason": "outage", "body": "It is down."}
    browser.client.post(f"/threads/{thread.id}/escalation", data=asked, files=[("files", PNG)])

    with database.reading() as session:
        assert session.scalars(select(FileUse.holder_kind)).all() == ["message", "message"]


def test_staff_look_after_the_files_of_messages_and_moderators_do_not(browser, told, database, agent, moderator):
    with database.reading() as session:
        use = select(FileUse.holder_id, FileUse.file_id).join(File, File.id == FileUse.file_id)
        message_id, file_id = session.execute(use.where(File.name == "own.log")).one()
    where = f"/files/of/message/{message_id}"
    assert browser.sign_in(moderator).get(where).status_code == 404
    assert browser.post(f"{where}/{file_id}/remove").status_code == 404
    assert "own.log" in browser.sign_in(agent).get(where).text
    browser.post(f"{where}/{file_id}/remove", {"reason": "A key."})

    assert browser.get(told[0]["own"].url).status_code == 404
