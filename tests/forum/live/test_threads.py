"""What an open thread hears: how many answers and comments there are now, how it stands, and never more."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from sqlalchemy import event, update

from forum.markup import cook
from forum.posts import PostKind, PostRef, Visibility
from forum.tags.models import SpaceAudience
from forum.threads.actions import accept_answer, post_answer, post_comment, set_visibility
from forum.threads.models import Thread
from tests.forum.live.pages import embedded


@pytest.fixture
def say(database, make):
    """Answer a thread as somebody."""

    def say(thread, account=None, words="Turn it off and on."):
        actor = make.actor(account or make.account(reputation=500))
        return database.write(lambda session: post_answer(session, actor, thread.id, cook(words)))

    return say


def test_a_reader_hears_at_once_how_it_stands_and_then_of_each_answer(listen, say, thread):
    name = f"thread:{thread.id}"
    listener = listen(f"thread={thread.id}")
    before = listener.heard(name)
    say(thread)

    after = listener.until(lambda facts: facts[name]["answers"] == 1)[name]
    assert (before["answers"], before["comments"]) == (0, 0)
    assert before["state"].split() == ["published", "open"]
    assert after["state"].split() == ["published", "answered"]


def test_the_stream_passes_proxies_and_is_kept_by_nobody(listen, thread):
    listener = listen(f"thread={thread.id}")
    listener.heard(f"thread:{thread.id}")

    assert listener.status == 200
    assert listener.headers["content-type"].startswith("text/event-stream")
    assert listener.headers["cache-control"] == "no-store"
    assert listener.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in listener.headers
    assert listener.text.startswith(":")


def test_comments_and_a_solution_are_told_as_well(listen, say, thread, asker, make, database):
    name = f"thread:{thread.id}"
    listener = listen(f"thread={thread.id}", make.account())
    listener.heard(name)
    answer, actor = say(thread), make.actor(asker)
    database.write(lambda session: post_comment(session, actor, thread.id, cook("It is version 4.")))
    database.write(lambda session: accept_answer(session, actor, answer.id))

    facts = listener.until(lambda facts: str(answer.id) in facts[name]["state"].split())[name]
    assert (facts["answers"], facts["comments"]) == (1, 1)
    assert "solved" in facts["state"].split()


def test_one_stream_tells_of_several_threads_and_not_of_others(listen, say, make):
    one, two, other = (make.thread() for _ in range(3))
    listener = listen(f"thread={one.id}&thread={two.id}")
    listener.until(lambda facts: len(facts) == 2)
    say(two)
    listener.until(lambda facts: facts[f"thread:{two.id}"]["answers"] == 1)
    say(other)

    assert listener.hears_nothing()
    assert set(listener.facts) == {f"thread:{one.id}", f"thread:{two.id}"}


def test_a_burst_makes_at_most_two_events_a_second_and_ends_with_the_truth(listen, thread, database):
    name = f"thread:{thread.id}"
    listener = listen(f"thread={thread.id}")
    listener.heard(name)
    began = time.monotonic()
    for count in range(1, 61):
        with database.writing() as session:
            session.execute(update(Thread).values(answer_count=count))
        time.sleep(0.02)
    took = time.monotonic() - began
    listener.until(lambda facts: facts[name]["answers"] == 60)

    assert len(listener.events) - 1 <= 2 * took + 2
    moments = [moment for moment, _event in listener.events]
    assert all(later - earlier > 0.4 for earlier, later in pairwise(moments[1:]))


def test_what_does_not_change_what_is_shown_is_not_told(listen, thread, database):
    listener = listen(f"thread={thread.id}")
    listener.heard(f"thread:{thread.id}")
    with database.writing() as session:
        session.execute(update(Thread).values(score=7))

    assert listener.hears_nothing()


def test_a_hidden_thread_falls_silent_and_speaks_again_once_it_is_shown(listen, say, thread, make, database):
    name, moderator = f"thread:{thread.id}", make.actor(make.moderator())
    visitor, reader = listen(f"thread={thread.id}"), listen(f"thread={thread.id}", make.account())
    for listener in (visitor, reader):
        listener.heard(name)
    ref = PostRef(PostKind.THREAD, thread.id)
    database.write(lambda session: set_visibility(session, moderator, ref, Visibility.HIDDEN))
    with database.writing() as session:
        session.execute(update(Thread).values(answer_count=3))

    assert visitor.hears_nothing()
    assert len(reader.events) == 1

    database.write(lambda session: set_visibility(session, moderator, ref, Visibility.PUBLISHED))
    for listener in (visitor, reader):
        listener.until(lambda facts: facts[name]["answers"] == 3)


def test_a_thread_of_a_closed_product_tells_only_those_who_see_it(listen, make):
    space = make.space(audience=SpaceAudience.SIGNED_IN)
    thread = make.thread(space_id=space.id)
    visitor, member = listen(f"thread={thread.id}"), listen(f"thread={thread.id}", make.account())
    member.heard(f"thread:{thread.id}")

    assert visitor.hears_nothing()
    assert visitor.facts == {}


def test_an_answer_that_is_held_for_approval_is_told_to_nobody(listen, say, thread, make):
    name = f"thread:{thread.id}"
    listeners = [listen(f"thread={thread.id}", who) for who in (None, make.account(), make.moderator())]
    for listener in listeners:
        listener.heard(name)
    held = say(thread, words="See https://example.org/all-about-it", account=make.account(reputation=1))

    assert held.visibility is Visibility.PENDING
    assert listeners[0].hears_nothing()
    assert all(listener.facts[name]["answers"] == 0 for listener in listeners)


def test_what_a_page_shows_is_what_the_stream_tells(listen, say, pages, thread, make, asker, database):
    """Or each page would greet its reader with news of what stands on it."""
    answer, actor = say(thread), make.actor(asker)
    database.write(lambda session: post_comment(session, actor, thread.id, cook("Which version?")))
    database.write(lambda session: accept_answer(session, actor, answer.id))

    told = listen(f"thread={thread.id}").heard(f"thread:{thread.id}")
    assert shown(pages(), thread) == told


def test_a_page_embeds_the_same_for_every_reader(pages, say, thread, make):
    say(thread)
    visitor = shown(pages(), thread)
    for account in (make.account(), make.moderator(), make.staff()):
        assert shown(pages(account), thread) == visitor


def test_a_thousand_visitors_of_one_thread_cost_one_question_each_time(listen, say, thread, database, air, make):
    name = f"thread:{thread.id}"
    air.app.state.site.live.doors.bounds = air.app.state.site.live.doors.bounds.__class__(address=2000)
    listeners = [listen(f"thread={thread.id}") for _ in range(300)]
    for listener in listeners:
        listener.heard(name)
    helper = make.account(reputation=500)
    asked = reads(database)
    say(thread, helper)
    for listener in listeners:
        listener.until(lambda facts: facts[name]["answers"] == 1)

    assert sum(statement.startswith("SELECT threads") for statement in asked) <= 2, asked


def test_signed_in_readers_are_authorised_by_the_batch(listen, say, thread, database, make):
    name = f"thread:{thread.id}"
    listeners = [listen(f"thread={thread.id}", make.account()) for _ in range(40)]
    for listener in listeners:
        listener.heard(name)
    helper = make.account(reputation=500)
    asked = reads(database)
    say(thread, helper)
    for listener in listeners:
        listener.until(lambda facts: facts[name]["answers"] == 1)

    assert any("account_sessions" in statement for statement in asked)
    assert len(asked) <= 12, asked


def reads(database) -> list[str]:
    """The questions that the readers put from now on."""
    asked: list[str] = []

    @event.listens_for(database.reader, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    return asked


def shown(browser, thread):

    return embedded(browser.get(f"/threads/{thread.id}").text)[f"thread:{thread.id}"]
