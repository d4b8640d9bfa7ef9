"""Pages for all who are not signed in: kept whole, never older than what was committed, nothing private in them."""

import dataclasses
import gzip
import threading
import time

import pytest

from forum.accounts.models import Account
from forum.app import build_site, create_app
from forum.db import Database
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.threads.actions import accept_answer, edit_post, post_answer, post_comment
from forum.votes.actions import cast_vote
from forum.web import cache
from tests.browse import Browser

UNCACHED = {"Cookie": "session=nobody"}
"""Somebody with a cookie that opens nothing: signed out, but never answered from the cache."""


def pages(thread):
    return [
        "/",
        "/threads",
        "/threads?filter=unanswered",
        "/threads?filter=solved",
        f"/threads/{thread.id}/{thread.slug}",
        f"/threads/{thread.id}/{thread.slug}?sort=newest",
        f"/posts/thread/{thread.id}/revisions",
        "/tags",
        "/tags/sync",
        "/people",
        "/people/ana",
        "/people/ana/questions",
        "/people/ana/answers",
        "/people/ana/reputation",
        "/people/leaders",
        "/privileges",
        "/threads.atom",
        "/tags/sync.atom",
    ]


@pytest.fixture
def browser(browser):
    """One whose reading is not counted: the count is written at a moment of its own, and shown."""
    browser.client.headers["User-Agent"] = "a bot"
    return browser


@pytest.fixture
def thread(make, asker):
    return make.thread(author=asker, tags=("sync",))


def same(reply):
    return {name: value for name, value in reply.headers.items() if name != "x-request-id"}


def test_every_public_page_is_kept_and_given_out_alike(browser, site, thread, answer):
    for path in pages(thread):
        made, kept = browser.get(path), browser.get(path)

        assert made.status_code == 200, path
        assert kept.content == made.content == browser.get(path, headers=UNCACHED).content, path
        assert same(kept) == same(made), path
    assert len(site.pages) == site.pages.hits == site.pages.misses == len(pages(thread))


def test_a_kept_page_asks_the_database_nothing(browser, queries, thread):
    path = pages(thread)[4]
    browser.get(path)
    with queries() as asked:
        browser.get(path)

    assert asked == []


def test_who_has_a_page_is_not_sent_it_again(browser, thread):
    first = browser.get("/threads")
    etag = first.headers["etag"]
    for have in (etag, f'"other", {etag}', "*", etag.removeprefix("W/")):
        again = browser.get("/threads", headers={"If-None-Match": have})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["content-security-policy"]

    assert browser.get("/threads", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_page_comes_packed_or_plain_as_asked(site, thread):
    with Browser(create_app(site), site) as browser:
        for _ in range(2):
            plain = browser.get("/threads", headers={"Accept-Encoding": "identity"})
            packed = browser.client.build_request("GET", "/threads", headers={"Accept-Encoding": "gzip"})
            reply = browser.client.send(packed, stream=True)
            raw = b"".join(reply.iter_raw())
            assert "content-encoding" not in plain.headers
            assert reply.headers["content-encoding"] == "gzip"
            assert int(reply.headers["content-length"]) == len(raw)
            assert gzip.decompress(raw) == plain.content
            assert "Accept-Encoding" in plain.headers["vary"]


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip;q=0", False), ("gzip; q=0.0", False), ("br, gzip;q=0.5", True), ("GZIP", True), ("xgzip", False)],
)
def test_who_refuses_packed_pages_gets_none(browser, thread, accepted, packed):
    browser.get("/threads")
    reply = browser.get("/threads", headers={"Accept-Encoding": accepted})

    assert ("content-encoding" in reply.headers) is packed


def test_a_head_is_answered_without_a_body(browser, thread):
    for _ in range(2):
        head = browser.client.head("/threads")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) > 1000


def acts(make, asker, thread, answer):
    """Something of each kind that changes a page."""
    moderator, fan = make.actor(make.moderator("mo")), make.actor(make.account("fan", reputation=500))
    author = make.actor(asker)
    here, there = PostRef(PostKind.THREAD, thread.id), PostRef(PostKind.ANSWER, answer.id)

    def rename(session):
        session.get_one(Account, thread.author_id).display_name = "Ana Maria"

    yield lambda session: cast_vote(session, fan, there, 1)
    yield lambda session: cast_vote(session, fan, here, 1)
    yield lambda session: post_answer(session, fan, thread.id, cook("Look into the log first."))
    yield lambda session: post_comment(session, fan, thread.id, cook("Which version is it?"))
    yield lambda session: edit_post(session, author, here, cook("Rather at 60 %."), title="Sync stops at 60 %")
    yield lambda session: accept_answer(session, author, answer.id)
    yield rename
    yield lambda session: edit_post(session, moderator, there, cook("Restart it twice."))
    yield lambda session: cast_vote(session, fan, there, 0)


def test_each_page_shows_each_write_at_once(browser, database, make, asker, thread, answer):
    for act in acts(make, asker, thread, answer):
        for path in pages(thread):
            browser.get(path)
        database.write(act)
        for path in pages(thread):
            assert browser.get(path).content == browser.get(path, headers=UNCACHED).content, path


def test_what_happens_in_one_thread_leaves_the_pages_of_others_kept(browser, site, database, make, asker, thread):
    other = make.thread(author=make.account("ben"), tags=("sync",), title="Another matter")
    make.answer(other)
    path = f"/threads/{other.id}/{other.slug}"
    for act in acts(make, asker, thread, make.answer(thread)):
        browser.get(path)
        before = site.pages.hits
        database.write(act)
        browser.get(path)
        assert site.pages.hits == before + 1


def test_a_write_of_another_process_shows_at_once_too(browser, settings, thread):
    elsewhere = Database(settings.database_url)
    for number in range(20):
        browser.get("/threads")
        with elsewhere.writing() as session:
            session.get_one(type(thread), thread.id).title = f"Title number {number}"
        assert f"Title number {number}" in browser.get("/threads").text
    elsewhere.dispose()


def test_a_page_that_was_slow_to_make_is_not_kept_past_a_write(site, database, thread):
    reading, written = threading.Event(), threading.Event()

    def slow(session, _actor, keys):
        title = session.get_one(type(thread), thread.id).title
        reading.set()
        assert written.wait(10)
        return dict.fromkeys(keys, title)

    site.slots.register("home.sections", "reputation/ledger/_way.html", slow)
    with Browser(create_app(site), site) as browser:
        before = []
        asking = threading.Thread(target=lambda: before.append(browser.get("/").text))
        asking.start()
        assert reading.wait(10)
        with database.writing() as session:
            session.get_one(type(thread), thread.id).title = "What was asked meanwhile"
        written.set()
        asking.join()

        assert "What was asked meanwhile" not in before[0]
        assert "What was asked meanwhile" in browser.get("/").text


def test_those_who_wait_for_the_same_page_share_one(site, thread):
    gate = threading.Event()

    def slow(session, _actor, keys):
        gate.wait(10)
        return {}

    site.slots.register("home.sections", "reputation/ledger/_way.html", slow)
    with Browser(create_app(site), site) as browser:
        asking = [threading.Thread(target=browser.get, args=("/",)) for _ in range(12)]
        for one in asking:
            one.start()
        time.sleep(0.5)
        gate.set()
        for one in asking:
            one.join()

    assert (site.pages.misses, site.pages.hits) == (1, 11)
    assert site.pages._turns == {}


def test_the_signed_in_are_never_given_a_page_for_visitors_nor_keep_one(browser, site, asker, thread):
    browser.sign_in(asker)
    for path in pages(thread):
        assert "no-store" in browser.get(path).headers["cache-control"] or path.endswith(".atom")
    assert [key for key in site.pages._pages if isinstance(key, cache.PageKey)] == []

    browser.sign_out()
    for path in pages(thread):
        assert "Ana Lopes</strong>" not in browser.get(path).text


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": CANARY},
        {"Referer": f"http://testserver/{CANARY}"},
        {"Cookie": f"other={CANARY}"},
        {"Cookie": f"theme={CANARY}"},
        {"Cookie": f"theme=dark; locale={CANARY}"},
        {"Cookie": f"Session={CANARY}"},
        {"Cookie": f"session={CANARY}"},
        {"Cookie": f"flash={CANARY}"},
        {"Cookie": f'x="a; session={CANARY}"'},
        {"Accept-Language": f"de, {CANARY};q=0.5"},
        {"Authorization": f"Bearer {CANARY}"},
        {"HX-Request": "true", "HX-Current-URL": CANARY},
        {"X-Forwarded-Host": CANARY, "X-Forwarded-For": CANARY, "Forwarded": f"host={CANARY}"},
        {"Host": "localhost:9999"},
        {"Host": f"{CANARY}.testserver"},
        {"X-Original-URL": f"/{CANARY}", "X-Rewrite-URL": f"/{CANARY}"},
        {"Accept": CANARY, "Origin": f"http://{CANARY}", "Range": "bytes=0-10"},
    ],
    ids=lambda headers: ", ".join(f"{name}: {value}" for name, value in headers.items()),
)
def test_nothing_that_one_reader_sent_reaches_another(site, thread, answer, headers):
    app = create_app(site)
    with Browser(app, site) as clean:
        clean.client.headers["User-Agent"] = "a bot, whose reading is not counted"
        expected = {path: clean.get(path, headers=UNCACHED).content for path in pages(thread)}
    with Browser(app, site) as odd:
        for path in pages(thread):
            odd.get(path, headers=headers)
        for page in site.pages._pages.values():
            assert CANARY.encode() not in page.body
        odd.client.cookies.clear()
        for path, body in expected.items():
            assert odd.get(path).content == body, path


def test_each_theme_has_a_page_of_its_own(browser, thread):
    for _ in range(2):
        for theme in ("auto", "light", "dark"):
            text = browser.get("/threads", headers={"Cookie": f"theme={theme}"}).text
            assert f'data-theme="{theme}"' in text


def test_a_host_that_is_not_ours_is_refused_even_for_a_kept_page(browser, thread):
    browser.get("/threads")

    assert browser.get("/threads", headers={"Host": "evil.example"}).status_code == 400


def test_a_note_about_what_was_done_is_shown_once_and_not_kept(browser, site, thread):
    browser.get("/threads")

    assert "set-cookie" in browser.get("/threads", headers={"Cookie": "flash=whatever"}).headers
    assert "set-cookie" not in browser.get("/threads").headers


def test_a_page_that_is_not_there_is_made_each_time(browser, site):
    for _ in range(2):
        assert browser.get("/threads/999/nothing").status_code == 404
    assert not [page for page in site.pages._pages.values() if isinstance(page, cache.Kept)]


def test_what_the_cache_holds_is_bounded_in_bytes(settings, thread):
    small = build_site(dataclasses.replace(settings, page_cache_mb=1), rate_limits=False, durable=False)
    with Browser(create_app(small), small) as browser:
        for number in range(120):
            assert browser.get(f"/threads?x={number}").status_code == 200
    small.database.dispose()

    assert small.pages.bytes <= 1024 * 1024
    assert small.pages.evictions > 0
    assert small.pages.bytes == sum(page.size for page in small.pages._pages.values())


def test_a_cache_of_no_size_keeps_nothing(settings, thread):
    none = build_site(dataclasses.replace(settings, page_cache_mb=0), rate_limits=False, durable=False)
    with Browser(create_app(none), none) as browser:
        assert browser.get("/threads").content == browser.get("/threads").content
    none.database.dispose()

    assert len(none.pages) == 0


def test_what_only_the_clock_changes_shows_within_a_minute(browser, site, thread, monkeypatch):
    browser.get("/threads")
    later = time.monotonic() + cache.LIFETIME + 1
    monkeypatch.setattr(cache.time, "monotonic", lambda: later)
    browser.get("/threads")

    assert (site.pages.hits, site.pages.misses) == (0, 2)


def test_readers_of_a_kept_page_are_counted(browser, site, database, thread):
    browser.client.headers["User-Agent"] = "Mozilla/5.0"
    for _ in range(5):
        browser.get(f"/threads/{thread.id}/{thread.slug}")
    assert site.pages.hits == 4
    site.telemetry.flush(database)

    with database.reading() as session:
        assert session.get_one(type(thread), thread.id).view_count == 5


def test_without_knowledge_of_changes_pages_are_made_and_not_kept(browser, site, thread):
    async def broken(*_told):
        raise OSError

    site.watch._feed.open = broken
    site.watch._feed.barrier = broken

    assert browser.get("/threads").status_code == 200
    assert len(site.pages) == 0


def test_no_shared_page_has_a_rate(site):
    assert [route.name for route in site.routes if route.shared and route.rate] == []
