"""Looking after tags: what they say, what else people call them, which are one, and which go."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from forum.errors import Conflict, Invalid, NotFound
from forum.following.models import Follow, Level, Subject
from forum.jobs import Workshop
from forum.markup import cook
from forum.notifications.following import choose_level
from forum.posts import PostKind, PostRef, Visibility
from forum.tags.keeping import add_synonym, change_tag
from forum.tags.models import RemovedTag, SpaceAudience, Tag
from forum.threads.actions import ask, edit_post
from forum.threads.actions.merging import merge_tags, undo_merge
from forum.threads.models import TagMerge, Thread, ThreadTag

ASKED = {"title": "Sync stops at forty percent", "body": "It stops and **nothing** more happens.", "kind": "question"}


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def does(database, make, admin):
    """Lets the admin do something in a transaction of its own."""
    actor = make.actor(admin)

    def does(act, *given, **more):
        with database.writing() as session:
            return act(session, actor, *given, **more)

    return does


@pytest.fixture
def state(database):
    """Each thread's tags in order, and what each tag says it counts."""

    def state():
        with database.reading() as session:
            rows = session.execute(
                select(ThreadTag.thread_id, Tag.name)
                .join(Tag, Tag.id == ThreadTag.tag_id)
                .order_by(ThreadTag.thread_id, ThreadTag.position)
            )
            threads = {}
            for thread_id, name in rows:
                threads.setdefault(thread_id, []).append(name)
            main = select(Tag.name, Tag.thread_count).where(Tag.main_id.is_(None)).order_by(Tag.name)
            return threads, {row.name: row.thread_count for row in session.execute(main)}

    return state


@pytest.fixture
def last(database):
    """The number of a table's last row."""

    def last(model):
        with database.reading() as session:
            return session.scalars(select(func.max(model.id))).one()

    return last


@pytest.fixture
def tag_id(database):
    def tag_id(name):
        with database.reading() as session:
            return session.scalars(select(Tag.id).where(Tag.name == name)).one()

    return tag_id


def test_an_admin_says_what_a_tag_is_for(browser, admin, make):
    tag = make.tag("wifi", thread_count=1)
    browser.sign_in(admin)
    assert f"/admin/tags/{tag.id}" in browser.get("/admin/tags").text
    page = browser.post(f"/admin/tags/{tag.id}", {"name": "wifi", "description": "Anything <b>without</b> a cable."})

    assert "wifi is saved." in page.text
    assert "Anything &lt;b&gt;without" in browser.sign_out().get("/tags").text


def test_only_admins_know_these_pages(browser, make):
    tag = make.tag("wifi")
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        for path in ("/admin/tags", f"/admin/tags/{tag.id}"):
            assert browser.get(path).status_code == 403
        for act in ("", "/merge", "/synonyms", "/remove"):
            assert (
                browser.post(f"/admin/tags/{tag.id}{act}", {"name": "x", "into": "x", "synonym": "x"}).status_code
                == 403
            )


def test_a_renamed_tag_is_found_under_both_names(browser, admin, make, does, site):
    thread = make.thread(title="It stops at forty percent", tags=("wi-fi",))
    stranger = browser.another()
    with stranger:
        assert "wi-fi" in stranger.get(f"/threads/{thread.id}").text
        assert "wi-fi" in stranger.get("/threads").text
        with site.database.reading() as session:
            tag = session.scalars(select(Tag)).one()
        page = browser.sign_in(admin).post(f"/admin/tags/{tag.id}", {"name": "WLAN  Radio", "description": ""})

        assert "wlan-radio is saved." in page.text
        for path in (f"/threads/{thread.id}", "/threads", "/tags"):
            shown = stranger.get(path).text
            assert "wlan-radio" in shown
            assert ">wi-fi<" not in shown
        old = stranger.get("/tags/wi-fi?filter=solved", follow_redirects=False)
        assert (old.status_code, old.headers["location"]) == (302, "/tags/wlan-radio?filter=solved")
        assert "max-age" not in old.headers["cache-control"]
        feed = stranger.get("/tags/wi-fi.atom", follow_redirects=False)
        assert feed.headers["location"] == "/tags/wlan-radio.atom"
        for path in ("/threads?tag=wi-fi", "/search?q=tag:wi-fi", "/search?q=[wlan-radio]", "/threads?tag=WI-FI"):
            assert "It stops at forty percent" in stranger.get(path).text, path


def test_a_rename_reaches_the_words_of_the_index(browser, admin, make, site, does):
    author = make.account("ana")
    with site.database.writing() as session:
        tags = [Tag(name="wi-fi"), *(Tag(name=f"tag-{number}") for number in range(5))]
        session.add_all(tags)
        session.flush()
        ask(
            session, make.actor(author), title="It stops at forty percent", cooked=cook("Nothing more."), tags=["wi-fi"]
        )
        tag_id = tags[0].id
    assert "forty percent" not in browser.get("/search?q=ethernet").text
    does(change_tag, tag_id, name="ethernet", description="")
    Workshop(site.database, site.jobs).drain()

    assert "forty percent" in browser.get("/search?q=ethernet").text


def test_a_name_goes_back_and_forth(does, tag_id, make):
    make.tag("wifi")
    one = tag_id("wifi")
    does(change_tag, one, name="wlan", description="")
    does(change_tag, one, name="wifi", description="")

    assert tag_id("wifi") == one
    assert does(add_synonym, one, "wi-fi").name == "wifi"


@pytest.mark.parametrize(
    ("act", "given", "words"),
    [
        ("", {"name": "", "description": ""}, "Give the tag a name."),
        ("", {"name": "!!", "description": ""}, "cannot be a tag"),
        ("", {"name": "lan", "description": ""}, "already"),
        ("", {"name": "ethernet", "description": ""}, "already"),
        ("", {"name": "x" * 36, "description": "kept?"}, "at most 35"),
        ("", {"name": "wifi", "description": "x" * 501}, "500"),
        ("/synonyms", {"synonym": "lan"}, "already"),
        ("/synonyms", {"synonym": "wifi"}, "already"),
        ("/synonyms", {"synonym": "ethernet"}, "already"),
        ("/synonyms", {"synonym": " "}, "cannot be a tag"),
        ("/merge", {"into": "wifi"}, "this tag itself"),
        ("/merge", {"into": "no-such"}, "There is no such tag."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(browser, admin, make, does, state, act, given, words):
    wifi, lan = make.tag("wifi"), make.tag("lan")
    does(add_synonym, lan.id, "ethernet")
    before = state()
    page = browser.sign_in(admin).post(f"/admin/tags/{wifi.id}{act}", given)

    assert page.status_code == 422
    assert words in page.text
    assert state() == before


def test_a_synonym_becomes_its_tag_wherever_people_write_it(browser, make, does, site, state, tag_id):
    for name in ("javascript", "css", "html", "http", "dns"):
        make.tag(name)
    does(add_synonym, tag_id("javascript"), "js")
    ana = make.account("ana")
    browser.sign_in(ana)
    assert 'value="js"' in browser.get("/ask").text
    browser.post("/ask", ASKED | {"tags": "js css javascript"})
    threads, counts = state()

    assert list(threads.values()) == [["javascript", "css"]]
    assert counts["javascript"] == 1
    with site.database.writing() as session:
        post = PostRef(PostKind.THREAD, next(iter(threads)))
        edit_post(session, make.actor(ana), post, cook("Nothing more happens."), tags=["JS", "dns"])
    assert list(state()[0].values()) == [["javascript", "dns"]]
    assert "javascript" in browser.get("/tags?q=js").text


def test_a_new_synonym_makes_no_old_page_stale(browser, make, does):
    tag = make.tag("javascript", thread_count=3)
    assert browser.get("/tags/js").status_code == 404
    assert "No such tag" in browser.get("/tags?q=js").text
    does(add_synonym, tag.id, "js")

    assert browser.get("/tags/js", follow_redirects=False).status_code == 302
    assert "javascript" in browser.get("/tags?q=js").text


def test_a_synonym_is_removed(browser, admin, make, does, tag_id):
    tag = make.tag("javascript")
    does(add_synonym, tag.id, "js")
    page = browser.sign_in(admin).post(f"/admin/tags/{tag.id}/synonyms/{tag_id('js')}/remove")

    assert "js no longer stands for javascript." in page.text
    assert browser.get("/tags/js").status_code == 404
    assert browser.post(f"/admin/tags/{tag.id}/synonyms/999/remove").status_code == 404


def test_a_merge_gives_all_threads_over_and_its_undo_gives_exactly_these_back(
    browser, admin, make, does, state, tag_id, last
):
    private = make.space("Lantern Home", audience=SpaceAudience.SIGNED_IN)
    make.thread(tags=("wi-fi",))
    make.thread(tags=("lan", "wi-fi", "router"))
    make.thread(tags=("wifi",))
    make.thread(tags=("wi-fi", "wifi"), visibility=Visibility.HIDDEN)
    make.thread(tags=("wi-fi",), space_id=private.id)
    does(add_synonym, tag_id("wi-fi"), "wireless")
    threads, _counts = state()
    browser.sign_in(admin)
    page = browser.post(f"/admin/tags/{tag_id('wi-fi')}/merge", {"into": "WiFi"})

    assert "4 threads went over." in page.text
    merged, counts = state()
    first, second, third, fourth, fifth = sorted(threads)
    assert merged == {
        first: ["wifi"],
        second: ["lan", "wifi", "router"],
        third: ["wifi"],
        fourth: ["wifi"],
        fifth: ["wifi"],
    }
    assert counts == {"wifi": 3, "lan": 1, "router": 1}
    for old in ("wi-fi", "wireless"):
        assert browser.get(f"/tags/{old}", follow_redirects=False).headers["location"] == "/tags/wifi"
    assert "Undo" in page.text
    undo = f"/admin/tags/merges/{last(TagMerge)}/undo"
    undone = browser.post(undo)
    assert "wi-fi is a tag of its own again" in undone.text
    again, counts = state()
    assert {one: set(names) for one, names in again.items()} == {one: set(names) for one, names in threads.items()}
    assert counts == {"wi-fi": 2, "wifi": 1, "lan": 1, "router": 1}
    assert browser.get("/tags/wireless", follow_redirects=False).headers["location"] == "/tags/wi-fi"
    assert browser.get("/tags/wi-fi", follow_redirects=False).status_code == 200
    assert browser.post(undo).status_code == 404


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)])
def test_merges_into_one_tag_are_undone_in_any_order(make, does, state, tag_id, order):
    names = ("a", "b", "d")
    for tags in (("a",), ("b",), ("d",), ("a", "b"), ("a", "b", "d"), ("b", "d", "c"), ("c",), ("a", "c")):
        make.thread(tags=tags)
    before = {one: set(tags) for one, tags in state()[0].items()}, state()[1]
    merges = [does(merge_tags, tag_id(name), "c").id for name in names]
    for which in order:
        does(undo_merge, merges[which])

    assert ({one: set(tags) for one, tags in state()[0].items()}, state()[1]) == before


def test_a_chain_of_merges_is_undone_from_its_end(make, does, state, tag_id):
    for tags in (("a",), ("b",), ("c",), ("a", "c")):
        make.thread(tags=tags)
    before = state()
    first = does(merge_tags, tag_id("a"), "b")
    second = does(merge_tags, tag_id("b"), "c")
    assert state()[1] == {"c": 4}
    with pytest.raises(Conflict):
        does(undo_merge, first.id)
    does(undo_merge, second.id)
    does(undo_merge, first.id)

    assert {one: set(tags) for one, tags in state()[0].items()} == {one: set(tags) for one, tags in before[0].items()}
    assert state()[1] == before[1]


def test_what_was_sorted_anew_since_the_merge_stays(make, does, state, tag_id, site):
    ana = make.account("ana")
    kept, moved = make.thread(author=ana, tags=("a",)), make.thread(author=ana, tags=("a",))
    make.tag("b")
    make.tag("lan")
    merge = does(merge_tags, tag_id("a"), "b")
    with site.database.writing() as session:
        edit_post(
            session, make.actor(ana), PostRef(PostKind.THREAD, moved.id), cook("It is the lan after all."), tags=["lan"]
        )
    does(undo_merge, merge.id)

    assert state()[0] == {kept.id: ["a"], moved.id: ["lan"]}


def test_a_merged_tag_is_neither_merged_renamed_nor_dropped(make, does, tag_id):
    a, b = make.tag("a"), make.tag("b")
    does(merge_tags, a.id, "b")
    with pytest.raises(NotFound):
        does(merge_tags, a.id, "b")
    with pytest.raises(NotFound):
        does(change_tag, a.id, name="c", description="")
    with pytest.raises(Invalid):
        does(change_tag, b.id, name="a", description="")
    with pytest.raises(Invalid):
        does(merge_tags, b.id, "a")

    assert tag_id("a") == a.id


def test_two_merges_that_cross_end_as_one(database, make, admin, state):
    make.thread(tags=("a",))
    make.thread(tags=("b",))
    with database.reading() as session:
        ids = {row.name: row.id for row in session.execute(select(Tag.name, Tag.id))}
    actor, together = make.actor(admin), threading.Barrier(2)

    def merge(name, into):
        together.wait()
        try:
            with database.writing() as session:
                merge_tags(session, actor, ids[name], into)
        except (NotFound, Invalid) as refusal:
            return type(refusal).__name__
        return "merged"

    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(merge, ("a", "b"), ("b", "a")))

    assert ends.count("merged") == 1
    threads, counts = state()
    assert len({tuple(names) for names in threads.values()}) == 1
    assert list(counts.values()) == [2]


def test_no_question_is_left_with_a_tag_that_is_merged_at_the_same_moment(database, make, admin, state):
    for name in ("a", "b", "c", "d", "e"):
        make.tag(name)
    with database.reading() as session:
        a = session.scalars(select(Tag.id).where(Tag.name == "a")).one()
    root, askers, together = make.actor(admin), [make.actor(make.account()) for _ in range(4)], threading.Barrier(5)

    def ask_one(actor):
        together.wait()
        with database.writing() as session:
            ask(session, actor, title="Sync stops at forty percent", cooked=cook("Nothing more."), tags=["a"])

    def merge():
        together.wait()
        with database.writing() as session:
            merge_tags(session, root, a, "b")

    with ThreadPoolExecutor(5) as threads:
        done = [threads.submit(ask_one, actor) for actor in askers] + [threads.submit(merge)]
        for one in done:
            one.result()

    threads, counts = state()
    assert sorted(threads.values()) == [["b"]] * 4
    assert counts["b"] == 4


def test_an_unused_tag_is_removed_and_brought_back(browser, admin, make, does, last):
    tag = make.tag("fax", description="Paper over wires.")
    does(add_synonym, tag.id, "telefax")
    browser.sign_in(admin)
    assert "fax" in browser.get("/admin/tags?filter=unused").text
    page = browser.post(f"/admin/tags/{tag.id}/remove")

    assert "fax is removed." in page.text
    assert browser.get("/tags/fax").status_code == browser.get("/tags/telefax").status_code == 404
    restore = f"/admin/tags/removed/{last(RemovedTag)}/restore"
    page = browser.post(restore)
    assert "fax is back." in page.text
    assert "Paper over wires." in page.text
    make.thread(tags=("fax",))
    assert browser.get("/tags/telefax", follow_redirects=False).headers["location"] == "/tags/fax"
    assert browser.post(restore).status_code == 404


def test_a_tag_that_any_thread_has_is_not_removed(browser, admin, make, tag_id):
    make.thread(tags=("fax",), visibility=Visibility.DELETED)
    browser.sign_in(admin)

    assert "Remove the tag" not in browser.get(f"/admin/tags/{tag_id('fax')}").text
    assert browser.post(f"/admin/tags/{tag_id('fax')}/remove").status_code == 409


def test_a_removed_name_that_is_taken_again_stays_with_who_has_it(browser, admin, make, last):
    browser.sign_in(admin).post(f"/admin/tags/{make.tag('fax').id}/remove")
    make.tag("fax")

    assert browser.post(f"/admin/tags/removed/{last(RemovedTag)}/restore").status_code == 409


def test_the_log_hears_of_all_of_it(browser, admin, make, does, database, tag_id):
    a, b = make.tag("a"), make.tag("b")
    does(change_tag, a.id, name="a", description="First.")
    does(change_tag, a.id, name="a", description="First.")  # changes nothing
    does(add_synonym, a.id, "alpha")
    does(undo_merge, does(merge_tags, a.id, "b").id)
    browser.sign_in(admin).post(f"/admin/tags/{b.id}/remove")

    with database.reading() as session:
        acts = session.scalars(text("SELECT action FROM audit_entries ORDER BY id")).all()
    assert acts == ["TagChanged", "SynonymAdded", "TagsMerged", "TagMergeUndone", "TagRemoved"]
    assert "Tags merged" in browser.get("/moderation/log").text


def test_more_tags_cost_no_more_queries(browser, admin, make, queries):
    browser.sign_in(admin)
    make.tag("a")
    browser.get("/admin/tags")
    with queries() as few:
        browser.get("/admin/tags")
    for number in range(60):
        make.tag(f"tag-{number}")
    with queries() as many:
        page = browser.get("/admin/tags").text

    assert len(many) == len(few)
    assert "after=tag-" in page


def test_a_thread_has_no_tag_twice(make, does, tag_id, database):
    thread = make.thread(tags=("a", "b"))
    does(merge_tags, tag_id("a"), "b")

    with database.reading() as session:
        count = session.scalar(select(func.count()).where(ThreadTag.thread_id == thread.id))
        assert session.get_one(Thread, thread.id) is not None
    assert count == 1


def test_levels_go_along_with_a_merge_and_come_back_with_its_undo(make, does, database, tag_id, last):
    make.thread(tags=("wifi",))
    make.thread(tags=("wi-fi",))
    old, main = tag_id("wi-fi"), tag_id("wifi")
    ana, bo, cy = (make.account(name) for name in ("ana", "bo", "cy"))

    def choose(account, of, level):
        with database.writing() as session:
            choose_level(session, make.actor(account), Subject.TAG, of, level)

    def levels(of):
        with database.reading() as session:
            rows = session.execute(select(Follow.account_id, Follow.level).where(Follow.subject_id == of))
            return {row.account_id: row.level for row in rows}

    choose(ana, old, Level.WATCH)
    choose(bo, old, Level.MUTE)
    choose(bo, main, Level.FOLLOW)
    choose(cy, old, Level.FOLLOW)
    does(merge_tags, old, "wifi")

    assert levels(main) == {ana.id: Level.WATCH, bo.id: Level.FOLLOW, cy.id: Level.FOLLOW}

    choose(cy, main, Level.MUTE)
    does(undo_merge, last(TagMerge))

    assert levels(main) == {bo.id: Level.FOLLOW, cy.id: Level.MUTE}
    assert levels(old) == {ana.id: Level.WATCH, bo.id: Level.MUTE, cy.id: Level.FOLLOW}
