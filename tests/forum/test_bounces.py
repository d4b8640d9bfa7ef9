"""Addresses that refuse mail: what stops mail to them, what does not, and how it goes on again."""

from __future__ import annotations

import json
import socket
import tarfile
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from forum import bounces, clock
from forum.app import build_site
from forum.bounces import BouncedAddress, note_failure
from forum.clock import now
from forum.dsn import parse_dsn
from forum.jobs import Job, Workshop
from forum.letters import send_letter
from forum.mail import is_ours, message_id, send_mail
from forum.markup import cook
from forum.notifications import notify
from support.messages.actions import open_privately
from tests.shared_data import shared

MAIL = {"to": "ana@example.org", "subject": "News", "text": "There is some.\n"}


class Mailbox:
    """A real SMTP server that keeps what it is given, and refuses some recipients in some words."""

    def __init__(self):
        self.messages, self.raw = [], []
        self.refusal = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.raw.append(envelope.content)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox():
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mailbox.port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def posting(settings, mailbox):
    """A site that sends by SMTP."""
    site = build_site(replace(settings, smtp_url=f"smtp://127.0.0.1:{mailbox.port}"), durable=False)
    yield site
    site.database.dispose()


def send(site, **more):
    with site.database.writing() as session:
        send_mail(session, **(MAIL | more))
    work(site)


def work(site):
    Workshop(site.database, site.jobs).drain()


def stopped(site, address="ana@example.org"):
    with site.database.reading() as session:
        return bounces.is_stopped(session, address)


def test_a_user_whom_the_server_does_not_know_is_written_to_no_more(posting, mailbox):
    mailbox.refusal = "550 5.1.1 User unknown"
    send(posting)
    assert stopped(posting)
    mailbox.refusal = None
    send(posting)

    assert mailbox.messages == []
    with posting.database.reading() as session:
        assert all(session.scalars(select(Job.done_at)))  # nothing is tried again and again


def test_another_refusal_stops_mail_when_it_comes_twice_within_days(posting, mailbox):
    mailbox.refusal = "552 5.2.2 Mailbox full"
    send(posting)
    assert not stopped(posting)
    with clock.at(now() + timedelta(days=8)):
        send(posting)
        assert not stopped(posting)
    with clock.at(now() + timedelta(days=10)):
        send(posting)
        assert stopped(posting)


def test_a_soft_refusal_is_tried_again_and_counts_for_nothing(posting, mailbox):
    mailbox.refusal = "451 4.7.1 Greylisted, come back later"
    send(posting)
    mailbox.refusal = None
    with clock.at(now() + timedelta(minutes=5)):
        work(posting)

    assert len(mailbox.messages) == 1
    with posting.database.reading() as session:
        assert session.scalars(select(BouncedAddress)).all() == []


def test_what_somebody_waits_for_is_tried_all_the_same(posting, mailbox, make):
    ana = make.account("ana")
    with posting.database.writing() as session:
        note_failure(session, "ana@example.org", "550 5.1.1 User unknown")
        send_letter(session, "reset", "ana@example.org", ana, path="/reset/abc", hours=2)
        send_letter(session, "password_changed", "ana@example.org", ana, path="/reset")
    work(posting)

    assert [message["subject"] for message in mailbox.messages] == ["Set a new password for Porchlight"]


def test_notifications_go_to_no_dead_address_and_the_page_goes_on(posting, mailbox, make):
    ana = make.account("ana")
    with posting.database.writing() as session:
        note_failure(session, "ANA@example.org", "550 5.1.1 User unknown")
        notify(session, ana.id, "words", text="Something happened.")
    work(posting)

    assert mailbox.messages == []
    with posting.database.reading() as session:
        assert session.get_one(type(ana), ana.id).unread_count == 1


def test_long_addresses_and_ids_reach_mail_programs_unencoded(posting, mailbox, make, asker):
    with posting.database.writing() as session:
        notify(session, asker.id, "words", text="Grüße an alle.")
    work(posting)
    head = mailbox.raw[0].split(b"\r\n\r\n")[0].decode()

    line = next(line for line in head.split("\r\n") if line.startswith("List-Unsubscribe: "))
    assert line.startswith("List-Unsubscribe: <http://testserver/unsubscribe/")
    assert line.endswith(">")
    assert "=?" not in "".join(line for line in head.split("\r\n") if not line.startswith("Subject"))


def test_the_owner_sees_it_and_lets_mail_try_again(browser, database, asker):
    with database.writing() as session:
        note_failure(session, "ana@example.org", "550 5.1.1 User unknown")
    browser.sign_in(asker)
    words = "Mail to ana@example.org comes back"

    for path in ("/", "/settings/notifications", "/notifications"):
        assert words in browser.get(path).text, path
    assert "Mail goes to ana@example.org again." in browser.post("/settings/address/again").text
    assert words not in browser.get("/").text
    with database.reading() as session:
        assert session.scalars(select(BouncedAddress)).all() == []


def test_nobody_else_is_told_of_it(browser, database, make, asker):
    with database.writing() as session:
        note_failure(session, "ana@example.org", "550 5.1.1 User unknown")

    assert "comes back" not in browser.get("/").text
    assert "comes back" not in browser.sign_in(make.account("bo")).get("/").text


def test_staff_see_it_on_the_ticket(browser, database, make, asker):
    with database.writing() as session:
        ticket = open_privately(session, make.actor(asker), "An invoice twice", cook("We paid in May."))
        reference = ticket.reference
    browser.sign_in(make.staff("sam"))
    assert "Mail to this customer comes back" not in browser.get(f"/desk/tickets/{reference}").text
    with database.writing() as session:
        note_failure(session, "ana@example.org", "550 5.1.1 User unknown")
    assert "Mail to this customer comes back" in browser.get(f"/desk/tickets/{reference}").text


DSN = """From: MAILER-DAEMON@mx.example.org
To: porchlight@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; Ana@Example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} nobody of that name

--b
Content-Type: text/rfc822-headers

From: porchlight@localhost
Message-ID: {message_id}
Subject: News

--b--
"""


def receive(site, message_id, *, action="failed", status="5.1.1"):
    raw = DSN.format(action=action, status=status, message_id=message_id).encode()
    with site.database.writing() as session:
        return bounces.receive_dsn(session, raw, lambda found: is_ours(site.settings, found))


def test_a_notification_that_came_back_stops_mail(site):
    (report,) = receive(site, message_id(site.settings, "job-7"))

    assert (report.address, report.status) == ("ana@example.org", "5.1.1")
    assert stopped(site)


@pytest.mark.parametrize(
    ("forged", "action", "status"),
    [
        ("<job-7.0123456789ab@testserver>", "failed", "5.1.1"),
        ("<made-up@elsewhere.example>", "failed", "5.1.1"),
        (None, "delayed", "4.4.1"),
        (None, "failed", "4.2.2"),
        (None, "delivered", "2.0.0"),
    ],
)
def test_what_is_forged_or_not_for_good_counts_for_nothing(site, forged, action, status):
    found = receive(site, forged or message_id(site.settings, "job-7"), action=action, status=status)

    assert found == []
    assert not stopped(site)


def test_real_notifications_are_read_as_others_read_them():
    """Of what other programs found in these, all that RFC 3464 says in a form of its own is found here too."""
    archive = shared("email-bounces.tar.xz")
    with tarfile.open(archive) as files:
        names = {name.removeprefix("./"): name for name in files.getnames()}
        expected = json.load(files.extractfile(names["expected.json"]))
        read = {one["file"]: parse_dsn(files.extractfile(names[one["file"]]).read()) for one in expected}
    standard = [one for one in expected if one["detector"] == "dsn"]
    assert len(standard) == 18
    for one in standard:
        reports = read[one["file"]]
        assert {report.address for report in reports} == {address.lower() for address in one["addresses"]}, one["file"]
        for_good = any(report.failed_for_good for report in reports)
        gave_up_waiting = any(report.status == "4.4.7" for report in reports)
        assert for_good == (not one["temporary"] and not gave_up_waiting), one["file"]
    others = [one["file"] for one in expected if one["detector"] != "dsn" and read[one["file"]]]
    assert len(others) <= 1, others  # of mail in no standard form at most what holds a standard part is read
