"""Mail: what leaves, to a folder or by SMTP, and what becomes of mail that cannot."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from forum import clock
from forum.app import build_site
from forum.clock import now
from forum.jobs import MAX_ATTEMPTS, Job, Task, Workshop, enqueue
from forum.letters import send_letter
from forum.mail import Postman, is_ours, message_id, send_mail
from forum.settings import MAIL_FROM

MAIL = {"to": "ana@example.org", "subject": "Grüße", "text": "Hello,\n\nthere is news: ü.\n"}


class Mailbox:
    """A real SMTP server that keeps what it is given, or refuses it."""

    def __init__(self):
        self.messages = []
        self.refusal = None

    async def handle_DATA(self, server, session, envelope):
        if self.refusal:
            return self.refusal
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


def work(site):
    Workshop(site.database, site.jobs).drain()


def in_folder(site):
    files = sorted((site.settings.var / "mail").glob("*"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def test_without_a_server_mail_becomes_files_that_mail_programs_read(site):
    send(site, html="<p>Hello</p>")
    work(site)

    (message,) = in_folder(site)
    assert message["subject"] == "Grüße"
    assert message["from"] == "Porchlight <porchlight@localhost>"
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content() == MAIL["text"]
    assert message.get_body(("html",)).get_content() == "<p>Hello</p>\n"


@pytest.mark.parametrize(
    ("name", "sender", "shown"),
    [
        ("Lantern Community", MAIL_FROM, "Lantern Community <porchlight@localhost>"),
        ("Lüftung, e. V.", MAIL_FROM, '"Lüftung, e. V." <porchlight@localhost>'),
        ("Bad\r\nBcc: all@example.org", MAIL_FROM, '"Bad Bcc: all@example.org" <porchlight@localhost>'),
        ("Lantern Community", "Help <help@example.org>", "Help <help@example.org>"),
    ],
)
def test_mail_comes_from_the_site_unless_its_sender_was_chosen(settings, name, sender, shown):
    task = Task(1, "mail", MAIL | {"html": None}, 1)
    message = Postman(replace(settings, site_name=name, mail_from=sender)).compose(task)
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert (read["from"], read["bcc"]) == (shown, None)


def test_with_a_server_it_goes_by_smtp(posting, mailbox):
    send(posting)
    work(posting)

    (message,) = mailbox.messages
    assert message["to"] == "ana@example.org"
    assert "news: ü" in message.get_content()
    assert in_folder(posting) == []


def test_a_message_keeps_its_id_however_often_it_is_tried(posting, mailbox):
    send(posting)
    mailbox.refusal = "451 Later, please"
    work(posting)
    mailbox.refusal = None
    with clock.at(now() + timedelta(minutes=5)):
        work(posting)

    with posting.database.reading() as session:
        job_id = session.scalars(select(Job.id)).one()
    (message,) = mailbox.messages
    assert message["message-id"] == message_id(posting.settings, f"job-{job_id}")
    assert is_ours(posting.settings, message["message-id"])


def test_what_the_server_never_takes_is_kept_as_dead_with_the_reason(posting, mailbox):
    send(posting)
    mailbox.refusal = "550 No such user"
    moment = now()
    for attempt in range(MAX_ATTEMPTS):
        with clock.at(moment + timedelta(hours=2 * attempt)):
            work(posting)

    with posting.database.reading() as session:
        job = session.scalars(select(Job)).one()
        assert job.dead_at is not None
        assert "550" in job.error
    assert mailbox.messages == []


def test_one_bad_address_does_not_hold_up_the_others(site):
    send(site, to="not an address")
    send(site, to="ivo@example.org")
    work(site)

    assert [message["to"] for message in in_folder(site)] == ["ivo@example.org"]


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\u2028", "\x85"])
def test_no_line_break_starts_another_header(site, breaks):
    send(site, subject=f"News{breaks}Bcc: everybody@example.org")
    send(site, to=f"ana@example.org{breaks}Bcc: everybody@example.org")
    work(site)

    messages = in_folder(site)
    assert [message["bcc"] for message in messages] == [None] * len(messages)
    assert [message["to"] for message in messages] == ["ana@example.org"]


def test_the_same_key_sends_once(site):
    send(site, key="welcome:1")
    send(site, key="welcome:1")
    work(site)

    assert len(in_folder(site)) == 1


def test_nothing_leaves_when_the_act_fails(site):
    def fail(session):
        send_mail(session, **MAIL)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        site.database.write(fail)
    work(site)

    assert in_folder(site) == []


def test_a_letter_is_escaped_in_its_html_and_plain_in_its_text(site, make):
    reader = make.account("ana", display_name="<b>Ana</b> & Co")
    with site.database.writing() as session:
        send_letter(session, "known", "ana@example.org", reader, path="/login")
    work(site)

    (message,) = in_folder(site)
    assert "Hello <b>Ana</b> & Co," in message.get_body(("plain",)).get_content()
    assert "Hello &lt;b&gt;Ana&lt;/b&gt; &amp; Co," in message.get_body(("html",)).get_content()
    assert "http://testserver/login" in message.get_body(("plain",)).get_content()


def test_a_letter_that_an_older_release_queued_is_still_made_out(site):
    context = {"sentence": "Bo answered you", "reason": "", "quote": "Restart it.", "unsubscribe": True}
    reader = {"handle": "ana", "display_name": "Ana", "locale": "en"}
    letter = {"template": "notification", "reader": reader, "path": "/threads/1", "context": context}
    with site.database.writing() as session:
        enqueue(session, "mail", {"to": "ana@example.org", "letter": letter})
    work(site)

    (message,) = in_folder(site)
    assert message["subject"] == "Bo answered you"
    assert "> Restart it." in message.get_body(("plain",)).get_content()


def test_a_letter_is_made_out_by_the_worker_and_not_under_the_acts_locks(site, make):
    ana = make.account("ana")
    with site.database.writing() as session:
        send_letter(session, "reset", "ana@example.org", ana, path="/reset/abc", hours=2)
    with site.database.reading() as session:
        queued = session.scalars(select(Job)).one().payload
    work(site)

    (message,) = in_folder(site)
    assert set(queued) == {"to", "letter"}
    assert "@ana" in message.get_body(("plain",)).get_content()
    assert "http://testserver/reset/abc" in message.get_body(("plain",)).get_content()
