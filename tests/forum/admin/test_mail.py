"""Trying out the mail: one letter to oneself, and what the server said to it, word for word."""

import socket
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from forum.admin import mail_views
from forum.app import build_site, create_app
from tests.browse import Browser


class Mailbox:
    """A real SMTP server that keeps what it is given, or refuses it."""

    def __init__(self):
        self.letters = []
        self.answer = "250 2.0.0 Queued as 4711"
        self.recipient = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


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
def served(settings):
    """Makes browsers on a site with another mail server, or with rates."""
    opened = []

    def served(*, rate_limits=False, **changes):
        site = build_site(replace(settings, **changes), rate_limits=rate_limits, durable=False)
        opened.append(Browser(create_app(site), site))
        return opened[-1].__enter__()

    yield served
    for browser in opened:
        browser.__exit__(None, None, None)
        browser.site.database.dispose()


@pytest.fixture
def admin(make):
    return make.admin("root", display_name="Rosa")


def test_the_letter_comes_at_once_and_the_answer_is_shown_word_for_word(served, mailbox, admin):
    browser = served(smtp_url=f"smtp://127.0.0.1:{mailbox.port}").sign_in(admin)
    page = browser.post("/admin/mail")

    (letter,) = mailbox.letters
    assert letter["to"] == "root@example.org"
    assert letter["subject"] == "Mail from Porchlight works"
    assert "Hello Rosa," in letter.get_body(("plain",)).get_content()
    assert "The mail server took a letter for root@example.org." in page.text
    assert "2.0.0 Queued as 4711" in page.text


def test_a_refusal_is_shown_with_what_it_means(served, mailbox, admin):
    browser = served(smtp_url=f"smtp://127.0.0.1:{mailbox.port}").sign_in(admin)
    mailbox.recipient = "550 5.1.1 No such user here"
    page = browser.post("/admin/mail")

    assert "The mail server refused the address." in page.text
    assert "550 5.1.1 No such user here" in page.text
    mailbox.recipient, mailbox.answer = "250 OK", "554 5.7.1 We know your kind"
    assert "554 5.7.1 We know your kind" in browser.post("/admin/mail").text


def test_a_server_that_is_not_there_and_one_that_cannot_be_are_told_apart(served, admin):
    browser = served(smtp_url="smtp://127.0.0.1:9").sign_in(admin)
    assert "could not be reached" in browser.post("/admin/mail").text
    browser = served(smtp_url="smtp://nowhere.invalid:25").sign_in(admin)
    assert "There is no server of that name" in browser.post("/admin/mail").text


def test_without_a_server_it_says_so_and_where_the_letter_lies(browser, site, admin):
    page = browser.sign_in(admin).post("/admin/mail")

    (file,) = (site.settings.var / "mail").glob("*.eml")
    assert "No mail server is set" in page.text
    assert str(file) in page.text


def test_the_password_of_the_server_is_never_shown(served, admin):
    browser = served(smtp_url="smtps://site:hunter2%21@mail.example.com:465").sign_in(admin)
    page = browser.get("/admin/mail").text

    assert "smtps://mail.example.com:465" in page
    assert "hunter2" not in page
    assert "site:" not in page


def test_no_letter_goes_to_an_address_that_is_not_confirmed(served, mailbox, make):
    browser = served(smtp_url=f"smtp://127.0.0.1:{mailbox.port}")
    browser.sign_in(make.admin("root", email_verified_at=None))

    assert "Your own address is not confirmed" in browser.post("/admin/mail").text
    assert mailbox.letters == []


def test_only_admins_can_and_nobody_often(served, mailbox, make, admin, monkeypatch):
    browser = served(smtp_url=f"smtp://127.0.0.1:{mailbox.port}", rate_limits=True)
    for person in (make.account(), make.moderator(), make.staff(tier=3)):
        assert browser.sign_in(person).get("/admin/mail").status_code == 403
        assert browser.post("/admin/mail").status_code == 403
    assert mailbox.letters == []
    browser.sign_in(admin)
    monkeypatch.setattr(mail_views, "TRIES", "2/minute")
    assert [browser.post("/admin/mail").status_code for _ in range(3)] == [200, 200, 429]
    assert len(mailbox.letters) == 2


def test_it_stands_in_the_log(browser, admin, database):
    browser.sign_in(admin).post("/admin/mail")

    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_entries WHERE action = 'MailTested'")) == 1
    assert "Mail tried out" in browser.get("/moderation/log").text
