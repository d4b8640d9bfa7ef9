"""Bringing files: by script and by form, within limits, and nothing typed is lost when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Thread as Worker

import pytest
from sqlalchemy import select

from forum import clock
from forum.clock import now
from forum.errors import Conflict, Invalid
from forum.options import set_option
from forum.threads.models import Thread
from forum.uploads import actions, intake
from forum.uploads.limits import MB, WITH_FILES, Limits, keep_limits
from forum.uploads.models import File
from tests.forum.uploads.pictures import picture

LOG = ("crash.log", b"line <b>one</b>\n", "text/html")
PNG = ("Screen [1].png", picture(), "image/png")
ASKED = {
    "title": "Sync stops at forty percent",
    "body": "It stops, and I do not know why.",
    "tags": "sync",
    "kind": "question",
}


@pytest.fixture
def limited(database):
    def limit(**numbers):
        with database.writing() as session:
            set_option(session, "privileges.preset", "growing")
            keep_limits(session, replace(Limits(), **numbers))

    return limit


def test_the_script_is_told_what_to_write(browser, asker, send):
    browser.sign_in(asker)
    reply = send("Screen [1].png")

    assert reply.status_code == 201
    assert reply.json()["name"] == "Screen [1].png"
    assert reply.json()["markdown"] == rf"![Screen \[1\].png]({reply.json()['url']})"
    assert browser.get(reply.json()["url"]).headers["content-type"] == "image/png"


def test_nothing_is_read_of_a_stranger(browser, send, site):
    assert send().status_code == 401
    assert list(site.storage.all()) == []


def test_another_site_cannot_bring_a_file_in_somebodys_name(browser, asker, site):
    browser.sign_in(asker)
    reply = browser.client.post("/files", files={"file": PNG}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (reply.status_code, list(site.storage.all())) == (403, [])


def test_without_a_script_files_come_along_with_the_question(browser, asker, uses):
    page = browser.sign_in(asker).client.post("/ask", data=ASKED, files=[("files", PNG), ("files", LOG)])

    assert page.status_code == 200
    assert 'width="64" height="48"' in page.text
    assert 'alt="Screen [1].png"' in page.text
    assert ">crash.log</a>" in page.text
    assert uses() == [("Screen [1].png", "thread", True), ("crash.log", "thread", True)]


def test_a_form_without_files_is_as_before(browser, asker, database):
    page = browser.sign_in(asker).client.post(
        "/ask", data=ASKED, files=[("files", ("", b"", "application/octet-stream"))]
    )

    assert page.status_code == 200
    with database.reading() as session:
        assert session.scalars(select(Thread.source)).one() == ASKED["body"]


def test_what_came_is_kept_when_another_field_is_wrong(browser, asker, uses, database):
    browser.sign_in(asker)
    again = browser.client.post("/ask", data=ASKED | {"title": "Short"}, files=[("files", PNG)])

    assert again.status_code == 422
    assert "Say in 15 to 150 characters" in again.text
    assert "![Screen \\[1\\].png](/files/" in again.text
    with database.reading() as session:
        url = f"/files/{session.scalars(select(File.token)).one()}/64x48/Screen%20%5B1%5D.png"
    assert url in again.text
    browser.client.post("/ask", data=ASKED | {"body": f"{ASKED['body']}\n\n![x]({url})"}, files=[("files", ("", b""))])
    assert uses() == [("Screen [1].png", "thread", True)]


def test_a_file_that_is_refused_is_said_beside_it_and_the_others_stay(browser, asker, site, database):
    browser.sign_in(asker)
    files = [("files", PNG), ("files", ("evil.html", b"<script>", "text/plain"))]
    again = browser.client.post("/ask", data=ASKED, files=files)

    assert again.status_code == 422
    assert "evil.html: Files of this kind are not taken." in again.text
    assert ASKED["body"] in again.text
    assert "![Screen" in again.text
    with database.reading() as session:
        assert session.scalars(select(Thread.id)).all() == []


def test_what_somebody_typed_is_parked_when_their_session_had_ended(browser, asker, site):
    parked = browser.client.post("/ask", data=ASKED, files=[("files", PNG)])

    assert "/login" in str(parked.url)
    assert list(site.storage.all()) == []
    assert ASKED["body"] in browser.sign_in(asker).get("/parked").text


def test_the_preview_without_a_script_leaves_the_files_to_the_form(browser, asker, site):
    browser.sign_in(asker)
    page = browser.client.post("/preview", data=ASKED | {"field": "body"}, files=[("files", PNG)])

    assert page.status_code == 200
    assert list(site.storage.all()) == []


@pytest.mark.parametrize("address", ["/threads/{}/answers", "/posts/thread/{}/comments"])
def test_answers_and_comments_take_files(browser, asker, thread, uses, address):
    browser.sign_in(asker)
    body = {"body": "Here is what I see on the screen."}
    page = browser.client.post(address.format(thread.id), data=body, files=[("files", PNG)])

    assert page.status_code == 200
    assert [name for name, _kind, _current in uses()] == ["Screen [1].png"]


def test_a_file_that_is_too_large_is_said_with_the_limit(browser, asker, send, limited):
    limited(file_mb=1)
    browser.sign_in(asker)
    reply = send("big.log", b"x" * (MB + 1))

    assert reply.status_code == 413
    assert "1 megabytes at most" in reply.text


def test_a_body_that_is_too_large_is_not_read(browser, asker, site):
    browser.sign_in(asker)
    reply = browser.client.post(
        "/files",
        content=b"",
        headers={"Content-Length": str(WITH_FILES + 1), "Content-Type": "multipart/form-data; boundary=x"},
    )

    assert reply.status_code == 413
    assert "more than 33 megabytes" in reply.text


@pytest.mark.parametrize("how", [{"data": {"body": "x" * 2_000_000}}, {"files": {"body": (None, "x" * 2_000_000)}}])
def test_a_text_that_is_far_too_long_is_said_to_be_so(browser, asker, thread, how):
    browser.sign_in(asker)
    reply = browser.client.post(f"/posts/thread/{thread.id}/comments", **how)

    assert reply.status_code == 413
    assert "longer than a megabyte" in reply.text
    assert "go back to find it" in reply.text


def test_only_routes_that_take_files_take_large_bodies(site):
    large = {route.name for route in site.routes if route.max_body > 256 * 1024}

    assert large == {
        "files.add",
        "threads.post",
        "threads.answer",
        "threads.comment",
        "posts.save",
        "preview",
        "tickets.create",
        "tickets.reply",
        "tickets.escalate",
        "desk.reply",
        "branding.save_logo",
    }


def test_newcomers_may_bring_less_than_members_and_those_less_than_the_team(browser, make, send, limited):
    limited(newcomer_files=1, member_files=2, team_files=3)
    people = [make.account("newcomer", reputation=1), make.account("member", reputation=50), make.staff("sam")]
    counts = []
    for account in people:
        browser.sign_in(account)
        replies = [send("a.log", b"words") for _ in range(4)]
        counts.append([reply.status_code for reply in replies].count(201))

    assert counts == [1, 2, 3]
    assert "within a day" in replies[-1].text


def test_a_day_later_there_is_room_again_but_not_for_ever(session, make, asker, site, database, bring, limited):
    limited(newcomer_files=1, newcomer_total_mb=1)
    actor = make.actor(asker)
    bring(asker, "a.log", b"x" * 900_000)
    with pytest.raises(Invalid, match="within a day"):
        actions.check_quota(session, actor, actions.limits_of(session))
    with clock.at(now() + timedelta(days=2)):
        actions.check_quota(session, actor, actions.limits_of(session), size=1000)
        with pytest.raises(Invalid, match="which is the most"):
            actions.check_quota(session, actor, actions.limits_of(session), size=200_000)


def test_bytes_a_day_count_as_well_as_files(session, make, asker, bring, limited):
    limited(newcomer_mb=1)
    bring(asker, "a.log", b"x" * 900_000)

    with pytest.raises(Invalid, match="within a day"):
        actions.check_quota(session, make.actor(asker), actions.limits_of(session), size=200_000)


def test_two_at_once_cannot_both_take_the_last_place(database, site, make, asker, limited):
    limited(newcomer_files=1)
    kept = [intake.keep(site.storage, intake.look_at("a.log", b"words", Limits())) for _ in range(4)]
    actor, refused = make.actor(asker), []

    def add(one):
        try:
            database.write(lambda session: actions.add_file(session, actor, one))
        except Invalid:
            refused.append(one)

    workers = [Worker(target=add, args=(one,)) for one in kept]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(refused) == 3


def test_bytes_that_were_kept_long_ago_are_not_committed(session, make, asker, site):
    kept = intake.keep(site.storage, intake.look_at("a.log", b"words", Limits()))

    with pytest.raises(Conflict, match="too long"):
        actions.add_file(session, make.actor(asker), replace(kept, kept_at=kept.kept_at - 3601))


def test_a_post_holds_so_many_files_and_no_more(browser, asker, bring, limited):
    limited(per_post=2)
    shown = "\n".join(bring(asker).markdown for _ in range(3))
    browser.sign_in(asker)
    again = browser.post("/ask", ASKED | {"body": f"Look at these:\n{shown}"})

    assert again.status_code == 422
    assert "3 files; 2 is the most" in again.text


def test_so_many_at_once_and_no_more(browser, asker, site, limited):
    limited(per_post=2)
    again = browser.sign_in(asker).client.post("/ask", data=ASKED, files=[("files", PNG)] * 3)

    assert "2 files at once is the most" in again.text
    assert list(site.storage.all()) == []


def test_bringing_files_has_a_rate(site):
    assert site.routes.rate_of("files.add") == "120/hour"


def test_a_storage_that_is_away_loses_nothing_that_was_typed(browser, asker, site, settings):
    (settings.var / "files").write_text("in the way")
    again = browser.sign_in(asker).client.post("/ask", data=ASKED, files=[("files", PNG)])

    assert again.status_code == 422
    assert "Files cannot be kept or read at the moment." in again.text
    assert ASKED["body"] in again.text
