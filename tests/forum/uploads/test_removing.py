"""A moderator takes one file away: nobody sees it, the log knows, and for 30 days it can be given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.clock import now
from forum.errors import Invalid, NotFound
from forum.events.uploads import FileRemoved
from forum.markup import cook
from forum.threads.actions import ask, post_answer
from forum.uploads.actions import set_removed
from forum.uploads.jobs import Sweeper
from forum.uploads.models import File
from moderation.audit.models import AuditEntry


@pytest.fixture
def shown(database, make, bring, asker):
    kept = bring(asker)
    with database.writing() as session:
        text = cook(f"Look at this:\n\n{kept.markdown}")
        thread = ask(session, make.actor(asker), title="What does this picture say?", cooked=text, tags=["sync"])
        file_id = session.scalars(select(File.id)).one()
    return kept, thread, file_id


def test_a_moderator_removes_it_and_gives_it_back(browser, make, shown, database, asker):
    kept, thread, file_id = shown
    other = browser.another()
    browser.sign_in(make.moderator("mo"))
    page = browser.get(f"/threads/{thread.id}/x").text
    assert f'href="/files/of/thread/{thread.id}"' in page
    listed = browser.get(f"/files/of/thread/{thread.id}").text
    assert "screen.png" in listed
    assert browser.get(f"/files/{kept.token}/thumbnail/screen.png").headers["content-type"] == "image/webp"

    where = f"/files/of/thread/{thread.id}/{file_id}"
    assert "Give it back" in browser.post(f"{where}/remove", {"reason": "It shows a phone number."}).text
    assert [one.get(kept.url).status_code for one in (browser, other, other.sign_in(asker))] == [404, 404, 404]
    assert "screen.png" in browser.post(f"{where}/restore").text
    assert other.get(kept.url).status_code == 200
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.facts["removed"]) for entry in entries] == [
        ("FileRemoved", True),
        ("FileRemoved", False),
    ]


def test_nobody_else_may_or_learns_of_it(browser, make, shown, asker):
    _kept, thread, file_id = shown
    for account in (asker, make.account(), make.staff()):
        browser.sign_in(account)
        assert f"/files/of/thread/{thread.id}" not in browser.get(f"/threads/{thread.id}/x").text
        assert browser.get(f"/files/of/thread/{thread.id}").status_code in (403, 404)
        assert browser.post(f"/files/of/thread/{thread.id}/{file_id}/remove").status_code == 404


def test_doing_it_twice_is_said_once(session, make, shown, heard):
    moderator = make.actor(make.moderator("mo"))
    for _ in range(2):
        set_removed(session, moderator, shown[2], removed=True)

    assert [type(event) for event in heard] == [FileRemoved]


def test_a_reason_has_a_length(session, make, shown):
    with pytest.raises(Invalid):
        set_removed(session, make.actor(make.moderator("mo")), shown[2], removed=True, reason="x" * 301)


def test_after_thirty_days_it_is_gone_for_good(site, database, make, shown, drain):
    moderator = make.actor(make.moderator("mo"))
    with database.writing() as session:
        set_removed(session, moderator, shown[2], removed=True)
    for days, left in ((29, 2), (31, 0)):
        with clock.at(now() + timedelta(days=days)):
            Sweeper(database, site.storage).sweep()
            drain()
        assert len(list(site.storage.all())) == left
    with database.writing() as session, pytest.raises(NotFound):
        set_removed(session, moderator, shown[2], removed=False)


def test_a_post_without_files_has_no_such_page(browser, make, thread):
    assert browser.sign_in(make.moderator("mo")).get(f"/files/of/thread/{thread.id}").status_code == 404


def test_a_thread_costs_moderators_as_many_queries_with_many_files(
    browser, make, shown, bring, asker, database, queries
):
    thread, actor = shown[1], make.actor(asker)
    brought = [bring(asker) for _ in range(3)]
    browser.sign_in(make.moderator("mo"))

    def counted(texts):
        with database.writing() as session:
            for text in texts:
                post_answer(session, actor, thread.id, cook(text))
        browser.get(f"/threads/{thread.id}/x")
        with queries() as sent:
            assert "Files" in browser.get(f"/threads/{thread.id}/x").text
        return len(sent)

    few = counted([f"This is what I see: {brought[0].markdown}"])
    assert counted([f"And this is what I see: {one.markdown}" for one in brought[1:]]) == few
