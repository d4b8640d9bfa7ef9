"""The page of rules: written by admins, read by everybody, never old."""

import pytest
from sqlalchemy import text, update

from forum.guidelines.actions import recook
from forum.guidelines.models import Guidelines
from forum.markup import COOKER_VERSION, MAX_SOURCE_BYTES

RULES = {"guidelines": "# Be kind\n\nCriticise the **answer**. <script>alert(1)</script>"}


@pytest.fixture
def admin(make):
    return make.admin("root")


def test_without_any_there_is_no_page_and_no_link(browser):
    assert browser.get("/guidelines").status_code == 404
    assert "/guidelines" not in browser.get("/").text
    assert "/guidelines" not in browser.get("/register").text


def test_what_an_admin_writes_everybody_reads_at_once(browser, admin):
    browser.get("/")
    browser.sign_in(admin)
    assert "The guidelines are saved." in browser.post("/admin/guidelines", RULES).text
    browser.sign_out()
    page = browser.get("/guidelines").text

    assert "<strong>answer</strong>" in page
    assert "<script>alert" not in page
    assert 'href="/guidelines"' in browser.get("/").text
    assert "Our guidelines say it in full." in browser.get("/register").text


def test_the_kept_page_moves_with_every_change(browser, admin):
    for words in ("One.", "Two.", "Three."):
        browser.sign_in(admin).post("/admin/guidelines", {"guidelines": words})
        browser.sign_out()
        assert words in browser.get("/guidelines").text
        assert words in browser.get("/guidelines").text
    browser.sign_in(admin).post("/admin/guidelines", {"guidelines": "  \n"})
    browser.sign_out()
    assert browser.get("/guidelines").status_code == 404
    assert "/guidelines" not in browser.get("/").text


def test_only_admins_write_them_and_each_change_stands_in_the_log(browser, admin, make, database):
    browser.sign_in(make.moderator())
    assert browser.get("/admin/guidelines").status_code == 403
    assert browser.post("/admin/guidelines", RULES).status_code == 403
    browser.sign_in(admin)
    for _ in range(2):
        browser.post("/admin/guidelines", RULES)

    with database.reading() as session:
        query = text("SELECT count(*) FROM audit_entries WHERE action = 'GuidelinesChanged'")
        assert session.scalar(query) == 1


def test_what_is_too_long_is_refused_and_kept(browser, admin):
    browser.sign_in(admin)
    page = browser.post("/admin/guidelines", {"guidelines": "word " * MAX_SOURCE_BYTES})

    assert page.status_code == 422
    assert "word word" in page.text


def test_an_older_cooker_s_page_is_laid_out_again(browser, admin, database):
    browser.sign_in(admin).post("/admin/guidelines", RULES)
    with database.writing() as session:
        session.execute(update(Guidelines).values(cooker_version=COOKER_VERSION - 1, html="<p>old</p>"))
    with database.writing() as session:
        assert recook(session)
    with database.writing() as session:
        assert not recook(session)

    assert "<strong>answer</strong>" in browser.get("/guidelines").text
