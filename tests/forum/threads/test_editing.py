"""Editing: revisions, what changed, going back, and two people at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.threads import PostEdited, PostEditedByStaff
from forum.markup import cook
from forum.options import set_option
from forum.posts import PostKind, PostRef
from forum.tags.models import SpaceAudience
from forum.threads.actions import EditedMeanwhile, ask_for_info, edit_post, lock_thread, roll_back, withhold_text
from forum.threads.models import Revision, Thread
from forum.threads.queries import diff, history

LATER = cook("It stops at 50 % and nothing more happens.")


@pytest.fixture
def ref(thread):
    return PostRef(PostKind.THREAD, thread.id)


def test_the_first_edit_keeps_what_was_there_before(session, make, asker, thread, ref, heard):
    assert edit_post(session, make.actor(asker), ref, LATER, note="50, not 40") == 2

    revisions = session.scalars(select(Revision).order_by(Revision.number)).all()
    assert [(one.number, one.source, one.note) for one in revisions] == [
        (1, thread.source, ""),
        (2, LATER.source, "50, not 40"),
    ]
    held = session.get_one(Thread, thread.id)
    assert (held.html, held.revision, held.edited_by_id) == (LATER.html, 2, asker.id)
    assert [type(event) for event in heard] == [PostEdited]


def test_an_edit_that_changes_nothing_is_none(session, make, asker, thread, ref, heard):
    assert edit_post(session, make.actor(asker), ref, cook(thread.source), title=thread.title) == 1
    assert heard == []


def test_title_tags_and_product_are_edited_too(session, make, asker, thread, ref):
    make.tag("sync")
    space = make.space()
    given = {"title": "Sync stops at fifty percent", "tags": ["sync"], "space_id": space.id, "environment": "4.3"}
    edit_post(session, make.actor(asker), ref, LATER, **given)

    held = session.get_one(Thread, thread.id)
    assert (held.title, held.space_id, held.environment) == (given["title"], space.id, "4.3")


def test_strangers_may_not_edit_and_the_experienced_may(session, make, ref):
    stranger, known = make.actor(make.account()), make.actor(make.account(reputation=2000))
    with pytest.raises(Forbidden):
        edit_post(session, stranger, ref, LATER)

    assert edit_post(session, known, ref, LATER) == 2


def test_what_staff_said_is_edited_by_staff_and_moderators_alone(session, make, thread):
    answer = make.answer(thread, make.staff(), from_staff=True)
    ref, known, staff = PostRef(PostKind.ANSWER, answer.id), make.account(reputation=2000), make.staff()
    with pytest.raises(Forbidden, match="own word"):
        edit_post(session, make.actor(known), ref, LATER)

    assert edit_post(session, make.actor(staff), ref, LATER) == 2


def test_a_change_of_product_does_not_show_to_all_what_others_wrote_for_a_few(session, make, asker):
    inside, outside = make.space(audience=SpaceAudience.SIGNED_IN), make.space()
    thread = make.thread(asker, space_id=inside.id)
    ref, moderator = PostRef(PostKind.THREAD, thread.id), make.moderator()
    make.answer(thread)
    with pytest.raises(Invalid) as refusal:
        edit_post(session, make.actor(asker), ref, LATER, space_id=outside.id)

    assert list(refusal.value.fields) == ["space"]
    assert edit_post(session, make.actor(moderator), ref, LATER, space_id=outside.id) == 2


def test_nor_to_another_organisation_or_to_more_of_them(session, make):
    acme, rail = make.organisation("Acme"), make.organisation("Rail")
    few, more, others = make.space(organisations=(acme,)), make.space(organisations=(acme, rail)), make.space()
    asker = make.account(organisation_id=acme.id)
    threads = [make.thread(asker, space_id=space.id) for space in (few, more)]
    for thread in threads:
        make.answer(thread)
    (narrow, wide), actor = (PostRef(PostKind.THREAD, thread.id) for thread in threads), make.actor(asker)
    for space in (more, others):
        with pytest.raises(Invalid):
            edit_post(session, actor, narrow, LATER, space_id=space.id)

    assert edit_post(session, actor, wide, LATER, space_id=few.id) == 2


def test_a_moderators_edit_is_told_to_the_log(session, make, ref, heard):
    edit_post(session, make.actor(make.moderator()), ref, LATER, note="Rude word")

    assert [event.reason for event in heard if isinstance(event, PostEditedByStaff)] == ["Rude word"]


def test_a_stale_edit_is_refused(session, make, asker, ref):
    ana = make.actor(asker)
    edit_post(session, ana, ref, LATER, from_revision=1)

    with pytest.raises(EditedMeanwhile):
        edit_post(session, ana, ref, cook("Something else entirely."), from_revision=1)


def test_locked_deleted_and_withheld_are_not_edited_by_their_author(session, make, asker, thread, ref):
    ana, moderator = make.actor(asker), make.actor(make.moderator())
    lock_thread(session, moderator, thread.id, reason="Settled.")
    with pytest.raises(Conflict):
        edit_post(session, ana, ref, LATER)
    assert edit_post(session, moderator, ref, LATER) == 2

    withhold_text(session, moderator, ref)
    with pytest.raises(Conflict):
        edit_post(session, moderator, ref, LATER)


def test_limits_hold_for_edits(session, make, asker, ref):
    ana = make.actor(asker)
    for wrong in ({"cooked": cook("Short")}, {"title": "Short"}, {"note": "x" * 301}, {"tags": []}):
        with pytest.raises(Invalid):
            edit_post(session, ana, ref, **({"cooked": LATER} | wrong))


def test_links_that_were_there_do_not_stop_an_edit(session, database, make):
    with database.writing() as setting:
        set_option(setting, "privileges.preset", "growing")
    links = "https://a.example https://b.example https://c.example"
    author = make.account()
    thread = make.thread(author=author, body=links)
    cooked = cook(links)
    ref = PostRef(PostKind.THREAD, thread.id)
    ana = make.actor(author)
    session.get_one(Thread, thread.id).html = cooked.html

    assert edit_post(session, ana, ref, cook(f"{links} Corrected.")) == 2
    with pytest.raises(Invalid):
        edit_post(session, ana, ref, cook(f"{links} https://d.example"))


def test_mentions_and_links_within_the_site_make_no_room_for_others(session, database, make):
    with database.writing() as setting:
        set_option(setting, "privileges.preset", "growing")
        set_option(setting, "moderation.hold_first_link", False)
    author = make.account()
    thread = make.thread(author=author)
    row, ref = session.get_one(Thread, thread.id), PostRef(PostKind.THREAD, thread.id)
    row.html = cook("@ana @ben [a](/threads/1) [b](/tags) thank you").html

    with pytest.raises(Invalid):
        edit_post(session, make.actor(author), ref, cook("https://a.example https://b.example https://c.example"))


def test_the_askers_edit_answers_what_was_asked_for(session, make, asker, thread, ref):
    ask_for_info(session, make.actor(make.moderator()), thread.id)
    edit_post(session, make.actor(asker), ref, LATER)

    assert session.get_one(Thread, thread.id).needs_info_at is None


def test_going_back_is_a_revision_too(session, make, asker, thread, ref):
    ana, source = make.actor(asker), thread.source
    edit_post(session, ana, ref, LATER, title="Another title for it")
    assert roll_back(session, ana, ref, 1) == 3

    held = session.get_one(Thread, thread.id)
    assert (held.source, held.title) == (source, "Sync stops halfway")
    changes = history(session, ana, ref).changes
    assert [(one.number, one.rolled_back_to) for one in changes] == [(3, 1), (2, None), (1, None)]
    with pytest.raises(NotFound):
        roll_back(session, ana, ref, 9)


def test_a_diff_marks_lines_and_the_words_inside_them():
    lines = [(kind, str(text)) for kind, text in diff("one\ntwo <b> words\nthree", "one\ntwo <b> phrases\nthree\nfour")]

    assert lines == [
        (" ", "one"),
        ("-", "two &lt;b&gt; <b>words</b>"),
        ("+", "two &lt;b&gt; <b>phrases</b>"),
        (" ", "three"),
        ("+", "four"),
    ]


def test_two_editors_lose_nothing(browser, make, asker, thread):
    path, data = f"/posts/thread/{thread.id}/edit", {"title": "Sync stops halfway again", "tags": "sync"}
    make.tag("sync")
    browser.sign_in(asker)
    first = browser.post(path, data | {"body": "What the first one wrote.", "revision": "1"})
    second = browser.post(path, data | {"body": "What the second one wrote.", "revision": "1"})

    assert first.status_code == 200
    assert second.status_code == 409
    assert "What the first one wrote." in second.text
    assert "What the second one wrote." in second.text
    third = browser.post(path, data | {"body": "What both of them wrote.", "revision": "2"})
    assert "What both of them wrote." in third.text


def test_the_edit_form_holds_what_is_there(browser, make, asker):
    thread = make.thread(author=asker, tags=("sync", "backup"), environment="4.2")
    page = browser.sign_in(asker).get(f"/posts/thread/{thread.id}/edit")

    for there in (thread.source, thread.title, "sync backup", 'value="4.2"'):
        assert there in page.text


def test_a_refused_edit_keeps_what_was_typed(browser, asker, thread):
    page = browser.sign_in(asker).post(
        f"/posts/thread/{thread.id}/edit", {"body": "Sho", "title": "x", "revision": "1"}
    )

    assert page.status_code == 422
    assert ">Sho</textarea>" in page.text.replace("\r\n", "")


def test_history_shows_what_changed_and_goes_back_with_one_click(browser, make, asker, thread, ref, database):
    ana = make.actor(asker)
    with database.writing() as session:
        edit_post(session, ana, ref, LATER)
    page = browser.sign_in(asker).get(f"/posts/thread/{thread.id}/revisions")
    assert "<b>40</b>" in page.text
    assert "<b>50</b>" in page.text

    page = browser.post(f"/posts/thread/{thread.id}/revisions/1")
    assert "Revision 3" in page.text
    assert "40 %" in browser.get(f"/threads/{thread.id}").text


def test_strangers_are_not_offered_to_go_back(browser, make, asker, thread, ref, database):
    ana = make.actor(asker)
    with database.writing() as session:
        edit_post(session, ana, ref, LATER)

    assert "Go back to this" not in browser.get(f"/posts/thread/{thread.id}/revisions").text
    browser.sign_in(make.account())
    assert browser.post(f"/posts/thread/{thread.id}/revisions/1").status_code == 403
