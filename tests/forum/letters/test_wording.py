"""The words of letters: what an admin may change, what is refused, and what then leaves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.errors import Forbidden, Invalid
from forum.events.letters import LetterReset, LetterWorded
from forum.jobs import Workshop
from forum.letters import own_words, send_letter, write
from forum.letters.catalogue import LETTERS, sample
from forum.letters.wording import Wording, check_wording, find_letter, reset_wording, reword, wording_of
from forum.notifications import kinds
from moderation.audit.models import AuditEntry

GIVEN = {"subject": "[{site}] {title}", "opening": "Good day, {actor} wrote this.", "closing": "Your {site} team"}


@pytest.fixture
def admin(make):
    return make.admin("ad")


def test_an_admin_words_a_letter_and_sees_it(browser, admin, database):
    browser.sign_in(admin)
    page = browser.post("/admin/letters/post", GIVEN)
    assert "The letter says so from now on." in page.text
    assert "Re: [Porchlight] Sync stops halfway" in page.text
    frame = browser.get("/admin/letters/post/preview")
    assert "Good day, Bo Lind wrote this." in frame.text
    assert "In your words" in browser.get("/admin/letters").text

    browser.post("/admin/letters/post/reset")
    with database.reading() as session:
        assert wording_of(session, "post") == Wording()
        acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert acts == ["LetterWorded", "LetterReset"]
    assert "A letter was worded" in browser.get("/moderation/log").text


def test_the_preview_runs_nothing_and_stands_in_a_frame_of_this_site_alone(browser, admin):
    browser.sign_in(admin).post("/admin/letters/post", GIVEN | {"opening": "<script>alert(1)</script>"})
    page, frame = browser.get("/admin/letters/post"), browser.get("/admin/letters/post/preview")

    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "script-src" not in frame.headers["content-security-policy"]
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    assert "<script" not in frame.text
    assert "frame-src" not in browser.get("/admin/letters").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("subject", "{password}", "knows no {password}"),
        ("opening", "Hello {name.__class__}", "knows no {name.__class__}"),
        ("opening", "Hello {0}", "knows no {0}"),
        ("closing", "A { alone", "A brace stands alone"),
        ("closing", "{{ 7 * 7 }}", "knows no { 7 * 7 }"),
        ("subject", "x" * 151, "at most 150 characters"),
        ("opening", "x" * 1001, "at most 1000 characters"),
    ],
)
def test_what_cannot_be_said_stands_beside_its_field_and_the_rest_stays(browser, admin, database, field, text, words):
    page = browser.sign_in(admin).post("/admin/letters/post", GIVEN | {field: text})

    assert page.status_code == 422
    assert words.replace("'", "&#39;") in page.text
    assert "Your {site} team" in page.text or field == "closing"
    with database.reading() as session:
        assert wording_of(session, "post") == Wording()


def test_only_admins_may(browser, make, session):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        account = make.account(**columns)
        browser.sign_in(account)
        assert browser.get("/admin/letters").status_code == 403
        assert browser.post("/admin/letters/post", GIVEN).status_code == 403
        with pytest.raises(Forbidden):
            reword(session, make.actor(account), "post", Wording())
        with pytest.raises(Forbidden):
            reset_wording(session, make.actor(account), "post")
    assert browser.sign_in(make.admin()).get("/admin/letters/nothing").status_code == 404


def test_both_acts_are_heard_by_the_log(session, make, admin, heard):
    actor = make.actor(admin)
    reword(session, actor, "reset", Wording(subject="Your new password"))
    reset_wording(session, actor, "reset")
    reset_wording(session, actor, "reset")

    assert [type(event) for event in heard] == [LetterWorded, LetterReset]


def test_what_leaves_is_in_the_new_words(site, database, make, admin):
    ana = make.account("ana", display_name="Ana {handle}")
    with database.writing() as session:
        reword(session, make.actor(admin), "reset", Wording(subject="Hello {name}", closing="Bye, {handle}."))
        send_letter(session, "reset", "ana@example.org", ana, path="/reset/abc", hours=2)
    Workshop(site.database, site.jobs).drain()
    text = next((site.settings.var / "mail").glob("*.eml")).read_text()

    assert "Subject: Hello Ana {handle}" in text
    assert "Bye, ana." in text
    assert "hopefully you, asked for a new password" in text  # what was left empty is as it was


@pytest.mark.parametrize("name", LETTERS)
def test_each_letter_has_words_a_preview_and_placeholders_that_it_fills(settings, name):
    letter, own = find_letter(name), own_words(name, settings)
    every = " ".join(f"{{{one}}}" for one in letter.placeholders)
    facts = sample(name)
    reader = {"handle": "ana", "display_name": "Ana", "locale": "en", "time_zone": "Europe/Lisbon"}
    made = write(
        {"template": name, "reader": reader, "path": facts.pop("path"), "context": facts},
        settings,
        check_wording(letter, Wording(every, every, every)),
    )

    assert own.subject
    assert check_wording(letter, own) == own  # so an admin can begin with them
    assert "{" not in made.subject + made.text
    assert made.html


def test_the_words_of_an_unknown_placeholder_are_refused_for_the_letter_they_are_for():
    check_wording(find_letter("reset"), Wording(subject="{hours}"))
    with pytest.raises(Invalid):
        check_wording(find_letter("confirm"), Wording(subject="{hours}"))


def test_every_kind_is_of_a_matter_that_people_can_choose():
    names = {one.name for one in kinds.all_matters()}
    assert {kinds.kind(name).matter for one in names for name in kinds.kinds_of(one)} <= names
    assert all(kinds.kinds_of(name) or name == kinds.OTHER for name in names)
