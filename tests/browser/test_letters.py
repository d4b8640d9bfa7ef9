"""From choosing what one hears of to the letter, and back by one press in it, with the server and its worker."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import expect

from forum.clock import now
from forum.events import emit
from forum.events.threads import AnswerPosted, ThreadAsked
from forum.jobs import enqueue
from forum.notifications import digests
from forum.notifications.models import DigestChoice
from tests.browser.axe import violations
from tests.browser.house import link_in

pytestmark = pytest.mark.browser
THREADS, REPLIES = "A new thread in what I follow or watch", "A new answer or comment in what I follow or watch"
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@BOTH
def test_what_one_follows_comes_by_mail_until_one_press_stops_it(house, visit, scripts):
    make, name = house.make, "scripted" if scripts else "plain"
    tag = make.tag(f"lamp-{name}")
    old = make.thread(tags=(tag.name,), title="How bright is the lamp at night?")
    reader = make.account(f"reader-{name}")
    visitor = visit(house, scripts=scripts).be(reader)

    visitor.open(f"/tags/{tag.name}")
    visitor.press("Watch")
    expect(visitor.main.get_by_role("button", name="Watch", pressed=True)).to_be_visible()
    visitor.open(f"/threads/{old.id}")
    visitor.press("Mute")
    visitor.reads("You hear nothing of this thread.")
    visitor.open("/settings/following")
    visitor.reads(old.title)
    visitor.follow("Tags 1")
    visitor.reads(tag.name)

    visitor.open("/settings/notifications")
    visitor.main.get_by_label(f"{THREADS}: by mail").select_option("At once")
    visitor.main.get_by_label(f"{REPLIES}: by mail").select_option("In the digest")
    with visitor.expecting(422):
        visitor.press("Save")
        visitor.reads("waits for the digest")
    visitor.main.get_by_label("A digest by mail").select_option("Every day")
    visitor.press("Save")
    visitor.reads("That is how you are told from now on.")

    new = make.thread(tags=(tag.name,), title=f"Where is the {name} switch?")
    muted, heard = make.answer(old, body="Very bright."), make.answer(new, body="Behind the door.")
    with house.site.database.writing() as session:
        emit(session, ThreadAsked(actor_id=new.author_id, thread_id=new.id, author_id=new.author_id))
        for thread, answer in ((old, muted), (new, heard)):
            emit(session, answered(thread, answer))
    letter = house.letter_to(reader.email, new.title)
    assert f"You get this because you follow or watch the tag {tag.name}." in letter.get_body(("plain",)).get_content()
    with house.site.database.writing() as session:
        session.get_one(DigestChoice, reader.id).next_at = now()
        enqueue(session, digests.DUE, {})
    digest = house.letter_to(reader.email, "digest")
    text = digest.get_body(("plain",)).get_content()
    assert f"answered “{new.title}”" in text
    assert "Very bright." not in text

    one_click = re.fullmatch(r"<(\S+)>", digest["list-unsubscribe"])[1]
    reply = httpx2.post(one_click, data={"List-Unsubscribe": "One-Click"})
    assert reply.status_code == 200
    visitor.open("/settings/notifications")
    expect(visitor.main.get_by_label("A digest by mail")).to_have_value("default")

    visitor.open(link_in(letter, "/unsubscribe/"))
    assert not scripts or violations(visitor.page) == []  # axe is a script itself
    visitor.press(f"Stop following the tag {tag.name}")
    visitor.reads("It is stopped")
    assert not scripts or violations(visitor.page) == []  # axe is a script itself
    visitor.open(f"/tags/{tag.name}")
    expect(visitor.main.get_by_role("button", name="Normal", pressed=True)).to_be_visible()


def test_an_admin_words_a_letter_and_sees_it_in_its_frame(house, visit):
    visitor = visit(house).be(house.make.admin("lettersmith"))
    visitor.open("/admin/letters")
    visitor.follow("A word in a thread")
    visitor.main.get_by_label("Opening").fill("Hello {nobody}")
    with visitor.expecting(422):
        visitor.press("Save")
    visitor.reads("This letter knows no {nobody}.")
    visitor.main.get_by_label("Opening").fill("{actor} has a word for you.")
    visitor.press("Save")
    frame = visitor.page.frame_locator("iframe")
    expect(frame.get_by_text("Bo Lind has a word for you.")).to_be_visible()
    visitor.press("Back to the original words")
    expect(frame.get_by_text("Bo Lind answered your question")).to_be_visible()


def answered(thread, answer):
    return AnswerPosted(
        actor_id=answer.author_id,
        thread_id=thread.id,
        answer_id=answer.id,
        author_id=answer.author_id,
        thread_author_id=thread.author_id,
    )
