"""Replying to a letter: what is posted, by whom, under what; what waits, and what never is."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.clock import now
from forum.mailin.models import InboundMail, MailedReply, MailState, ReplyState
from forum.options import set_option
from forum.posts import Visibility
from forum.threads.models import Answer, Comment, StaffState, Thread
from tests.forum.mailin.postbox import mail
from tests.mailing import mail_of, text_of

QUOTE = "On Fri, 27 Nov 2026 at 9:30, Porchlight <community@example.org> wrote:\n> Ana asked\n"
WORDS = f"Restart the daemon, then wait a minute.\n\n{QUOTE}"


@pytest.fixture
def bo(make):
    return make.account("bo", email="bo@example.org")


def write(postbox, account, to, text=WORDS, **headers):
    postbox.take(account.email, to, mail(f"Somebody <{account.email}>", to, text, **headers))


def all_of(database, model):
    with database.reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def letters_to(site, account):
    return [letter for letter in mail_of(site) if letter["to"] == account.email]


def the_mail(database):
    (found,) = all_of(database, InboundMail)
    return found


def test_a_reply_to_a_question_becomes_an_answer_without_what_it_quotes(postbox, database, make, thread, bo, address):
    write(postbox, bo, address(bo, thread))

    (answer,) = all_of(database, Answer)
    assert (answer.thread_id, answer.author_id) == (thread.id, bo.id)
    assert answer.source == "Restart the daemon, then wait a minute."
    assert the_mail(database).state is MailState.DONE
    assert letters_to(postbox.site, bo) == []  # nobody is written that it went well


def test_a_reply_to_an_answer_becomes_a_comment_under_it(postbox, database, asker, thread, answer, address):
    write(postbox, asker, address(asker, answer), "Thank you!\n")

    (comment,) = all_of(database, Comment)
    assert (comment.answer_id, comment.author_id, comment.source) == (answer.id, asker.id, "Thank you!")


def test_a_reply_to_a_comment_stands_beside_it(postbox, database, make, asker, thread, answer, address):
    comment = make.comment(thread, answer_id=answer.id)
    write(postbox, asker, address(asker, comment), "Yes, twice.\n")

    assert all_of(database, Comment)[-1].answer_id == answer.id


def test_what_is_too_long_for_a_comment_becomes_an_answer(postbox, database, asker, answer, address):
    write(postbox, asker, address(asker, answer), "It goes on and on. " * 80)

    assert all_of(database, Comment) == []
    assert len(all_of(database, Answer)) == 2


def test_who_has_not_earned_to_comment_there_answers(postbox, database, bo, answer, address):
    with database.writing() as session:
        set_option(session, "privileges.preset", "growing")
    write(postbox, bo, address(bo, answer), "It worked for me only after a restart.\n")

    assert all_of(database, Comment) == []
    assert len(all_of(database, Answer)) == 2


def test_the_same_mail_twice_is_posted_once(postbox, database, thread, bo, address):
    to = address(bo, thread)
    message = mail(bo.email, to, WORDS)
    for number in range(2):
        copy = f"Received: from mx{number}.example.org by here; number {number}\r\n".encode() + message.as_bytes()
        postbox.take(bo.email, to, copy)

    assert len(all_of(database, Answer)) == len(all_of(database, InboundMail)) == 1


def test_the_letters_of_the_address_may_change_their_case(postbox, database, thread, bo, address):
    local, _at, domain = address(bo, thread).partition("@")
    write(postbox, bo, f"{local.upper()}@{domain.upper()}")
    postbox.take("BO@Example.ORG", address(bo, thread), mail("BO@Example.ORG", address(bo, thread), "Once more, then."))

    assert len(all_of(database, Answer)) == 2


def test_a_forwarded_letter_lets_nobody_else_speak(postbox, database, make, thread, bo, address):
    eve = make.account("eve", email="eve@example.org")
    write(postbox, eve, address(bo, thread))

    assert all_of(database, Answer) == []
    held = the_mail(database)
    assert (held.state, held.why, held.account_id) == (MailState.HELD, "other_address", bo.id)
    (letter,) = mail_of(postbox.site)
    assert letter["to"] == bo.email
    assert "A mail from eve@example.org came to the address in one of your letters." in " ".join(
        text_of(letter).split()
    )
    write(postbox, eve, address(bo, thread), "And again, with other words.")
    assert len(mail_of(postbox.site)) == 1  # no more than one a day


def test_several_senders_in_one_mail_are_nobody(postbox, database, thread, bo, address):
    write(postbox, bo, address(bo, thread), WORDS)
    message = mail("bo@example.org, eve@example.org", address(bo, thread), "Both of us say so.")
    postbox.take(bo.email, address(bo, thread), message)

    assert len(all_of(database, Answer)) == 1
    assert all_of(database, InboundMail)[-1].state is MailState.HELD


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=vacation"},
        {"Precedence": "auto_reply"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<friends.example.org>"},
        {"List_Unsubscribe": "<mailto:stop@example.org>"},
        {"Subject": "Automatic reply: Sync stops"},
        {"Subject": "Out of Office: Sync stops"},
    ],
)
def test_what_no_person_wrote_changes_nothing_and_gets_no_answer(postbox, database, thread, bo, address, headers):
    write(postbox, bo, address(bo, thread), "I am away until Monday, and read no mail.", **headers)

    assert the_mail(database).state is MailState.IGNORED
    assert all_of(database, Answer) == all_of(database, MailedReply) == []
    assert mail_of(postbox.site) == []


def test_a_person_who_says_that_no_machine_wrote_is_heard(postbox, database, thread, bo, address):
    write(postbox, bo, address(bo, thread), WORDS, Auto_Submitted="no")

    assert len(all_of(database, Answer)) == 1


def test_our_own_letters_come_back_to_nothing(postbox, database, thread, bo, address):
    write(postbox, bo, address(bo, thread), WORDS)
    to, site = address(bo, thread), postbox.site
    for sender in ("community@example.org", f"bounces@{site.settings.inbound_domain}", address(bo, thread)):
        postbox.take(sender, to, mail(sender, to, "An own letter, come back."))

    assert [one.state for one in all_of(database, InboundMail)[1:]] == [MailState.IGNORED] * 3
    assert letters_to(site, bo) == []


def test_somebody_whose_own_address_is_in_the_domain_is_heard(postbox, database, make, thread, address):
    ona = make.account("ona", email="ona@reply.example.org")
    write(postbox, ona, address(ona, thread))

    assert [one.author_id for one in all_of(database, Answer)] == [ona.id]


def test_who_sees_the_thread_no_more_is_not_told_that_staff_are_at_it(postbox, database, make, bo, address):
    hidden = make.thread(visibility=Visibility.HIDDEN, staff_state=StaffState.WITH_STAFF)
    write(postbox, bo, address(bo, hidden))

    assert all_of(database, MailedReply)[0].state is ReplyState.REFUSED
    assert "taff" not in text_of(letters_to(postbox.site, bo)[0])


def test_a_refused_reply_is_answered_with_the_reason_and_kept(postbox, database, browser, make, bo, address):
    locked = make.thread(title="A locked one", locked_at=now(), lock_reason="It went in circles.")
    write(postbox, bo, address(bo, locked))

    assert all_of(database, Answer) == []
    (reply,) = all_of(database, MailedReply)
    assert (reply.state, reply.source) == (ReplyState.REFUSED, "Restart the daemon, then wait a minute.")
    (letter,) = mail_of(postbox.site)
    assert letter["to"] == bo.email
    assert "This thread is locked. It went in circles." in text_of(letter)
    assert "> Restart the daemon, then wait a minute." in text_of(letter)
    page = browser.sign_in(bo).get(f"/mailed/{reply.id}").text
    assert "This thread is locked." in page
    assert "Restart the daemon, then wait a minute." in page


def test_a_refused_reply_can_be_changed_and_posted(postbox, database, browser, thread, bo, address):
    write(postbox, bo, address(bo, thread), "Short")
    (reply,) = all_of(database, MailedReply)
    assert "at least 10 characters" in reply.said
    browser.sign_in(bo)
    page = browser.post(f"/mailed/{reply.id}", data={"body": "Shorter", "choice": "publish"})
    assert page.status_code == 422
    assert "Shorter" in page.text
    page = browser.post(f"/mailed/{reply.id}", data={"body": "Long enough by now.", "choice": "publish"})

    assert "Your reply is posted" in page.text
    assert [one.source for one in all_of(database, Answer)] == ["Long enough by now."]
    assert (
        browser.post(f"/mailed/{reply.id}", data={"body": "Once more, please.", "choice": "publish"}).status_code == 409
    )


def test_a_thrown_away_reply_comes_back(postbox, database, browser, thread, bo, address):
    write(postbox, bo, address(bo, thread), "Short")
    (reply,) = all_of(database, MailedReply)
    browser.sign_in(bo)
    assert "Your replies by mail" in browser.get("/").text
    browser.post(f"/mailed/{reply.id}/discard")
    assert "Nothing waits here" in browser.get("/mailed").text
    browser.post(f"/mailed/{reply.id}/keep")

    assert all_of(database, MailedReply)[0].state is ReplyState.REFUSED


def test_nobody_else_sees_a_reply_that_waits(postbox, database, browser, make, thread, bo, address):
    write(postbox, bo, address(bo, thread), "Short")
    (reply,) = all_of(database, MailedReply)

    for other in (make.account("eve"), make.admin("root"), make.staff("sam")):
        browser.sign_in(other)
        assert browser.get(f"/mailed/{reply.id}").status_code == 404
        assert browser.post(f"/mailed/{reply.id}/discard").status_code == 404
        body = {"body": "In another's name.", "choice": "publish"}
        assert browser.post(f"/mailed/{reply.id}", data=body).status_code == 404


def test_an_old_letter_is_no_way_in_any_more(postbox, database, thread, bo, address):
    to = address(bo, thread)
    with clock.at(now() + timedelta(days=91)):
        write(postbox, bo, to)
        assert "too old" in text_of(mail_of(postbox.site)[-1])

    assert all_of(database, Answer) == []
    assert all_of(database, MailedReply)[0].source == "Restart the daemon, then wait a minute."


def test_a_mail_that_only_quotes_says_nothing(postbox, database, thread, bo, address):
    write(postbox, bo, address(bo, thread), QUOTE)

    assert all_of(database, MailedReply)[0].state is ReplyState.REFUSED
    assert "nothing to read" in text_of(mail_of(postbox.site)[-1])


@pytest.mark.parametrize("case", ["suspended", "silenced", "unconfirmed", "hidden", "duplicate"])
def test_the_rules_of_the_page_hold_for_mail(postbox, database, make, bo, address, case):
    columns = {"hidden": {"visibility": Visibility.HIDDEN}}.get(case, {})
    if case == "duplicate":
        columns = {"duplicate_of_id": make.thread().id}
    thread = make.thread(**columns)
    with database.writing() as session:
        account = session.get(type(bo), bo.id)
        if case == "unconfirmed":
            account.email_verified_at = None
        if case == "silenced":
            account.silenced_until = now() + timedelta(days=1)
        if case == "suspended":
            account.suspended_until = now() + timedelta(days=1)
    write(postbox, bo, address(bo, thread))

    assert all_of(database, Answer) == []
    assert all_of(database, MailedReply)[0].state is ReplyState.REFUSED


def test_more_than_the_form_takes_in_an_hour_is_refused(postbox, database, make, thread, bo, address):
    for _ in range(60):
        make.answer(thread, author=bo, created_at=now())
    write(postbox, bo, address(bo, thread))

    assert "a lot within an hour" in all_of(database, MailedReply)[0].said


def test_an_erased_account_writes_nothing_any_more(postbox, database, make, thread, bo, address):
    to = address(bo, thread)
    with database.writing() as session:
        session.get(type(bo), bo.id).anonymised_at = now()
    write(postbox, bo, to)

    assert the_mail(database).state is MailState.IGNORED
    assert all_of(database, Answer) == []


def test_a_reply_waits_while_staff_are_at_the_thread(postbox, database, browser, make, thread, bo, address):
    with database.writing() as session:
        session.get(Thread, thread.id).staff_state = StaffState.WITH_STAFF
    write(postbox, bo, address(bo, thread))

    assert all_of(database, Answer) == []
    (reply,) = all_of(database, MailedReply)
    assert reply.state is ReplyState.ASKED
    browser.sign_in(bo)
    assert "What you replied by mail waits" in browser.get("/notifications").text
    page = browser.get(f"/mailed/{reply.id}").text
    assert "Who may read your reply?" in page
    assert "Give it to staff only" in page


def linked_path(letter):
    return next(word for word in text_of(letter).split() if "/mailed/link/" in word).removeprefix("http://testserver")


@pytest.fixture
def waiting(postbox, database, thread, bo, address):
    with database.writing() as session:
        session.get(Thread, thread.id).staff_state = StaffState.WITH_STAFF
    write(postbox, bo, address(bo, thread))
    return linked_path(mail_of(postbox.site)[-1])


DECISION = {"body": "Restart the daemon, then wait a minute.", "choice": "publish"}


def test_the_mailed_link_posts_once_without_signing_in(browser, database, waiting, bo):
    assert "Restart the daemon" in browser.get(waiting).text
    assert browser.post(waiting, data=DECISION).status_code == 200

    assert [one.author_id for one in all_of(database, Answer)] == [bo.id]
    assert browser.get(waiting).status_code == 404
    assert browser.post(waiting, data=DECISION).status_code == 404
    assert len(all_of(database, Answer)) == 1


def test_looking_at_the_link_posts_nothing(browser, database, waiting):
    for _ in range(2):
        assert browser.get(waiting).status_code == 200

    assert all_of(database, Answer) == []


def test_the_link_is_no_good_once_the_page_has_decided(browser, database, waiting, bo):
    (reply,) = all_of(database, MailedReply)
    browser.sign_in(bo).post(f"/mailed/{reply.id}/discard")

    assert browser.post(waiting, data=DECISION).status_code == 404
    assert all_of(database, Answer) == []


def test_the_link_is_bound_to_the_address_and_ends(browser, database, waiting, bo):
    with clock.at(now() + timedelta(days=8)):
        assert browser.get(waiting).status_code == 404
    with database.writing() as session:
        session.get(type(bo), bo.id).email = "elsewhere@example.org"
    assert browser.get(waiting).status_code == 404


def test_a_link_made_for_something_else_opens_no_reply(browser, waiting):
    assert browser.post(waiting.replace("/mailed/link/", "/confirm/")).status_code == 404


def html_mail(sender, to, html):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Re: a letter"
    message.set_content(html, subtype="html")
    return message


def test_a_mail_in_html_becomes_markdown(postbox, database, thread, bo, address):
    html = (
        "<html><head><style>p{color:red}</style></head><body><div>Use <b>this</b>:</div>"
        "<div><code>sync --now</code></div>"
        '<div class="gmail_signature">Bo Lind, Sales</div><br><div class="gmail_quote">On Fri, 27 Nov 2026 at 9:30, '
        "Porchlight &lt;community@example.org&gt; wrote:<br><blockquote>Ana asked</blockquote></div></body></html>"
    )
    to = address(bo, thread)
    postbox.take(bo.email, to, html_mail(bo.email, to, html))

    (answer,) = all_of(database, Answer)
    assert "Use **this**:" in answer.source
    assert "`sync --now`" in answer.source
    assert not any(word in answer.source for word in ("color", "Sales", "Ana asked", "wrote"))


def test_files_come_along_and_what_is_not_taken_is_named(postbox, database, thread, bo, address):
    to = address(bo, thread)
    message = mail(bo.email, to, "The log is with it.")
    message.add_attachment(b"line one\n", maintype="text", subtype="plain", filename="sync.log")
    message.add_attachment(b"MZ\x90", maintype="application", subtype="octet-stream", filename="virus.exe")
    postbox.take(bo.email, to, message)

    (answer,) = all_of(database, Answer)
    assert "[sync.log](/files/" in answer.source
    assert "virus" not in answer.source
    assert "virus.exe: Files of this kind are not taken" in " ".join(text_of(mail_of(postbox.site)[-1]).split())


@pytest.mark.parametrize(
    "charset", [b"utf-8", b"latin-1", b"no-such-charset", b"utf-16", b"\xff\xfe", b"undefined", b"base64"]
)
def test_no_charset_stops_a_mail(postbox, database, thread, bo, address, charset):
    to = address(bo, thread)
    raw = (
        b"From: bo@example.org\r\nTo: " + to.encode() + b"\r\nSubject: =?x-nothing?Q?=FF=FE?=\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=" + charset + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        b"Gr\xfc\xdfe from afar, \x00 and more of it.\r\n"
    )
    postbox.take(bo.email, to, raw)

    assert the_mail(database).state is MailState.DONE
    (answer,) = all_of(database, Answer)
    assert "\0" not in answer.source


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"From: bo@example.org",
        b"From: bo@example.org\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: bo@example.org\r\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(400)),
        b"From: eve\x00\xff@example.org\r\n\r\nHello from nobody.",
        b"From: bo@example.org\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
        b"From: =?utf-8?B?!!!?=\r\nContent-Type: text/plain; charset*0*=x''%ZZ\r\n\r\n\xff\xff",
    ],
)
def test_no_mail_is_too_broken_to_be_settled(postbox, database, thread, bo, address, raw):
    postbox.take(bo.email, address(bo, thread), raw)

    assert the_mail(database).state is not MailState.WAITING
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 0
