"""A tag's page, and the feeds."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from forum import clock
from forum.clock import now
from forum.markup import cook
from forum.posts import PostKind, PostRef, Visibility
from forum.tags.models import SpaceAudience, Tag
from forum.threads.actions import ask, edit_post

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(browser, path: str) -> list[str]:
    reply = browser.get(path)
    assert reply.headers["content-type"].startswith("application/atom+xml")
    return [entry.find(f"{ATOM}title").text for entry in ET.fromstring(reply.text).iter(f"{ATOM}entry")]


def test_a_tags_page_holds_its_threads_and_says_what_it_is_about(browser, make):
    make.tag("macos", description="Apple's desktop system.")
    make.thread(title="Sync stops on the laptop", tags=("macos",))
    make.thread(title="Sync stops on the phone", tags=("android",))
    page = browser.get("/tags/macos").text

    assert "Apple&#39;s desktop system." in page
    assert "on the laptop" in page
    assert "on the phone" not in page


def test_a_tags_page_keeps_its_filters_to_itself(browser, make):
    make.thread(tags=("macos",))
    page = browser.get("/tags/macos?filter=unanswered").text

    assert 'href="/tags/macos?filter=active"' in page


def test_a_tag_that_is_not_there_is_not_found(browser):
    assert browser.get("/tags/nothing").status_code == 404
    assert browser.get("/tags/nothing.atom").status_code == 404


def test_the_feeds_hold_the_newest_threads_that_everybody_may_see(browser, make):
    make.thread(title="First question about <b>markup</b>", tags=("macos",))
    make.thread(title="Second question")
    make.thread(title="A hidden question", visibility=Visibility.HIDDEN, tags=("macos",))
    make.thread(title="A withheld question", withheld=True, tags=("macos",))
    inside = make.space(audience=SpaceAudience.SIGNED_IN)
    make.thread(title="A members' question", space_id=inside.id, tags=("macos",))
    browser.sign_in(make.moderator())

    assert entries(browser, "/threads.atom") == ["Second question", "First question about <b>markup</b>"]
    assert entries(browser, "/tags/macos.atom") == ["First question about <b>markup</b>"]


def test_links_in_a_feed_are_whole(browser, make):
    thread = make.thread()
    feed = browser.get("/threads.atom").text

    assert f'href="http://testserver/threads/{thread.id}/sync-stops-halfway"' in feed


def test_an_empty_feed_is_still_a_feed(browser):
    assert entries(browser, "/threads.atom") == []


@pytest.mark.parametrize("path", ["/threads.atom", "/tags/macos.atom"])
def test_an_empty_feed_is_the_same_each_time(browser, make, path):
    make.account(created_at=datetime(2024, 5, 1, tzinfo=UTC))
    make.tag("macos", created_at=datetime(2024, 5, 2, tzinfo=UTC))
    if path.startswith("/tags"):
        make.thread(withheld=True, tags=("macos",))
    first = browser.get(path)
    with clock.at(now() + timedelta(hours=1)):
        make.space()  # which has the page made anew
        second = browser.get(path)

    assert "<updated>2024-05-0" in first.text
    assert second.headers["ETag"] == first.headers["ETag"]


def test_a_character_that_xml_cannot_hold_breaks_no_feed(browser, make):
    make.thread(author=make.account(display_name="Ana \ufffe\uffff Lopes"), title="A form feed \x0c in a title")

    assert entries(browser, "/threads.atom") == ["A form feed  in a title"]


def test_a_tag_used_only_where_not_everybody_reads_is_in_no_list(browser, make, database):
    inside, writer = make.space(audience=SpaceAudience.ORGANISATIONS), make.moderator()
    make.tag("project-titan")
    with database.writing() as session:
        body, title = cook("It stops at 40 % and waits."), "The new engine stops halfway"
        ask(session, make.actor(writer), title=title, cooked=body, tags=["project-titan"], space_id=inside.id)
    browser.sign_in(make.account())

    assert "project-titan" not in browser.get("/tags").text
    assert "project-titan" not in browser.get("/ask").text


def test_a_tag_is_there_for_whoever_sees_a_thread_with_it(browser, make):
    company = make.organisation("Acme")
    inside = make.space("Of companies", organisations=(company,))
    make.tag("unused", description="What the desk thought up.")
    make.tag("quokka", description="Words of theirs.")
    make.tag("hush")
    for tag, columns in (("quokka", {"space_id": inside.id}), ("hush", {"visibility": Visibility.HIDDEN})):
        make.thread(tags=(tag,), **columns)
    with make.database.writing() as session:
        session.execute(update(Tag).values(thread_count=0))
    make.thread(tags=("macos",))

    def found(account=None) -> list[str]:
        if account is not None:
            browser.sign_in(account)
        names = ("macos", "quokka", "hush", "unused")
        for ending in ("", ".atom"):
            statuses = {name: browser.get(f"/tags/{name}{ending}").status_code for name in names}
            assert set(statuses.values()) <= {200, 404}
            yield [name for name in names if statuses[name] == 200]

    assert list(found()) == [["macos"]] * 2
    assert list(found(make.account())) == [["macos"]] * 2
    assert list(found(make.account(organisation_id=company.id))) == [["macos", "quokka"]] * 2
    assert browser.get("/tags/quokka").text.count("Words of theirs.") == 1


def test_a_tags_page_in_the_cache_follows_its_threads(browser, make):
    make.tag("hush")
    writer = make.account(reputation=500)
    with make.database.writing() as session:
        asked = ask(
            session, make.actor(writer), title="Sync stops halfway", cooked=cook("It stops at 40 %."), tags=["hush"]
        )
        thread_id = asked.id
    assert [browser.get("/tags/hush").status_code for _ in range(2)] == [200, 200]
    inside = make.space(audience=SpaceAudience.ORGANISATIONS)
    mo = make.actor(make.moderator())
    with make.database.writing() as session:
        edit_post(session, mo, PostRef(PostKind.THREAD, thread_id), None, space_id=inside.id)

    assert [browser.get("/tags/hush").status_code for _ in range(2)] == [404, 404]
    with make.database.writing() as session:
        edit_post(session, mo, PostRef(PostKind.THREAD, thread_id), None, space_id=None)
    assert browser.get("/tags/hush").status_code == 200
