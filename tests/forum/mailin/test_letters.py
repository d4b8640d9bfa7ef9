"""What a letter carries so that it can be replied to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from forum.app import build_site
from forum.mailin.addresses import read_reply_address
from forum.notifications import actions as notices
from forum.notifications.actions import Notice
from forum.posts import PostKind, PostRef
from tests.mailing import mail_of, text_of


def tell(site, account, kind, post=None, thread_id=None, **more):
    with site.database.writing() as session:
        notices.tell(session, [account.id], Notice(kind, post, thread_id=thread_id, **more))


def letter_about(site, account, kind, post=None, **more):
    tell(site, account, kind, post, **more)
    (letter,) = mail_of(site)
    return letter


@pytest.mark.parametrize("kind", ["thread", "answer", "comment"])
def test_a_letter_about_a_post_is_replied_to_at_an_address_of_its_own(
    site, settings, make, asker, thread, answer, kind
):
    post = {"thread": thread, "answer": answer, "comment": make.comment(thread)}[kind]
    ref = PostRef(PostKind(kind), post.id)
    letter = letter_about(site, make.account("bo"), "mention", ref, actor_id=asker.id)
    said = read_reply_address(settings, letter["reply-to"].addresses[0].username)

    assert said.post == ref
    assert not said.expired
    assert len(letter["reply-to"].addresses[0].username) <= 64
    assert "You can reply to this letter" in text_of(letter)
    assert letter["list-unsubscribe"]
    assert letter["message-id"]
    assert re.search(r"=\?|\n ", letter.as_string().split("Reply-To:")[1].split("\n")[0]) is None


def test_a_reply_is_threaded_under_the_letter(site, make, thread, answer, asker):
    letter = letter_about(site, asker, "answer", PostRef(PostKind.ANSWER, answer.id), actor_id=answer.author_id)

    assert letter["in-reply-to"] in letter["references"]


def test_a_letter_about_a_decision_is_not_replied_to(site, thread, asker):
    letter = letter_about(site, asker, "hidden", PostRef(PostKind.THREAD, thread.id), own=True)

    assert letter["reply-to"] is None
    assert "You can reply" not in text_of(letter)


def test_a_letter_that_tells_of_several_threads_is_not_replied_to(site, make, asker):
    bo, posts = make.account("bo"), [make.answer(make.thread(author=asker)) for _ in range(2)]
    for answer in posts:
        tell(site, asker, "answer", PostRef(PostKind.ANSWER, answer.id), actor_id=bo.id)
    (letter,) = mail_of(site)

    assert letter["reply-to"] is None
    assert "You can reply" not in text_of(letter)


def test_several_things_in_one_thread_are_replied_to_there(site, settings, make, thread, asker):
    bo = make.account("bo")
    for answer in [make.answer(thread) for _ in range(2)]:
        tell(site, asker, "answer", PostRef(PostKind.ANSWER, answer.id), actor_id=bo.id)
    (letter,) = mail_of(site)

    said = read_reply_address(settings, letter["reply-to"].addresses[0].username)
    assert (said.account_id, said.post) == (asker.id, PostRef(PostKind.THREAD, thread.id))


def test_where_no_mail_comes_in_a_letter_says_nothing_of_replies(settings, make, thread, asker):
    site = build_site(replace(settings, inbound_domain=None), durable=False)
    letter = letter_about(site, make.account("bo"), "mention", PostRef(PostKind.THREAD, thread.id), actor_id=asker.id)
    site.database.dispose()

    assert letter["reply-to"] is None
    assert "You can reply" not in text_of(letter)
