"""Who sees a file: whoever sees what it is in. And how it goes out: as nothing that a browser would run."""

from __future__ import annotations

import pytest

from forum.markup import cook
from forum.posts import PostKind, PostRef, Visibility
from forum.tags.models import SpaceAudience
from forum.threads.actions import (
    ask,
    edit_post,
    post_answer,
    post_comment,
    roll_back,
    set_visibility,
    withhold_text,
)

TEXT = "Here is what I see on the screen.\n\n"


@pytest.fixture
def shown(database, make, bring):
    """A thread of somebody's that shows a file of theirs."""

    def make_it(account, space=None, **file):
        kept = bring(account, **file)
        with database.writing() as session:
            thread = ask(
                session,
                make.actor(account),
                title="What does this picture say?",
                cooked=cook(TEXT + kept.markdown),
                tags=["sync"],
                space_id=space,
            )
        return kept, thread

    return make_it


def seen(browser, kept) -> int:
    return browser.get(kept.url).status_code


def test_until_a_post_shows_it_a_file_is_its_uploaders_alone(browser, make, asker, bring):
    kept = bring(asker)
    assert seen(browser, kept) == 404
    for account in (make.account(), make.moderator(), make.staff(), make.admin()):
        assert seen(browser.sign_in(account), kept) == 404
    reply = browser.sign_in(asker).get(kept.url)

    assert (reply.status_code, reply.headers["cache-control"]) == (200, "private, no-store")


def test_in_a_public_thread_everybody_sees_it(browser, asker, shown):
    kept, _thread = shown(asker)
    reply = browser.get(kept.url)

    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "public, no-cache"
    assert len(reply.content) == kept.size == int(reply.headers["content-length"])


def test_a_browser_that_has_it_is_told_so_after_the_same_question(browser, make, asker, shown, database):
    kept, thread = shown(asker)
    etag = browser.get(kept.url).headers["etag"]
    assert browser.get(kept.url, headers={"If-None-Match": etag}).status_code == 304

    moderator = make.actor(make.moderator())
    with database.writing() as session:
        set_visibility(session, moderator, PostRef(PostKind.THREAD, thread.id), Visibility.HIDDEN)
    assert browser.get(kept.url, headers={"If-None-Match": etag}).status_code == 404


def test_hidden_deleted_and_restored_with_its_post_at_once(browser, make, asker, shown, database):
    kept, thread = shown(asker)
    ref, moderator = PostRef(PostKind.THREAD, thread.id), make.actor(make.moderator("mo"))
    for became in (
        Visibility.HIDDEN,
        Visibility.PUBLISHED,
        Visibility.DELETED,
        Visibility.PUBLISHED,
        Visibility.UNLISTED,
    ):
        with database.writing() as session:
            set_visibility(session, moderator, ref, became)
        assert seen(browser, kept) == (200 if became in ("published", "unlisted") else 404), became


def test_what_is_hidden_is_seen_by_its_author_and_moderators(browser, make, asker, shown, database):
    kept, thread = shown(asker)
    moderator = make.actor(make.moderator("mo"))
    with database.writing() as session:
        set_visibility(session, moderator, PostRef(PostKind.THREAD, thread.id), Visibility.HIDDEN)
    reply = browser.sign_in(asker).get(kept.url)

    assert (reply.status_code, reply.headers["cache-control"]) == (200, "private, no-store")
    assert seen(browser.sign_in(make.moderator("mia")), kept) == 200
    assert seen(browser.sign_in(make.account()), kept) == 404


def test_text_that_was_removed_for_privacy_takes_its_files_from_everybody(browser, make, asker, shown, database):
    kept, thread = shown(asker)
    mo = make.moderator("mo")
    with database.writing() as session:
        withhold_text(session, make.actor(mo), PostRef(PostKind.THREAD, thread.id))

    assert seen(browser, kept) == 404
    assert seen(browser.sign_in(asker), kept) == 404
    assert seen(browser.sign_in(mo), kept) == 404


@pytest.mark.parametrize("kind", ["answer", "comment", "comment under an answer"])
def test_below_a_thread_a_file_is_seen_with_all_that_it_stands_in(
    browser, make, asker, thread, answer, bring, database, kind
):
    kept, writer = bring(asker), make.actor(asker)
    cooked = cook(TEXT + kept.markdown)
    with database.writing() as session:
        if kind == "answer":
            own = PostRef(PostKind.ANSWER, post_answer(session, writer, thread.id, cooked).id)
        else:
            of = answer.id if "under" in kind else None
            own = PostRef(PostKind.COMMENT, post_comment(session, writer, thread.id, cooked, answer_id=of).id)
    above = [own, PostRef(PostKind.THREAD, thread.id)]
    above += [PostRef(PostKind.ANSWER, answer.id)] if "under" in kind else []
    moderator = make.actor(make.moderator("mo"))
    assert seen(browser, kept) == 200
    for ref in above:
        with database.writing() as session:
            set_visibility(session, moderator, ref, Visibility.HIDDEN)
        assert seen(browser, kept) == 404, ref
        with database.writing() as session:
            set_visibility(session, moderator, ref, Visibility.PUBLISHED)
        assert seen(browser, kept) == 200, ref


def test_the_audience_of_a_product_is_that_of_its_files(browser, make, asker, shown):
    kept, _thread = shown(asker, make.space(audience=SpaceAudience.SIGNED_IN).id)

    assert seen(browser, kept) == 404
    assert seen(browser.sign_in(make.account()), kept) == 200


def test_addresses_are_of_no_use_to_whoever_guesses(browser, asker, shown):
    kept, _thread = shown(asker)
    other = ("A" if kept.token[0] != "A" else "B") + kept.token[1:]

    assert len(kept.token) == 22
    for path in (
        f"/files/{other}/a.png",
        "/files/1/a.png",
        f"/files/{kept.token}",
        f"/files/{kept.token}/nosize/a.png",
    ):
        assert browser.get(path).status_code == 404


def test_quoting_somebodys_file_shows_it_to_nobody_new(browser, make, asker, bring, thread, database, uses):
    kept, thief = bring(asker), make.account()
    with database.writing() as session:
        post_answer(session, make.actor(thief), thread.id, cook(TEXT + kept.markdown))

    assert uses() == []
    assert seen(browser.sign_in(thief), kept) == 404


def test_an_edit_takes_it_out_of_the_text_and_a_rollback_brings_it_back(browser, make, asker, shown, database, uses):
    kept, thread = shown(asker)
    ref, actor = PostRef(PostKind.THREAD, thread.id), make.actor(asker)
    with database.writing() as session:
        edit_post(session, actor, ref, cook("Never mind the picture."))
    assert uses() == [("screen.png", "thread", False)]
    assert seen(browser, kept) == 200, "its history still shows it"
    with database.writing() as session:
        roll_back(session, actor, ref, 1)

    assert uses() == [("screen.png", "thread", True)]


def test_an_edit_by_somebody_else_leaves_the_files_where_they_are_and_adds_the_editors(
    make, asker, shown, bring, database, uses
):
    kept, thread = shown(asker)
    editor = make.account(reputation=3000)
    own = bring(editor, name="better.png")
    with database.writing() as session:
        edit_post(
            session, make.actor(editor), PostRef(PostKind.THREAD, thread.id), cook(TEXT + kept.markdown + own.markdown)
        )

    assert uses() == [("screen.png", "thread", True), ("better.png", "thread", True)]


def test_a_text_without_files_costs_a_post_no_query(database, make, asker, thread, queries):
    actor = make.actor(asker)
    with queries() as sent, database.writing() as session:
        post_answer(session, actor, thread.id, cook("Restart it, then wait a minute."))

    assert not [statement for statement in sent if "file" in statement]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.txt", b"<html><script>canary()</script></html>"),
        ("drawing.xls", b"<svg xmlns='http://www.w3.org/2000/svg' onload='canary()'/>"),
        ("paper.pdf", b"%PDF-1.7 canary"),
    ],
)
def test_what_is_no_image_is_only_ever_downloaded(browser, asker, shown, name, data):
    kept, _thread = shown(asker, name=name, data=data)
    reply = browser.get(kept.url, headers={"Accept-Encoding": "gzip"})

    assert reply.content == data
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"


def test_an_image_can_run_nothing_either(browser, asker, shown):
    kept, _thread = shown(asker)
    reply = browser.get(kept.url)

    assert "sandbox" in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in reply.headers


def test_a_name_goes_out_as_typed(browser, asker, shown):
    kept, _thread = shown(asker, name='Über "x"; a.png')

    assert (
        browser.get(kept.url).headers["content-disposition"]
        == "inline; filename*=UTF-8''%C3%9Cber%20%22x%22%3B%20a.png"
    )


def test_a_file_whose_bytes_are_lost_is_missing(browser, asker, shown, site):
    kept, _thread = shown(asker)
    site.storage.delete(kept.key)

    assert seen(browser, kept) == 404


def test_a_head_request_brings_no_bytes(browser, asker, shown):
    kept, _thread = shown(asker)
    reply = browser.client.head(kept.url)

    assert (reply.status_code, reply.content, reply.headers["content-length"]) == (200, b"", str(kept.size))
