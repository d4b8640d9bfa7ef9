"""The page of imports: what came, how far a run is, and what went wrong."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from forum.clock import now
from forum.importers import record, runs
from forum.importers.dump import DumpError
from forum.importers.models import ImportRun, ImportSource
from forum.importers.record import recorded
from forum.importers.run import Report, source
from forum.live.subjects import Subject
from tests.forum.live.pages import embedded

ASKED = {"Id": 1, "PostTypeId": 1, "CreationDate": "2020-01-01T10:00:00.000", "Title": "How?", "Body": "<p>So?</p>"}


@contextmanager
def quiet(_words, _total):
    yield lambda _count: None


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def begin(database):
    """A run under way, as a context."""

    def begin(report=None):
        source_id = database.write(lambda session: source(session, "cooking").id)
        return recorded(database, source_id, "stackexchange", report or Report(), quiet)

    return begin


@pytest.fixture
def the_run(database):
    def the_run():
        with database.reading() as session:
            return session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(1)).one()

    return the_run


def test_an_import_leaves_word_of_what_came(browser, admin, bring, write):
    bring(write(Posts=[ASKED]))
    bring(write(Posts=[ASKED, ASKED | {"Id": 2, "Title": "Why, then?"}]))
    page = browser.sign_in(admin).get("/admin/imports").text

    assert page.count("Done") == 2
    assert "dump" in page
    assert "Questions" in page


def test_a_run_under_way_says_how_far_it_is(browser, admin, begin, the_run, monkeypatch):
    monkeypatch.setattr(record, "PAUSE", 0.0)
    browser.sign_in(admin)
    report = Report()
    with begin(report) as show, show("Importing answers", 200) as advance:
        report.read["answers"] += 40
        advance(50)
        page = browser.get("/admin/imports").text
        assert "Importing answers" in page
        assert "25 %" in page
        assert "Running" in page
        assert embedded(page)["imports:"]["percent"] == {str(the_run().id): 25}
        advance(100)
        assert "75 %" in browser.get("/admin/imports").text

    assert "Done" in browser.get("/admin/imports").text
    assert the_run().report["kinds"]["answers"] == {"read": 40, "added": 0, "changed": 0}


def test_it_writes_no_oftener_than_it_must(begin, queries):
    with begin() as show, show("Importing answers", 10**6) as advance, queries() as asked:
        for _ in range(10_000):
            advance(100)

    assert len(asked) < 20


def test_what_failed_says_so_in_plain_words(browser, admin, bring, write, begin, the_run):
    broken = write(Posts=[ASKED])
    whole = (broken / "Posts.xml").read_text(encoding="utf-8")
    (broken / "Posts.xml").write_text(whole[:-12], encoding="utf-8")
    with pytest.raises(DumpError) as raised:
        bring(broken)
    page = browser.sign_in(admin).get("/admin/imports").text
    assert "Failed" in page
    assert the_run().error == str(raised.value)
    assert "run it again and it goes on from there" in page

    with pytest.raises(ZeroDivisionError), begin():
        raise ZeroDivisionError("of ana@example.org")
    assert "ana@example.org" not in str(the_run().error)
    with pytest.raises(KeyboardInterrupt), begin():
        raise KeyboardInterrupt
    assert "It was stopped by hand." in browser.get("/admin/imports").text


def test_a_run_that_was_killed_is_known_by_its_silence(browser, admin, begin, database):
    with begin() as show, show("Importing people", 10):
        with database.writing() as session:
            session.execute(update(ImportRun).values(seen_at=now() - timedelta(minutes=3)))
        assert "Ended without a word" in browser.sign_in(admin).get("/admin/imports").text


def test_an_open_page_hears_of_it_if_it_is_an_admins(begin, make, admin, database, site):
    kind = site.live.kinds["imports"]
    with begin():
        with database.reading() as session:
            for reader in (None, make.actor(make.moderator())):
                assert kind.read(session, reader, [""])[""].facts is None
            shown = kind.read(session, make.actor(admin), [""])[""]
        assert shown.facts == _facts(database)
        assert shown.topics == {("import_runs", None)}
    assert site.live.kinds.parse([("imports", "")]) == (Subject("imports", ""),)


def _facts(database):
    with database.reading() as session:
        return runs.facts(session)


def test_sources_from_before_are_listed_and_an_empty_list_says_what_to_do(browser, admin, database):
    assert "porchlight import stackexchange" in browser.sign_in(admin).get("/admin/imports").text
    with database.writing() as session:
        session.add(ImportSource(name="gardening"))

    assert "gardening" in browser.get("/admin/imports").text


def test_only_admins_know_the_page(browser, make):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        assert browser.sign_in(make.account(**columns)).get("/admin/imports").status_code == 403


def test_more_runs_cost_no_more_queries(browser, admin, begin, queries):
    browser.sign_in(admin)
    counts = []
    for _ in range(2):
        with begin():
            pass
        browser.get("/admin/imports")
        with queries() as asked:
            page = browser.get("/admin/imports").text
        counts.append(len(asked))
        for _ in range(21):
            with begin():
                pass

    assert counts[0] == counts[1]
    assert "before=" in page
