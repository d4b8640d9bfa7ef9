"""How long mail is kept, what admins see of it and decide, and what belongs to whom."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.app import build_site
from forum.checks import check
from forum.clock import now
from forum.events.mailin import MailDiscarded, MailReleased
from forum.jobs import Workshop, enqueue
from forum.mailin.models import InboundMail, MailedReply, MailState, ReplyState
from forum.posts import PostKind
from forum.retention.actions import APPLY
from forum.settings import Settings, SettingsError
from forum.threads.models import Answer
from tests.forum.mailin.postbox import DOMAIN, Postbox, mail


@pytest.fixture
def bo(make):
    return make.account("bo")


@pytest.fixture
def held(postbox, database, thread, bo, address):
    to = address(bo, thread)
    postbox.take("eve@example.org", to, mail("eve@example.org", to, "In the name of another."))
    with database.reading() as session:
        return session.scalars(select(InboundMail)).one()


def state_of(database, mail_id):
    with database.reading() as session:
        return session.get_one(InboundMail, mail_id).state


def test_an_admin_sees_what_is_held_and_why(browser, make, held):
    page = browser.sign_in(make.admin("root")).get("/admin/mail-in").text

    assert "From eve@example.org, to the address in a letter of @bo" in page
    assert "It came from another address than the account" in page
    assert f"bounces@{DOMAIN}" in page
    assert "In the name of another" not in page  # nobody reads a letter to somebody else


def test_nobody_else_sees_it(browser, make, held):
    for account in (make.account(), make.staff("sam"), make.moderator("mo")):
        assert browser.sign_in(account).get("/admin/mail-in").status_code in (403, 404)
        assert browser.post(f"/admin/mail-in/{held.id}/release").status_code in (403, 404)


def test_what_is_let_through_goes_to_its_owner_alone(browser, site, database, heard, make, held, bo):
    browser.sign_in(make.admin("root")).post(f"/admin/mail-in/{held.id}/release")
    Workshop(database, site.jobs).drain()

    assert state_of(database, held.id) is MailState.DONE
    with database.reading() as session:
        assert session.scalars(select(Answer)).all() == []
        (reply,) = session.scalars(select(MailedReply)).all()
    assert (reply.account_id, reply.state, reply.source) == (bo.id, ReplyState.ASKED, "In the name of another.")
    assert [event.mail_id for event in heard if isinstance(event, MailReleased)] == [held.id]


def test_what_is_put_away_can_be_brought_back(browser, database, heard, make, held):
    browser.sign_in(make.admin("root"))
    browser.post(f"/admin/mail-in/{held.id}/discard")
    assert state_of(database, held.id) is MailState.DISCARDED
    assert browser.post(f"/admin/mail-in/{held.id}/release").status_code == 409
    browser.post(f"/admin/mail-in/{held.id}/hold")

    assert state_of(database, held.id) is MailState.HELD
    assert len([event for event in heard if isinstance(event, MailDiscarded)]) == 1


def test_what_admins_did_stands_in_the_log(browser, make, held):
    browser.sign_in(make.admin("root")).post(f"/admin/mail-in/{held.id}/discard")

    assert "Held mail put away" in browser.get("/moderation/log").text


def test_more_held_mail_costs_no_more_queries(browser, database, make, bo, queries):
    browser.sign_in(make.admin("root"))

    def add(count):
        with database.writing() as session:
            for _ in range(count):
                columns = {"recipient": "a", "mailbox": "reply", "size": 1, "state": MailState.HELD}
                session.add(InboundMail(digest=str(len(session.scalars(select(InboundMail)).all())), **columns))
                session.flush()

    add(1)
    with queries() as few:
        browser.get("/admin/mail-in")
    add(40)
    with queries() as many:
        page = browser.get("/admin/mail-in").text
    assert len(many) == len(few) > 0
    assert "before=" in page


@pytest.mark.parametrize(("state", "days", "goes"), [
    (MailState.DONE, 15, True),
    (MailState.DONE, 13, False),
    (MailState.HELD, 15, True),
    (MailState.WAITING, 400, False),
])  # fmt: skip
def test_mail_is_kept_for_its_time(site, database, state, days, goes):
    then = now() - timedelta(days=days)
    with database.writing() as session:
        session.add(
            InboundMail(digest="d", recipient="a", mailbox="reply", raw=b"x", size=1, state=state, received_at=then)
        )
        enqueue(session, APPLY, {})
    Workshop(database, site.jobs).drain()

    with database.reading() as session:
        assert (session.scalars(select(InboundMail)).one_or_none() is None) is goes


@pytest.mark.parametrize(("days", "goes"), [(61, True), (59, False)])
def test_a_reply_waits_for_its_writer_for_two_months(site, database, thread, bo, days, goes):
    then = now() - timedelta(days=days)
    ref = {"thread_id": thread.id, "post_kind": PostKind.THREAD, "post_id": thread.id}
    with database.writing() as session:
        session.add(
            MailedReply(account_id=bo.id, source="x", left_out=[], state=ReplyState.ASKED, created_at=then, **ref)
        )
        enqueue(session, APPLY, {})
    Workshop(database, site.jobs).drain()

    with database.reading() as session:
        assert (session.scalars(select(MailedReply)).one_or_none() is None) is goes


def test_ones_own_mail_stands_in_ones_archive(site, database, held, bo):
    from forum.accounts.personal import subject_of  # noqa: PLC0415

    with database.reading() as session:
        subject = subject_of(session.get_one(type(bo), bo.id))
        found = {section.name: list(section.rows) for section in site.personal.sections(session, subject)}

    assert [row["written_from"] for row in found["mails"]] == ["eve@example.org"]
    assert json.dumps(found["mailed-replies"]) == "[]"


def finding(site, what):
    return next((one for one in check(site) if one.what == what), None)


def test_check_says_whether_mail_comes_in(settings, site):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = build_site(replace(settings, inbound_port=free.getsockname()[1]), durable=False)
        assert not finding(nobody, "mail in").well
        nobody.database.dispose()
    postbox = Postbox(site)
    there = build_site(replace(settings, inbound_port=postbox.port), durable=False)
    assert finding(there, "mail in").well
    postbox.close()
    there.database.dispose()
    none = build_site(replace(settings, inbound_domain=None), durable=False)
    assert finding(none, "mail in").well
    none.database.dispose()


def test_check_counts_what_is_held(site, held):
    assert finding(site, "held mail").words == "1 mail is held"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INBOUND_DOMAIN", "not a domain"),
        ("INBOUND_DOMAIN", "a@b.example"),
        ("INBOUND_DOMAIN", "x" * 64 + "." + "y" * 200),
        ("INBOUND_PORT", "0"),
        ("INBOUND_PORT", "65536"),
        ("INBOUND_PORT", "smtp"),
        ("INBOUND_MAX_MB", "0"),
        ("INBOUND_MAX_MB", "101"),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({"PORCHLIGHT_VAR": str(tmp_path), f"PORCHLIGHT_{name}": value})


def test_the_domain_is_read_in_small_letters(tmp_path):
    env = {"PORCHLIGHT_VAR": str(tmp_path), "PORCHLIGHT_INBOUND_DOMAIN": "Reply.Example.ORG"}

    assert Settings.from_env(env).inbound_domain == "reply.example.org"
