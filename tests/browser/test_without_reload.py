"""With scripts, what one does in a thread changes the page in place; without, the same buttons load it again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from forum.clock import now
from forum.threads.models import Thread
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


@pytest.fixture
def scene(house: House):
    """A thread with an answer, its asker, and somebody who reads it."""
    make = house.make
    asker, helper, reader = (make.account() for _ in range(3))
    thread = make.thread(author=asker, title="Sync stops at 40 % on the second machine")
    return make, thread, make.answer(thread, author=helper), asker, reader


@BOTH
def test_voting(house, visit: Visit, scene, scripts):
    _make, thread, answer, _asker, reader = scene
    visitor = visit(house, scripts=scripts).be(reader)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)

    vote = visitor.page.locator(f"#vote-answer-{answer.id}")
    vote.get_by_role("button", name="Useful", exact=True).click()
    expect(vote.locator(".vote-score")).to_have_text(re.compile(r"^\s*1\b"))
    expect(vote.get_by_role("button", name="Useful", exact=True)).to_have_attribute("aria-pressed", "true")
    vote.get_by_role("button", name="Useful", exact=True).click()
    expect(vote.locator(".vote-score")).to_have_text(re.compile(r"^\s*0\b"))

    assert stayed_as_it_should(visitor)


@BOTH
def test_accepting_and_taking_it_back(house, visit: Visit, scene, scripts):
    _make, thread, _answer, asker, _reader = scene
    visitor = visit(house, scripts=scripts).be(asker)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)

    visitor.press("This solved it")
    visitor.reads("The answer that solved it")
    visitor.press("Not the solution after all")
    expect(visitor.main.get_by_text("The answer that solved it")).to_have_count(0)

    assert stayed_as_it_should(visitor)


@BOTH
def test_answering(house, visit: Visit, scene, scripts):
    _make, thread, _answer, _asker, reader = scene
    visitor = visit(house, scripts=scripts).be(reader)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)

    answer_box(visitor).fill("Turn **Wi-Fi saving** off.")
    visitor.press("Post answer")
    expect(visitor.main.locator("article strong").filter(has_text="Wi-Fi saving")).to_be_visible()
    assert stayed_as_it_should(visitor)

    visitor.page.reload()
    expect(visitor.main.locator("article strong").filter(has_text="Wi-Fi saving")).to_have_count(1)
    expect(answer_box(visitor)).to_have_value("")


@BOTH
def test_commenting(house, visit: Visit, scene, scripts):
    _make, thread, _answer, asker, _reader = scene
    visitor = visit(house, scripts=scripts).be(asker)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)

    place = visitor.page.locator(f"#comments-thread-{thread.id}, #comments-question-{thread.id}")
    visitor.fold_out("Add a comment", within=place)
    place.get_by_label("Comment").fill("It is version 4.2.")
    visitor.press("Comment", within=place)
    visitor.reads("It is version 4.2.", within=place)

    assert stayed_as_it_should(visitor)


@BOTH
def test_following(house, visit: Visit, scene, scripts):
    _make, thread, _answer, _asker, reader = scene
    visitor = visit(house, scripts=scripts).be(reader)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)

    for level in ("Follow", "Mute"):
        visitor.press(level)
        expect(visitor.main.get_by_role("button", name=level, pressed=True)).to_be_visible()
    visitor.reads("You hear nothing of this thread.")

    assert stayed_as_it_should(visitor)


@BOTH
def test_flagging(house, visit: Visit, scene, scripts):
    _make, thread, _answer, _asker, reader = scene
    visitor = visit(house, scripts=scripts).be(reader)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)

    question = visitor.main.get_by_role("article").first
    visitor.fold_out("More about this question", within=question)
    visitor.follow("Flag", within=question)
    visitor.main.get_by_role("radio", name="Something else").check()
    with visitor.expecting(422):
        visitor.press("Flag")
        visitor.reads("Say in a few words what is wrong.")
    visitor.main.get_by_label("What should moderators know?").fill("It is the same as yesterday's.")
    visitor.press("Flag")
    visitor.reads("Flagged. A moderator will look")

    assert stayed_as_it_should(visitor)


def test_a_refusal_is_said_in_a_corner_and_changes_nothing(house, visit: Visit, scene):
    _make, thread, _answer, _asker, reader = scene
    visitor = visit(house).be(reader)
    visitor.open(f"/threads/{thread.id}")
    marked(visitor)
    with house.site.database.writing() as session:
        session.get_one(Thread, thread.id).locked_at = now()

    answer_box(visitor).fill("Too late for this one.")
    with visitor.expecting(403, 409, 422):
        visitor.press("Post answer")
        expect(visitor.page.locator("#toasts")).to_contain_text("locked")
    expect(answer_box(visitor)).to_have_value("Too late for this one.")
    assert visitor.stayed()


def test_a_draft_survives_a_reload_and_is_gone_once_sent(house, visit: Visit, scene):
    _make, thread, _answer, _asker, reader = scene
    visitor = visit(house).be(reader)
    visitor.open(f"/threads/{thread.id}")

    answer_box(visitor).fill("Half an answer that I have not")
    expect(visitor.page.locator("[data-draft-note]")).to_have_text("Draft kept in this browser.")
    visitor.page.reload()
    expect(answer_box(visitor)).to_have_value("Half an answer that I have not")
    visitor.press("Post answer")
    expect(visitor.main.locator("article").filter(has_text="Half an answer")).to_be_visible()
    visitor.page.reload()
    expect(answer_box(visitor)).to_have_value("")


def test_a_draft_of_a_question_is_kept_whole(house, visit: Visit):
    house.make.tag("lamp")
    visitor = visit(house).be(house.make.account())
    visitor.open("/ask")
    typed = {"Title": "The lamp stays dark", "Tags": "lamp", "Version and system": "Lantern 4.2"}
    for label, text in typed.items():
        visitor.main.get_by_label(label).fill(text)
    expect(visitor.page.locator("[data-draft-note]")).to_have_text("Draft kept in this browser.")

    visitor.page.reload()
    expect(visitor.page.locator("[data-draft-note]")).to_have_text("Your draft from before is back.")
    for label, text in typed.items():
        expect(visitor.main.get_by_label(label)).to_have_value(text)


def test_control_and_enter_send_what_is_being_written(house, visit: Visit, scene):
    _make, thread, _answer, _asker, reader = scene
    visitor = visit(house).be(reader)
    visitor.open(f"/threads/{thread.id}")

    answer_box(visitor).fill("Sent without a mouse.")
    answer_box(visitor).press("Control+Enter")
    expect(visitor.main.locator("article").filter(has_text="Sent without a mouse.")).to_have_count(1)


def test_a_choice_changes_all_that_depends_on_it(house, visit: Visit, scene):
    _make, thread, _answer, asker, _reader = scene
    visitor = visit(house).be(asker)
    visitor.open(f"/threads/{thread.id}")
    shown = visitor.page.locator(f"#question-{thread.id}, #thread-acts, #thread-aside, .reputation, #own-reputation")
    marked(visitor)

    for button, after in (
        ("This solved it", "Not the solution after all"),
        ("Not the solution after all", "This solved it"),
    ):
        visitor.press(button)
        expect(visitor.main.get_by_role("button", name=after, exact=True)).to_be_visible()
        swapped = shown.all_inner_texts()
        assert visitor.stayed()
        visitor.page.reload()
        assert swapped == shown.all_inner_texts()
        marked(visitor)


def test_a_box_that_was_dragged_larger_is_swapped_without_breaking_the_policy(house, visit: Visit, scene):
    _make, thread, answer, asker, _reader = scene
    visitor = visit(house).be(asker)
    visitor.open(f"/threads/{thread.id}")

    visitor.page.locator("textarea, #thread-state").evaluate_all(
        "all => all.forEach((one) => (one.style.height = '9rem'))"
    )
    visitor.press("This solved it")
    visitor.reads("The answer that solved it")
    visitor.page.locator(f"#answer-{answer.id}").wait_for()


def answer_box(visitor: Visitor) -> Locator:
    return visitor.main.get_by_role("textbox", name="Your answer")


def marked(visitor: Visitor) -> None:
    if visitor.scripts:
        visitor.mark()


def stayed_as_it_should(visitor: Visitor) -> bool:
    return visitor.stayed() if visitor.scripts else True
