"""Profiles and the directory: what they show, to whom, and at what cost."""

from __future__ import annotations

import pytest

from forum.accounts.people import PAGE
from forum.clock import now
from forum.posts import Visibility

SAVED = {
    "display_name": "Ana Lopes",
    "bio": "I **sync** things.",
    "location": "Porto",
    "website": "example.org/ana",
    "time_zone": "Europe/Lisbon",
    "locale": "en",
    "mail_notifications": "y",
}


@pytest.fixture
def me(browser, ana):
    browser.sign_in(ana)
    return browser


def test_what_is_saved_is_shown_to_everybody(me):
    page = me.post("/settings/profile", SAVED)
    assert "Your settings are saved" in page.text
    assert 'value="https://example.org/ana"' in page.text

    profile = me.another().get("/people/Ana").text
    assert "<strong>sync</strong>" in profile
    assert "Porto" in profile
    assert 'href="https://example.org/ana" rel="nofollow ugc noopener"' in profile
    assert "ana@example.org" not in profile


def test_times_are_told_in_ones_own_zone(me):
    me.post("/settings/profile", SAVED | {"time_zone": "Asia/Tokyo"})

    assert me.get("/settings/profile").text.count('<option selected value="Asia/Tokyo">') == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("display_name", "x" * 61, "at most 60"),
        ("bio", "x" * 5000, "too long"),
        ("location", "x" * 81, "at most 80"),
        ("website", "javascript://example.org/%0aalert(1)", "Give an address"),
        ("website", "http://[", "Give an address"),
        ("website", "https://a:b@example.org", "Give an address"),
        ("time_zone", "Mars/Olympus", "time zone from the list"),
        ("locale", "xx", "language from the list"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(me, field, value, words):
    reply = me.post("/settings/profile", SAVED | {field: value})

    assert reply.status_code == 422
    assert words in reply.text
    assert "I **sync** things." in reply.text or field == "bio"


def test_hostile_text_is_text(me):
    me.post("/settings/profile", SAVED | {"display_name": "<b>Ana</b>", "location": "<i>", "bio": "<script>x</script>"})
    profile = me.another().get("/people/ana").text

    assert "&lt;b&gt;Ana&lt;/b&gt;" in profile
    assert "<script>x" not in profile


@pytest.mark.parametrize("handle", ["nobody-here", "%00", "a" * 3000, "%F0%9F%92%A1"])
def test_nobody_by_that_name_is_a_page_that_says_so(browser, handle):
    assert browser.get(f"/people/{handle}").status_code == 404


def test_whoever_was_erased_has_no_profile(browser, make):
    make.account("gone", anonymised_at=now())

    assert browser.get("/people/gone").status_code == 404
    assert "@gone" not in browser.get("/people").text


def test_the_directory_goes_by_reputation_and_misses_none(browser, make):
    for number in range(PAGE + 5):
        make.account(f"helper-{number:02}", reputation=number // 2)
    first = browser.get("/people").text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(older).text

    assert first.index("@helper-34") < first.index("@helper-10")
    assert [f"@helper-{number:02}" in first + second for number in range(PAGE + 5)] == [True] * (PAGE + 5)
    assert sum(f"@helper-{number:02}" in second for number in range(PAGE + 5)) == 5


@pytest.mark.parametrize("name", ["an", "@AN", "Ana L"])
def test_somebody_is_found_by_the_beginning_of_a_name(browser, ana, make, name):
    make.account("bo")
    page = browser.get("/people", params={"q": name}).text

    assert "@ana" in page
    assert "@bo" not in page


@pytest.mark.parametrize("query", ["?q=%25", "?q=_", "?q=%00", "?after=x", "?after=1-2-3", "?after=" + "9" * 40 + "-1"])
def test_a_strange_query_breaks_nothing(browser, ana, query):
    assert browser.get(f"/people{query}").status_code == 200


def test_more_people_cost_no_more_queries(browser, make, queries):
    make.account()
    with queries() as few:
        browser.get("/people")
    for _ in range(5):
        make.account()
    with queries() as many:
        browser.get("/people")

    assert len(many) == len(few) > 0


def test_what_left_the_lists_is_in_nobody_elses_view_of_a_profile(browser, make):
    ana, ben = make.account("ana"), make.account("ben")
    unlisted = make.thread(author=ana, title="Out of the lists", visibility=Visibility.UNLISTED)
    make.answer(unlisted, author=ben)
    paths = ("/people/ana", "/people/ana/questions", "/people/ben", "/people/ben/answers")

    assert not any("Out of the lists" in browser.get(path).text for path in paths)
    browser.sign_in(make.moderator())
    assert all("Out of the lists" in browser.get(path).text for path in paths)


def test_time_zones_are_places_and_the_one_somebody_has(browser, make):
    page = browser.sign_in(make.account(time_zone="Etc/GMT+3")).get("/settings/profile").text
    assert all(f'value="{zone}"' in page for zone in ("UTC", "Europe/Lisbon", "Etc/GMT+3"))
    assert not any(f'value="{zone}"' in page for zone in ("Zulu", "W-SU", "localtime", "Etc/GMT+4"))
