"""Asking: what a question needs, what is made with it, and that a form sent twice makes one."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.errors import Forbidden, Invalid
from forum.events.threads import ThreadAsked
from forum.following import Follow, Subject
from forum.markup import cook
from forum.options import set_option
from forum.posts import Visibility
from forum.tags.models import SpaceAudience, Tag
from forum.threads.actions import ask
from forum.threads.models import Thread, ThreadKind
from forum.threads.queries.listing import tags_of

TITLE = "Sync stops at forty percent"
BODY = cook("It stops at 40 % and **nothing** more happens.")


def test_a_question_is_published_and_followed_by_its_asker(session, make, asker, heard):
    make.tag("sync")
    thread = ask(session, make.actor(asker), title=f"  {TITLE} ", cooked=BODY, tags=["Sync"], environment="4.2")

    assert (thread.title, thread.html, thread.visibility) == (TITLE, BODY.html, Visibility.PUBLISHED)
    assert tags_of(session, [thread.id])[thread.id] == ("sync",)
    assert session.get(Follow, (asker.id, Subject.THREAD, thread.id)) is not None
    assert (thread.follower_count, session.get_one(Account, asker.id).question_count) == (1, 1)
    assert [type(event) for event in heard] == [ThreadAsked]


def test_its_tags_and_product_count_it(session, make, asker):
    make.tag("sync")
    space = make.space()
    ask(session, make.actor(asker), title=TITLE, cooked=BODY, tags=["sync"], space_id=space.id)

    session.expire_all()
    assert session.scalar(select(Tag.thread_count).where(Tag.name == "sync")) == 1
    assert session.get_one(type(space), space.id).thread_count == 1


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("title", {"title": "Too short"}),
        ("title", {"title": "x" * 151}),
        ("title", {"title": "short \u200b \x00 one"}),
        ("body", {"cooked": cook("Help")}),
        ("body", {"cooked": cook("word " * 6001)}),
        ("tags", {"tags": []}),
        ("tags", {"tags": ["a", "b", "c", "d", "e", "f"]}),
        ("tags", {"tags": ["no/slash"]}),
        ("tags", {"tags": ["..."]}),
        ("tags", {"tags": ["unheard-of"]}),
        ("environment", {"environment": "x" * 301}),
        ("space", {"space_id": 999}),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(session, make, asker, field, given):
    for name in ("sync", "one", "two", "three", "four"):
        make.tag(name)
    with pytest.raises(Invalid) as refusal:
        ask(session, make.actor(asker), **({"title": TITLE, "cooked": BODY, "tags": ["sync"]} | given))

    assert list(refusal.value.fields) == [field]
    assert session.scalar(select(func.count()).select_from(Thread)) == 0


def test_on_a_site_with_hardly_any_tags_everybody_may_make_one(session, make, asker):
    thread = ask(session, make.actor(asker), title=TITLE, cooked=BODY, tags=["first"])

    assert tags_of(session, [thread.id])[thread.id] == ("first",)


def test_a_new_tag_takes_reputation(session, make):
    known = make.account(reputation=50)
    thread = ask(session, make.actor(known), title=TITLE, cooked=BODY, tags=["C++", "first sync"])

    assert tags_of(session, [thread.id])[thread.id] == ("c++", "first-sync")


def test_a_product_that_one_may_not_see_cannot_be_chosen(session, make, asker):
    make.tag("sync")
    private = make.space(audience=SpaceAudience.ORGANISATIONS)
    with pytest.raises(Invalid):
        ask(session, make.actor(asker), title=TITLE, cooked=BODY, tags=["sync"], space_id=private.id)


def test_more_than_two_links_take_reputation(session, database, make):
    make.tag("sync")
    with database.writing() as setting:
        set_option(setting, "privileges.preset", "growing")
    body = cook("Look: https://a.example https://b.example https://c.example")
    newcomer, known = make.actor(make.account()), make.actor(make.account(reputation=500))
    with pytest.raises(Invalid):
        ask(session, newcomer, title=TITLE, cooked=body, tags=["sync"])

    assert ask(session, known, title=TITLE, cooked=body, tags=["sync"]).id


def test_the_silenced_may_not_ask(session, make, asker):
    silent = type(make.actor(asker))(id=asker.id)
    with pytest.raises(Forbidden):
        ask(session, silent, title=TITLE, cooked=BODY, tags=["sync"])


def test_a_form_sent_twice_makes_one_question(session, make, asker, heard):
    make.tag("sync")
    actor = make.actor(asker)
    first = ask(session, actor, title=TITLE, cooked=BODY, tags=["sync"], once="one")
    second = ask(session, actor, title=TITLE, cooked=BODY, tags=["sync"], once="one")
    third = ask(session, actor, title=TITLE, cooked=BODY, tags=["sync"], once="another")

    assert first is second
    assert third is not first
    assert len(heard) == 2


def test_somebody_elses_token_is_not_ones_own(session, make, asker):
    make.tag("sync")
    ana, ben = make.actor(asker), make.actor(make.account())
    first = ask(session, ana, title=TITLE, cooked=BODY, tags=["sync"], once="one")
    second = ask(session, ben, title=TITLE, cooked=BODY, tags=["sync"], once="one")

    assert first.id != second.id


def test_a_refused_form_comes_back_with_its_errors_and_all_that_was_typed(browser, make, asker):
    make.tag("sync")
    page = browser.sign_in(asker).post(
        "/ask", {"title": "Too short", "body": "A long enough text.", "tags": "sync", "environment": "Windows 11"}
    )

    assert page.status_code == 422
    assert 'id="title-error"' in page.text
    for typed in ("Too short", "A long enough text.", "Windows 11"):
        assert typed in page.text


def test_asking_over_http_leads_to_the_question(browser, make, asker):
    make.tag("sync")
    data = {"title": TITLE, "body": "It **stops** there.", "tags": "sync", "kind": "discussion", "once": "x"}
    page = browser.sign_in(asker).post("/ask", data)

    assert page.url.path.endswith("/sync-stops-at-forty-percent")
    assert "<strong>stops</strong>" in page.text
    with browser.site.database.reading() as session:
        assert session.scalars(select(Thread.kind)).one() is ThreadKind.DISCUSSION


def test_a_text_that_cannot_be_cooked_is_refused_in_words(browser, make, asker):
    make.tag("sync")
    page = browser.sign_in(asker).post("/ask", {"title": TITLE, "body": "x" * 40_000, "tags": "sync"})

    assert page.status_code == 422
    assert 'id="body-error"' in page.text


def test_the_preview_is_what_is_published(browser, make, asker):
    make.tag("sync")
    source = "# Head\n\n- one\n- `two`\n\n<script>alert(1)</script> @ana https://example.org"
    browser.sign_in(asker)
    preview = browser.fragment("POST", "/preview", {"field": "body", "body": source})
    page = browser.post("/ask", {"title": TITLE, "body": source, "tags": "sync", "kind": "question"})

    assert preview.text.strip()
    assert "<script" not in preview.text
    assert preview.text.strip() in page.text


def test_without_scripts_the_preview_is_a_page_with_similar_threads(browser, make, asker):
    make.tag("sync")
    browser.sign_in(asker).post("/ask", {"title": TITLE, "body": "It **stops** there.", "tags": "sync"})
    page = browser.post("/preview", {"field": "body", "body": "**bold**", "title": "Sync stops at sixty percent"})

    assert "<strong>bold</strong>" in page.text
    assert TITLE in page.text


def test_a_link_can_begin_the_form(browser, asker):
    page = browser.sign_in(asker).get("/ask?title=My+lamp+flickers&tags=sync")

    assert 'value="My lamp flickers"' in page.text
    assert 'value="sync"' in page.text


def test_what_was_posted_without_a_session_is_kept_for_after_signing_in(browser, make, asker):
    page = browser.post("/ask", {"title": TITLE, "body": "A text that must not be lost", "tags": "sync"})

    assert page.url.path == "/login"
    restored = browser.sign_in(asker).get(page.url.params["next"])
    assert "A text that must not be lost" in restored.text


def test_an_unconfirmed_address_is_told_before_anything_is_typed(browser, make):
    page = browser.sign_in(make.account(email_verified_at=None)).get("/ask").text

    assert "Confirm your e-mail address to ask." in page
    assert 'action="/ask"' not in page
    assert "Send again" in page


def test_what_was_typed_in_vain_comes_back_under_its_labels(browser, make):
    typed = {"title": "The lamp stays dark", "body": "It was on.", "kind": "question", "once": "hidden-in-the-form"}
    reply = browser.sign_in(make.account(email_verified_at=None)).post("/ask", typed)

    assert reply.status_code == 403
    assert "The lamp stays dark" in reply.text
    assert ">What happened?</label>" in reply.text
    assert "hidden-in-the-form" not in reply.text
    assert "Have it sent again" in reply.text
    assert "/privileges" not in reply.text
