"""A site that is not open yet: nothing answers but to those with a role, and what a server must answer."""

from dataclasses import replace

import pytest

from forum.access import Scope
from forum.accounts.api_tokens import make_token
from forum.app import build_site, create_app
from forum.options import set_option
from tests.browse import Browser

CLOSED = [
    "/",
    "/threads",
    "/threads.atom",
    "/people",
    "/search?q=sync",
    "/register",
    "/nowhere",
    "/live",
    "/tickets",
    "/guidelines",
    "/api/v1/openapi.json",
    "/api/v1/threads",
]


@pytest.fixture
def closed(site):
    """There is an admin, who has not opened the doors."""
    with site.database.writing() as session:
        set_option(session, "site.doors", {"code": None, "opened": False})


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_answers_strangers(closed, browser, make, path):
    make.thread()
    for person in (None, make.account("bea")):
        if person:
            browser.sign_in(person)
        reply = browser.get(path)
        assert reply.status_code == 503
        assert "Sync stops halfway" not in reply.text
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["retry-after"] == "600"
    if path.startswith("/api"):
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["detail"] == "This site is not open yet."
    else:
        assert "Not open yet" in reply.text
        assert "content-security-policy" in reply.headers


def test_nor_can_they_write(closed, browser):
    assert browser.post("/register", {"handle": "eve"}).status_code == 503
    assert browser.post("/preview", {"body": "x"}).status_code == 503


def test_machines_and_assets_are_answered(closed, browser):
    assert browser.get("/healthz").status_code == 200
    assert "database" in browser.get("/readyz").json()
    assert browser.get("/static/nothing.css").status_code == 404
    assert browser.get("/brand/1d4ed8-6689eb-0.css").status_code == 200
    assert browser.post("/theme", {"theme": "dark"}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path", ["/confirm/x", "/undo-email/x", "/sign-in-alert/x", "/reset/x", "/claim/x", "/login/factor"]
)
def test_so_is_whoever_signs_in_or_has_a_link_about_their_account(closed, browser, path):
    assert browser.get(path).status_code != 503


def test_those_with_a_role_are_let_in_by_the_page_that_says_so(closed, browser, make, thread):
    assert 'href="/login"' in browser.get("/").text
    assert "Make an account" not in browser.get("/login").text
    for person in (make.moderator(), make.staff(), make.admin()):
        browser.sign_in(person)
        for path in ("/", f"/threads/{thread.id}/{thread.slug}", "/threads.atom"):
            assert browser.get(path).status_code == 200
        assert "only people with a role see it" in browser.get("/").text
    browser.sign_out()
    assert browser.get(f"/threads/{thread.id}/{thread.slug}").status_code == 503


def test_whoever_signs_in_without_a_role_is_told_so(closed, browser, make):
    page = browser.sign_in(make.account(display_name="Bea")).get("/")

    assert "You are signed in as Bea, who holds no role here yet." in page.text
    assert 'action="/logout"' in page.text


def test_programs_of_those_with_a_role_are_let_in(closed, browser, make, database):
    def call(person):
        with database.writing() as session:
            token = make_token(session, person.id, "test", [Scope.READ])[1]
        return browser.get("/api/v1/threads", headers={"Authorization": f"Bearer {token}"}).status_code

    assert call(make.moderator()) == 200
    assert call(make.account()) == 503
    browser.sign_in(make.moderator())  # a cookie opens no API
    assert browser.get("/api/v1/threads").status_code == 503


def test_a_site_that_is_open_is_asked_nothing(browser, queries):
    browser.get("/healthz")
    with queries() as asked:
        browser.get("/nowhere")
        browser.get("/nowhere")

    assert len(asked) <= 1  # what the site is called


def test_the_demonstration_is_open(settings):
    site = build_site(replace(settings, demo=True), rate_limits=False, durable=False)
    with site.database.writing() as session:
        set_option(session, "site.doors", {"code": "x", "opened": False})
    with Browser(create_app(site), site) as browser:
        assert browser.get("/").status_code == 200
    site.database.dispose()
