"""Letters with notifications: what they belong to, how they are gathered, and what they never say."""

from __future__ import annotations

import contextvars
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import Account
from forum.clock import now
from forum.events.threads import CommentPosted, ThreadAsked
from forum.following import Level, Subject
from forum.jobs import Job, Workshop
from forum.mail import is_ours
from forum.notifications import notify
from forum.notifications.mailing import WINDOW
from forum.notifications.models import ByMail, Choice, Notification
from forum.posts import Visibility
from forum.tags.models import Tag
from forum.threads.models import Answer, Thread
from support.tickets.models import Ticket
from tests.forum.notifications.conftest import posted
from tests.mailing import text_of


@pytest.fixture
def tell(database):
    def tell(account, text="Something happened.", kind="words", **more):
        with database.writing() as session:
            notify(session, account.id, kind, text=text, **more)

    return tell


def ids_of(letter):
    return letter["message-id"], letter["in-reply-to"], letter["references"]


def test_the_words_of_a_thread_belong_together_in_a_mail_program(
    happen, mail, make, choose, database, settings, monkeypatch
):
    monkeypatch.setattr("forum.notifications.mailing.WINDOW", timedelta(0))
    thread = make.thread(tags=("sync",))
    with database.reading() as session:
        tag = session.scalars(select(Tag)).one()
    choose(make.account("wim"), Subject.TAG, tag.id, Level.WATCH)
    answer = make.answer(thread)
    remark = make.comment(thread, answer_id=answer.id)
    happen(ThreadAsked(actor_id=thread.author_id, thread_id=thread.id, author_id=thread.author_id))
    mail()
    happen(posted(answer, thread))
    mail()
    happen(
        CommentPosted(
            actor_id=remark.author_id,
            thread_id=thread.id,
            answer_id=answer.id,
            comment_id=remark.id,
            author_id=remark.author_id,
            parent_author_id=answer.author_id,
        )
    )
    letters = [letter for letter in mail() if letter["to"] == "wim@example.org"]

    assert [letter["subject"] for letter in letters] == [
        "Sync stops halfway",
        "Re: Sync stops halfway",
        "Re: Sync stops halfway",
    ]
    question, reply, comment = (ids_of(letter) for letter in letters)
    assert question[1:] == (None, None)
    assert reply[1:] == (question[0], question[0])
    assert comment[1:] == (reply[0], f"{question[0]} {reply[0]}")
    assert all(is_ours(settings, one[0]) for one in (question, reply, comment))
    assert not is_ours(settings, question[0].replace("thread-", "thread-1"))


def test_a_title_that_says_re_already_is_not_answered_twice(happen, mail, make, asker):
    thread = make.thread(author=asker, title="Re: my lamp is still out")
    happen(posted(make.answer(thread), thread))

    assert mail()[0]["subject"] == "Re: my lamp is still out"


def test_every_letter_says_how_to_be_sent_no_more_of_it(happen, mail, make, asker, thread):
    happen(posted(make.answer(thread), thread))
    (letter,) = mail()

    assert letter["list-id"] == "<notifications.testserver>"
    assert letter["precedence"] == "list"
    assert letter["auto-submitted"] == "auto-generated"
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<http://testserver(/unsubscribe/\S+)>", letter["list-unsubscribe"])[1]
    assert address in text_of(letter)
    assert address in letter.get_body(("html",)).get_content()
    assert letter["reply-to"] is None


def test_its_html_carries_its_styles_and_runs_nothing(happen, mail, make, asker):
    thread = make.thread(author=asker, title="Why does <script>alert(1)</script> show?")
    happen(posted(make.answer(thread, body="<b>bold</b>"), thread))
    html = mail()[0].get_body(("html",)).get_content()

    assert 'style="' in html
    assert "<style" not in html
    assert "<script" not in html
    assert "&lt;b&gt;bold" in html


def test_the_first_of_a_quiet_time_comes_at_once_and_what_follows_comes_together(tell, mail, asker):
    moment = now()
    with clock.at(moment):
        tell(asker, "First.")
        assert len(mail()) == 1
        tell(asker, "Second.")
        tell(asker, "Third.")
        assert len(mail()) == 1
    with clock.at(moment + WINDOW + timedelta(seconds=1)):
        letters = mail()
        tell(asker, "Fourth.")
        assert len(mail()) == 2  # a gathered letter begins the next gathering
    with clock.at(moment + WINDOW * 3):
        assert len(mail()) == 3

    assert letters[1]["subject"] == "2 things are new at Porchlight"
    assert "Second." in text_of(letters[1])
    assert "Third." in text_of(letters[1])
    assert "First." not in text_of(letters[1])


@pytest.fixture
def ticket(database, asker):
    with database.writing() as session:
        session.add(Ticket(reference="T-1", requester_id=asker.id, subject="No mail"))


def test_the_words_of_a_ticket_are_never_held_back(tell, mail, asker, ticket):
    tell(asker, "First.")
    tell(asker, "T-1: No mail", kind="ticket_reply", url="/tickets/T-1")
    tell(asker, "T-1: No mail", kind="ticket_reply", url="/tickets/T-1")

    assert [letter["subject"] for letter in mail()[1:]] == ["Staff wrote to you in your ticket"] * 2


def test_a_letter_tells_of_no_ticket_that_its_reader_may_not_see_any_more(tell, mail, asker, ticket, make, database):
    bo, sta = make.account("bo"), make.staff("sta", tier=1)
    tell(bo, "T-1", kind="ticket_shared_reply", url="/tickets/T-1")
    tell(sta, "T-1: No mail", kind="ticket_requester_wrote", url="/desk/tickets/T-1")
    tell(asker, "T-1: No mail", kind="ticket_requester_wrote", url="/desk/tickets/T-1")
    with database.writing() as session:
        session.get_one(Account, sta.id).staff = False

    assert mail() == []


def test_a_clock_set_back_does_not_hold_mail_back_for_long(tell, mail, asker):
    with clock.at(now() + timedelta(days=30)):
        tell(asker, "From a wrong month.")
        mail()
    tell(asker, "Now.")

    assert any("Now." in text_of(letter) for letter in mail())


def test_what_was_read_meanwhile_is_not_mailed(tell, mail, database, asker):
    moment = now()
    with clock.at(moment):
        tell(asker, "First.")
        mail()
        tell(asker, "Second.")
        with database.writing() as session:
            session.execute(update(Notification).values(read_at=now()))
    with clock.at(moment + WINDOW * 2):
        assert len(mail()) == 1


@pytest.mark.parametrize("how", ["hidden", "restricted", "muted", "stopped", "gone"])
def test_what_changed_while_a_letter_waited_counts(happen, mail, make, choose, database, asker, how):
    thread = make.thread(author=asker, title="A secret plan for the lamp")
    bo, eva = make.account("bo"), make.account("eva")
    for one in (bo, eva):
        choose(one, Subject.THREAD, thread.id, Level.FOLLOW)
    answer = make.answer(thread, body="The hidden words.")
    happen(posted(answer, thread))
    with database.writing() as session:
        if how == "hidden":
            session.get_one(Thread, thread.id).visibility = Visibility.HIDDEN
        elif how == "restricted":
            session.get_one(Answer, answer.id).visibility = Visibility.HIDDEN
        elif how == "stopped":
            session.add(Choice(account_id=bo.id, matter="replies", by_mail=ByMail.NEVER))
        elif how == "gone":
            bo.offboarded_at = now()
            session.merge(bo)
    if how == "muted":
        choose(bo, Subject.THREAD, thread.id, Level.MUTE)
    letters = [letter for letter in mail() if letter["to"] == "bo@example.org"]

    assert letters == []
    others = [letter["to"] for letter in mail()]
    assert ("eva@example.org" in others) == (how in ("muted", "stopped", "gone"))


def test_two_workers_send_one_letter(site, tell, database, make, asker):
    for number in range(6):
        tell(asker, f"News {number}.")
    start = Barrier(2)

    def work():
        workshop = Workshop(site.database, site.jobs)
        workshop.name = f"worker-{id(workshop)}"
        start.wait()
        return workshop.drain()

    with clock.at(now() + WINDOW * 2), ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda context: context.run(work), [contextvars.copy_context() for _ in range(2)]))
    letters = list((site.settings.var / "mail").glob("*.eml"))
    told = [f"News {number}." for number in range(6)]
    texts = "".join(letter.read_text() for letter in letters)

    assert [texts.count(words) for words in told] == [2] * 6  # once in the text and once in the HTML
    with database.reading() as session:
        assert session.scalars(select(Job.error).where(Job.error.is_not(None))).all() == []


def test_a_letter_that_failed_is_tried_again_with_what_it_had_taken(site, tell, asker, monkeypatch, database):
    tell(asker, "First.")
    tell(asker, "Second.")
    sent = []

    def refuse(_postman, _task, message, _to):
        sent.append(message)
        if len(sent) == 1:
            raise OSError("the server is away")

    monkeypatch.setattr("forum.mail.Postman.send", refuse)
    moment = now()
    for step in (0, 1, 2):
        with clock.at(moment + WINDOW * step):
            Workshop(site.database, site.jobs).drain()

    assert sum("First." in text_of(message) for message in sent) >= 1
    with database.reading() as session:
        assert all(session.scalars(select(Notification.letter_id)))


def test_a_letter_is_in_its_readers_zone_and_goes_to_a_confirmed_address_alone(database, mail, make, tell):
    new = make.account("new", email=None, email_verified_at=None, unconfirmed_email="victim@example.org")
    tell(new, "Something happened.")

    assert mail() == []


def test_what_is_told_by_mail_alone_does_not_stand_in_the_page(browser, database, tell, mail, told, asker):
    with database.writing() as session:
        session.add(Choice(account_id=asker.id, matter="other", page=False, by_mail=ByMail.AT_ONCE))
    tell(asker, "By mail alone.")

    assert told(asker) == []
    assert "By mail alone." in text_of(mail()[0])
    assert "By mail alone." not in browser.sign_in(asker).get("/notifications").text
    with database.reading() as session:
        one = session.scalars(select(Notification.id)).one()
    assert browser.post(f"/notifications/{one}/open").status_code == 404


def test_nobody_is_told_what_they_want_neither_in_the_page_nor_by_mail(database, tell, mail, told, asker):
    with database.writing() as session:
        session.add(Choice(account_id=asker.id, matter="other", page=False, by_mail=ByMail.NEVER))
    tell(asker, "Not at all.")

    assert (told(asker), mail()) == ([], [])


def test_a_mention_that_is_switched_off_leaves_other_reasons_to_hear(happen, told, make, choose, database, thread):
    bo = make.account("bo")
    choose(bo, Subject.THREAD, thread.id, Level.FOLLOW)
    with database.writing() as session:
        session.add(Choice(account_id=bo.id, matter="mentions", page=False, by_mail=ByMail.NEVER))
    happen(replace(posted(make.answer(thread), thread), mentions=("bo",)))

    assert told(bo) == [("followed_answer", "")]
