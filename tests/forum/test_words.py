"""The words of the site: chosen by its owner, shown at once, always as plain text."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from forum.words.actions import set_word
from forum.words.texts import TEXTS, word


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def say(browser, admin):
    def say(name, words):
        return browser.sign_in(admin).post(f"/admin/words/en/{name}", {"text": words})

    return say


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("home.question", "/"),
        ("home.search", "/"),
        ("home.description", "/"),
        ("register.hint", "/register"),
        ("footer.line", "/tags"),
    ],
)
def test_visitors_read_the_owners_words_at_once_and_escaped(browser, say, name, path):
    stranger = browser.another()
    with stranger:
        before = [stranger.get(path).text for _ in range(2)]
        page = say(name, 'How can <b>we</b> & "others" help?')
        after = [stranger.get(path).text for _ in range(2)]

    assert "The text is saved." in page.text
    assert all("we&lt;/b&gt; &amp;" not in one for one in before)
    assert all("How can &lt;b&gt;we&lt;/b&gt; &amp; &#34;others&#34; help?" in one for one in after)
    if TEXTS[name].default:
        assert all(str(TEXTS[name].default) in one for one in before)
        assert all(str(TEXTS[name].default) not in one for one in after)


def test_people_who_are_signed_in_read_them_too(browser, say, make, thread, admin):
    for name in ("ask.hint", "staff.hint", "footer.line"):
        say(name, f"Words of {name}")
    browser.sign_in(make.account())

    assert "Words of ask.hint" in browser.get("/ask").text
    new = browser.get("/tickets/new").text
    assert "Words of staff.hint" in new
    assert "and staff read this." in new
    there = f"/threads/{thread.id}/{thread.slug}"
    assert all("Words of footer.line" in browser.get(there).text for _ in range(2))
    say("footer.line", "Other words")
    assert "Other words" in browser.sign_in(make.account()).get(there).text


def test_the_note_to_staff_about_a_thread_is_the_owners_too(browser, say, make, thread, asker):
    say("staff.thread_hint", "Say what hurts.")

    assert "Say what hurts." in browser.sign_in(asker).get(f"/threads/{thread.id}/escalation").text


def test_an_error_page_needs_no_words_of_the_owner(browser, say):
    say("footer.line", "Ours alone")

    assert browser.get("/nothing/here").status_code == 404


def test_a_text_goes_back_to_its_default(browser, say, admin):
    say("home.question", "Well?")
    assert "Well?" in browser.get("/admin/words").text
    page = browser.post("/admin/words/en/home.question/reset")

    assert "The text is what it was at first." in page.text
    assert "What can we help with?" in browser.get("/").text
    say("home.question", "Well?")
    say("home.question", "  ")
    assert "What can we help with?" in browser.get("/").text


def test_too_long_is_said_beside_the_field_and_what_was_typed_stays(browser, say):
    page = say("home.search", "x" * 61)

    assert page.status_code == 422
    assert "Use at most 60 characters." in page.text
    assert "x" * 61 in page.text
    assert "Describe it in a few words" in browser.get("/").text


def test_only_admins_know_these_pages(browser, make, admin):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        for path in ("/admin/words", "/admin/words/en/footer.line"):
            assert browser.get(path).status_code == 403
        assert browser.post("/admin/words/en/footer.line", {"text": "Mine"}).status_code == 403
    browser.sign_in(admin)
    for path in ("/admin/words/xx/footer.line", "/admin/words/en/nothing", "/admin/words?language=xx"):
        assert browser.get(path).status_code == 404
    assert browser.post("/admin/words/en/nothing", {"text": "Mine"}).status_code == 404


def test_two_admins_who_change_different_texts_keep_both(database, make, admin):
    second, together = make.admin("second"), threading.Barrier(2)

    def change(actor, name):
        together.wait()
        with database.writing() as session:
            set_word(session, actor, "en", name, f"New {name}")

    names = ("home.question", "footer.line")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(change, (make.actor(admin), make.actor(second)), names))

    with database.reading() as session:
        assert [word(session, name) for name in names] == ["New home.question", "New footer.line"]


def test_the_log_says_who_changed_which(browser, say, database):
    say("footer.line", "Ours")
    say("footer.line", "Ours")  # changes nothing

    with database.reading() as session:
        assert session.scalars(text("SELECT action FROM audit_entries")).all() == ["WordsChanged"]
    assert "Words of the site changed" in browser.get("/moderation/log").text
