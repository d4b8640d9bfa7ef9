"""Telling people: who hears of what, once, and never of what they may not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forum.events.moderation import PostHeld, PostHiddenByFlags
from forum.events.threads import (
    AnswerAccepted,
    CommentPosted,
    InfoRequested,
    MarkedDuplicate,
    PostEdited,
    PostRemovedByStaff,
    PostVisibilityChanged,
    TextWithheld,
    ThreadAsked,
    ThreadLocked,
)
from forum.jobs import Workshop
from forum.notifications import add_kind, notify
from forum.notifications.fan_out import AT_ONCE
from forum.notifications.models import EVERY, ByMail, Choice
from forum.posts import PostKind, PostRef, Visibility
from forum.tags.models import SpaceAudience
from forum.threads.models import Answer, Thread
from tests.forum.notifications.conftest import follow, posted


def test_the_asker_hears_of_an_answer_by_page_and_mail(happen, told, mail, asker, thread, make):
    bo = make.account("bo", display_name="Bo")
    answer = make.answer(thread, author=bo, body="Restart it.")
    happen(posted(answer, thread))

    assert told(asker) == [("answer", "")]
    (letter,) = mail()
    assert letter["to"] == "ana@example.org"
    assert letter["subject"] == "Re: Sync stops halfway"
    text = letter.get_body(("plain",)).get_content()
    assert f"http://testserver/threads/{thread.id}/sync-stops-halfway?answer={answer.id}#answer-{answer.id}" in text
    assert "Bo answered your question “Sync stops halfway”." in text
    assert "Restart it." in text
    assert "No more mail of this: Somebody answers my question:" in text
    assert "Restart it." in letter.get_body(("html",)).get_content()


def test_the_companys_word_is_announced_as_such(happen, told, asker, thread, answer):
    happen(posted(answer, thread, from_staff=True))

    assert told(asker) == [("staff_answer", "")]


def test_nobody_is_told_of_what_they_did_themself(happen, told, database, asker, thread, make):
    answer = make.answer(thread, author=asker)
    follow(database, thread, asker)
    happen(posted(answer, thread, mentions=("ana",)))

    assert told(asker) == []


def test_one_event_is_told_once_however_many_reasons_there_are(happen, told, database, asker, thread, answer):
    follow(database, thread, asker)
    happen(posted(answer, thread, mentions=("ana", "ANA")))
    happen(posted(answer, thread, mentions=("ana",)))

    assert told(asker) == [("mention", "")]


def test_followers_hear_of_an_answer_and_of_the_solution(happen, told, database, asker, thread, answer, make):
    bo = make.account("bo")
    follow(database, thread, bo)
    happen(posted(answer, thread))
    happen(
        AnswerAccepted(
            actor_id=asker.id,
            thread_id=thread.id,
            answer_id=answer.id,
            answer_author_id=answer.author_id,
            replaced_answer_id=None,
        )
    )

    assert told(bo) == [("followed_answer", ""), ("solved", "")]


def test_a_crowd_of_followers_is_told_by_a_job_and_each_once(happen, told, site, database, thread, answer, make):
    crowd = [make.account() for _ in range(AT_ONCE * 2 + 5)]
    follow(database, thread, *crowd)
    happen(posted(answer, thread))
    assert told(crowd[0]) == []

    Workshop(site.database, site.jobs).drain()
    assert [told(one) for one in crowd] == [[("followed_answer", "")]] * len(crowd)


def test_the_author_of_an_accepted_answer_hears_it(happen, told, database, asker, thread, make):
    bo = make.account("bo")
    answer = make.answer(thread, author=bo)
    accepted = AnswerAccepted(
        actor_id=asker.id, thread_id=thread.id, answer_id=answer.id, answer_author_id=bo.id, replaced_answer_id=None
    )
    happen(accepted)
    happen(accepted)

    assert told(bo) == [("accepted", "")]


def test_a_comment_is_told_to_whom_it_answers_and_whom_it_mentions(happen, told, asker, thread, make):
    bo, eva = make.account("bo"), make.account("eva")
    comment = make.comment(thread, author=bo)
    happen(
        CommentPosted(
            actor_id=bo.id,
            thread_id=thread.id,
            answer_id=None,
            comment_id=comment.id,
            author_id=bo.id,
            parent_author_id=asker.id,
            mentions=("eva", "nobody-of-that-name"),
        )
    )

    assert told(asker) == [("comment", "")]
    assert told(eva) == [("mention", "")]


def test_an_edit_by_another_is_told_one_by_oneself_is_not(happen, told, asker, thread, make):
    eva = make.account("eva")
    edited = PostEdited(
        actor_id=eva.id, post=PostRef(PostKind.THREAD, thread.id), thread_id=thread.id, author_id=asker.id, revision=2
    )
    happen(edited)
    happen(replace(edited, actor_id=asker.id, revision=3))

    assert told(asker) == [("edited", "")]


def test_a_mention_in_what_one_may_not_see_is_not_told(happen, told, mail, make, asker):
    space = make.space(audience=SpaceAudience.ORGANISATIONS)
    thread = make.thread(author=asker, space_id=space.id)
    outsider, admin = make.account("outsider"), make.admin("ad")
    answer = make.answer(thread, author=make.account("bo"))
    happen(posted(answer, thread, mentions=("outsider", "ad")))

    assert told(outsider) == []
    assert "outsider@example.org" not in [letter["to"] for letter in mail()]
    assert told(admin) == [("mention", "")]


def test_what_waits_for_approval_is_told_when_it_is_shown(happen, told, site, database, asker, thread, make):
    bo, eva = make.account("bo"), make.account("eva")
    answer = make.answer(
        thread, author=bo, visibility=Visibility.PENDING, html='<p><a class="mention" href="/people/eva">@eva</a></p>'
    )
    ref = PostRef(PostKind.ANSWER, answer.id)
    happen(posted(answer, thread, visibility=Visibility.PENDING, mentions=("eva",)))
    assert told(asker) == told(eva) == []

    with database.writing() as session:
        session.get_one(Answer, answer.id).visibility = Visibility.PUBLISHED
    changed = {"post": ref, "thread_id": thread.id, "author_id": bo.id}
    happen(PostVisibilityChanged(actor_id=None, was=Visibility.PENDING, became=Visibility.PUBLISHED, **changed))
    Workshop(site.database, site.jobs).drain()

    assert told(asker) == [("answer", "")]
    assert told(eva) == [("mention", "")]


@pytest.mark.parametrize(
    ("was", "became", "kind"),
    [
        (Visibility.PUBLISHED, Visibility.HIDDEN, "hidden"),
        (Visibility.PUBLISHED, Visibility.DELETED, "removed"),
        (Visibility.PENDING, Visibility.REJECTED, "rejected"),
        (Visibility.PENDING, Visibility.PUBLISHED, "approved"),
        (Visibility.HIDDEN, Visibility.PUBLISHED, "restored"),
    ],
)
def test_the_author_hears_what_a_moderator_did(happen, told, mail, database, make, thread, asker, was, became, kind):
    moderator = make.moderator("mo", display_name="Mo the Moderator")
    with database.writing() as session:
        row = session.get_one(Thread, thread.id)
        row.visibility, row.visibility_by_id = became, moderator.id
    own = {"post": PostRef(PostKind.THREAD, thread.id), "thread_id": thread.id, "author_id": asker.id}
    happen(PostRemovedByStaff(actor_id=moderator.id, was=was, became=became, reason="Spam.", **own))

    assert told(asker) == [(kind, "Spam.")]
    (letter,) = mail()
    assert "Spam." in letter.get_body(("plain",)).get_content()
    assert "Mo the Moderator" not in str(letter)


def test_other_news_of_ones_own_posts(happen, told, make, thread, asker):
    moderator, ref = make.moderator("mo"), PostRef(PostKind.THREAD, thread.id)
    other = make.thread()
    own = {"post": ref, "thread_id": thread.id, "author_id": asker.id}
    happen(PostHiddenByFlags(actor_id=None, review_id=1, **own))
    happen(PostHeld(actor_id=None, review_id=1, **own))
    happen(TextWithheld(actor_id=moderator.id, withheld=True, reason="A phone number.", **own))
    happen(TextWithheld(actor_id=moderator.id, withheld=False, **own))
    happen(ThreadLocked(actor_id=moderator.id, thread_id=thread.id, reason="Too heated."))
    happen(MarkedDuplicate(actor_id=moderator.id, thread_id=thread.id, duplicate_of_id=other.id))
    happen(InfoRequested(actor_id=moderator.id, thread_id=thread.id, needed=True))
    happen(InfoRequested(actor_id=moderator.id, thread_id=thread.id, needed=False))

    assert told(asker) == [
        ("hidden_by_flags", ""),
        ("held", ""),
        ("withheld", "A phone number."),
        ("locked", "Too heated."),
        ("duplicate", ""),
        ("needs_info", ""),
    ]


def test_a_question_tells_those_it_mentions(happen, told, make, thread, asker):
    eva = make.account("eva")
    happen(ThreadAsked(actor_id=asker.id, thread_id=thread.id, author_id=asker.id, mentions=("eva",)))

    assert told(eva) == [("mention", "")]


def test_siblings_tell_with_words_and_kinds_of_their_own(database, told, mail, asker):
    add_kind("test.ticket", "{actor} replied to your ticket", "ticket")
    with database.writing() as session:
        assert notify(session, asker.id, "test.ticket", url="/tickets/T-1", key="reply:1")
        assert not notify(session, asker.id, "test.ticket", url="/tickets/T-1", key="reply:1")
        assert notify(session, asker.id, "test.words", text="Your export is ready.", url="/export", mail=False)

    assert told(asker) == [("test.ticket", ""), ("test.words", "Your export is ready.")]
    assert [letter["subject"] for letter in mail()] == ["Somebody replied to your ticket"]


def test_no_mail_to_whom_does_not_want_it_or_has_confirmed_no_address(database, told, mail, make):
    quiet = make.account("quiet")
    with database.writing() as session:
        session.add(Choice(account_id=quiet.id, matter=EVERY, by_mail=ByMail.NEVER))
    unconfirmed = make.account("new", email=None, email_verified_at=None, unconfirmed_email="victim@example.org")
    with database.writing() as session:
        for account in (quiet, unconfirmed):
            notify(session, account.id, "words", text="Something happened.")

    assert len(told(quiet)) == len(told(unconfirmed)) == 1
    assert mail() == []


def test_a_title_with_a_line_break_adds_no_header(happen, mail, make, asker):
    thread = make.thread(author=asker, title="Help\r\nBcc: all@example.org")
    happen(posted(make.answer(thread), thread))

    (letter,) = mail()
    assert letter["bcc"] is None
    assert letter["to"] == "ana@example.org"


def test_those_who_left_are_told_nothing(database, told, make):
    gone = make.account("gone", offboarded_at=make.account().created_at)
    with database.writing() as session:
        assert not notify(session, gone.id, "words", text="Something happened.")
