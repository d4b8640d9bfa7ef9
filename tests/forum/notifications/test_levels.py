"""Levels at work: what each tells of threads, tags, products and people, and the pages on which they are chosen."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.errors import Conflict, NotFound
from forum.events.threads import CommentPosted, PostVisibilityChanged, ThreadAsked, ThreadLocked
from forum.following import Follow, Level, Subject
from forum.markup import cook
from forum.notifications import following, settings
from forum.notifications.fan_out import AT_ONCE
from forum.posts import PostKind, PostRef, Visibility
from forum.tags.models import SpaceAudience, Tag
from forum.threads.actions import post_comment
from forum.threads.models import Thread
from tests.forum.notifications.conftest import posted


@pytest.fixture
def sync(make, database):
    """A thread with a tag, and the tag."""
    thread = make.thread(tags=("sync",))
    with database.reading() as session:
        return thread, session.scalars(select(Tag).where(Tag.name == "sync")).one()


def asked(thread):
    return ThreadAsked(actor_id=thread.author_id, thread_id=thread.id, author_id=thread.author_id)


def commented(comment, thread):
    return CommentPosted(
        actor_id=comment.author_id,
        thread_id=thread.id,
        answer_id=None,
        comment_id=comment.id,
        author_id=comment.author_id,
        parent_author_id=thread.author_id,
    )


def test_a_followed_tag_tells_of_new_threads_and_a_watched_one_of_every_word(happen, told, make, choose, sync):
    thread, tag = sync
    follower, watcher = make.account("fay"), make.account("wim")
    choose(follower, Subject.TAG, tag.id, Level.FOLLOW)
    choose(watcher, Subject.TAG, tag.id, Level.WATCH)
    happen(asked(thread))
    happen(posted(make.answer(thread), thread))
    happen(commented(make.comment(thread), thread))

    assert told(follower) == [("followed_thread", "")]
    assert told(watcher) == [("followed_thread", ""), ("followed_answer", ""), ("followed_comment", "")]


def test_one_event_is_one_word_however_many_levels_tell_of_it(happen, told, mail, make, choose, sync):
    thread, tag = sync
    answer = make.answer(thread)
    watcher = make.account("wim")
    for subject, subject_id in (
        (Subject.THREAD, thread.id),
        (Subject.TAG, tag.id),
        (Subject.PERSON, answer.author_id),
    ):
        choose(watcher, subject, subject_id, Level.WATCH)
    happen(posted(answer, thread, mentions=("wim",)))

    assert told(watcher) == [("mention", "")]
    assert len([letter for letter in mail() if letter["to"] == "wim@example.org"]) == 1


def test_a_followed_product_and_a_followed_person_tell_of_new_threads(happen, told, make, choose):
    space = make.space()
    thread = make.thread(space_id=space.id)
    by_product, by_person = make.account("pia"), make.account("per")
    choose(by_product, Subject.PRODUCT, space.id, Level.FOLLOW)
    choose(by_person, Subject.PERSON, thread.author_id, Level.FOLLOW)
    happen(asked(thread))

    assert told(by_product) == told(by_person) == [("followed_thread", "")]


def test_a_muted_thread_tells_nothing_and_its_asker_goes_on_hearing(happen, told, make, choose, asker, thread):
    muter = make.account("mia")
    choose(muter, Subject.THREAD, thread.id, Level.MUTE)
    happen(posted(make.answer(thread), thread, mentions=("mia",)))

    assert told(muter) == []
    assert told(asker) == [("answer", "")]


def test_a_muted_person_is_not_heard_but_the_companys_word_is(happen, told, make, choose, asker, thread):
    staff = make.staff("sam")
    choose(asker, Subject.PERSON, staff.id, Level.MUTE)
    happen(posted(make.answer(thread, author=staff), thread))
    happen(posted(make.answer(thread, author=staff, from_staff=True), thread, from_staff=True))

    assert told(asker) == [("staff_answer", "")]


def test_what_was_done_to_ones_own_post_is_told_though_its_thread_is_muted(happen, told, make, choose, asker, thread):
    choose(asker, Subject.THREAD, thread.id, Level.MUTE)
    happen(ThreadLocked(actor_id=make.moderator().id, thread_id=thread.id, reason="Too heated."))

    assert told(asker) == [("locked", "Too heated.")]


def test_a_tags_followers_hear_nothing_of_a_thread_they_may_not_see(happen, told, mail, make, choose, sync, database):
    thread, tag = sync
    space = make.space(audience=SpaceAudience.ORGANISATIONS)
    with database.writing() as session:
        session.get_one(Thread, thread.id).space_id = space.id
    outsider, admin = make.account("outsider"), make.admin("ad")
    for one in (outsider, admin):
        choose(one, Subject.TAG, tag.id, Level.WATCH)
    happen(asked(thread))

    assert told(outsider) == []
    assert told(admin) == [("followed_thread", "")]
    assert [letter["to"] for letter in mail()] == ["ad@example.org"]


def test_a_tags_crowd_is_told_by_jobs_in_slices_each_once(happen, told, make, choose, sync, work, asker):
    thread, tag = sync
    crowd = [make.account() for _ in range(AT_ONCE * 2 + 5)]
    for one in crowd:
        choose(one, Subject.TAG, tag.id, Level.FOLLOW)
    choose(crowd[0], Subject.THREAD, thread.id, Level.FOLLOW)
    choose(crowd[1], Subject.THREAD, thread.id, Level.MUTE)
    happen(asked(thread))
    assert told(crowd[2]) == []
    work()

    assert [told(one) for one in crowd[2:]] == [[("followed_thread", "")]] * (len(crowd) - 2)
    assert told(crowd[0]) == told(crowd[1]) == []  # what they chose for the thread itself counts first


def test_a_waiting_thread_is_told_of_when_it_is_shown(happen, told, make, choose, sync, work, database):
    thread, tag = sync
    follower = make.account("fay")
    choose(follower, Subject.TAG, tag.id, Level.FOLLOW)
    waiting = ThreadAsked(
        actor_id=thread.author_id, thread_id=thread.id, author_id=thread.author_id, visibility=Visibility.PENDING
    )
    happen(waiting)
    assert told(follower) == []
    shown = {"post": PostRef(PostKind.THREAD, thread.id), "thread_id": thread.id, "author_id": thread.author_id}
    happen(PostVisibilityChanged(actor_id=None, was=Visibility.PENDING, became=Visibility.PUBLISHED, **shown))
    work()

    assert told(follower) == [("followed_thread", "")]


def test_writing_in_a_thread_keeps_a_level_that_was_chosen_for_it(session, make, thread, choose):
    bo = make.account("bo", reputation=100)
    choose(bo, Subject.THREAD, thread.id, Level.MUTE)
    post_comment(session, make.actor(bo), thread.id, cook("Which version is this?"))

    assert session.get(Follow, (bo.id, Subject.THREAD, thread.id)).level is Level.MUTE
    assert session.get_one(Thread, thread.id).follower_count == 0


def test_followers_are_those_who_hear_more_than_what_concerns_them(session, make, thread):
    bo = make.actor(make.account("bo"))
    counts = []
    for level in (Level.FOLLOW, Level.WATCH, Level.MUTE, Level.NORMAL, Level.WATCH, None):
        following.choose_level(session, bo, Subject.THREAD, thread.id, level)
        counts.append(session.get_one(Thread, thread.id).follower_count)

    assert counts == [1, 1, 0, 0, 1, 0]


def test_what_one_may_not_see_cannot_be_followed_and_looks_like_nothing(browser, make):
    space = make.space(audience=SpaceAudience.ORGANISATIONS)
    hidden = make.thread(visibility=Visibility.HIDDEN)
    browser.sign_in(make.account("bo"))

    for path in (
        f"/following/product/{space.id}",
        f"/following/thread/{hidden.id}",
        "/following/thread/999999",
        "/following/tag/999999",
        "/following/person/999999",
        "/following/planet/1",
    ):
        assert browser.post(path, {"level": "watch"}).status_code == 404, path
    assert browser.post(f"/following/thread/{make.thread().id}", {"level": "loud"}).status_code == 422


def test_nobody_follows_themselves(session, make, asker):
    with pytest.raises(Conflict):
        following.choose_level(session, make.actor(asker), Subject.PERSON, asker.id, Level.WATCH)
    with pytest.raises(NotFound):
        following.choose_level(session, make.actor(asker), Subject.PERSON, 10**6, Level.WATCH)


@pytest.mark.parametrize("subject", ["thread", "tag", "product", "person"])
def test_each_page_has_a_control_that_works_without_scripts(browser, make, sync, subject):
    thread, tag = sync
    space, bo = make.space("Lantern Sync"), make.account("bo")
    page, subject_id = {
        "thread": (f"/threads/{thread.id}/{thread.slug}", thread.id),
        "tag": ("/tags/sync", tag.id),
        "product": ("/threads?product=lantern-sync", space.id),
        "person": ("/people/bo", bo.id),
    }[subject]
    browser.sign_in(make.account("eva"))
    assert 'aria-pressed="true"' not in browser.get(page).text.split('class="levels"')[1].split("</form>")[0]
    back = browser.post(f"/following/{subject}/{subject_id}", {"level": "watch", "next": page})

    assert str(back.url).removeprefix("http://testserver") == page
    assert 'value="watch" aria-pressed="true"' in back.text
    browser.post(f"/following/{subject}/{subject_id}", {"level": "default"})
    assert 'value="watch" aria-pressed="true"' not in browser.get(page).text
    assert 'class="levels"' not in browser.sign_out().get(page).text


def test_the_list_shows_everything_chosen_and_changes_it(browser, make, choose, sync, database):
    thread, tag = sync
    bo, eva = make.account("bo", display_name="Bo Lind"), make.account("eva")
    gone = make.thread(visibility=Visibility.HIDDEN)
    for subject, subject_id in (
        (Subject.THREAD, thread.id),
        (Subject.THREAD, gone.id),
        (Subject.TAG, tag.id),
        (Subject.PERSON, bo.id),
    ):
        choose(eva, subject, subject_id, Level.WATCH)
    browser.sign_in(eva)
    threads = browser.get("/settings/following").text
    assert thread.title in threads
    assert "Something that you can no longer see" in threads
    assert "Bo Lind" in browser.get("/settings/following?of=person").text
    assert browser.get("/settings/following?of=planet").status_code == 404

    here = "/settings/following?of=tag"
    changed = browser.post(f"/following/tag/{tag.id}", {"level": "mute", "next": here})
    assert '<option value="mute" selected' in changed.text
    browser.post(f"/following/thread/{gone.id}", {"level": "default", "next": "/settings/following"})
    with database.reading() as session:
        mine = select(Follow.subject, Follow.level).where(Follow.account_id == eva.id)
        rows = {(row.subject, row.level) for row in session.execute(mine)}
    assert rows == {
        (Subject.THREAD, Level.WATCH),
        (Subject.TAG, Level.MUTE),
        (Subject.PERSON, Level.WATCH),
    }


def test_a_longer_list_costs_no_more_queries_and_is_paged_by_key(browser, make, choose, queries):
    eva = make.account("eva")
    threads = [make.thread(title=f"Question number {number:03} about sync") for number in range(following.PAGE + 5)]
    choose(eva, Subject.THREAD, threads[0].id, Level.FOLLOW)
    browser.sign_in(eva).get("/settings/following")
    with queries() as few:
        browser.get("/settings/following")
    for thread in threads:
        choose(eva, Subject.THREAD, thread.id, Level.FOLLOW)
    with queries() as many:
        first = browser.get("/settings/following").text
    assert len(many) == len(few) > 0
    assert threads[-1].title in first
    assert threads[4].title not in first
    older = browser.get(f"/settings/following?of=thread&after={threads[5].id}").text
    assert threads[4].title in older


def test_choosing_for_a_signed_out_visitor_leads_to_the_sign_in(browser, thread):
    assert browser.post(f"/following/thread/{thread.id}", {"level": "watch"}).url.path == "/login"


def test_how_one_is_told_is_chosen_by_matter(database, make, happen, told, mail, asker, thread):
    with database.writing() as session:
        chosen = settings.telling(session, make.actor(asker)).chosen
        how = dict(chosen) | {"answers": chosen["answers"]._replace(page=False)}
        settings.keep_telling(session, make.actor(asker), how, None, hour=8, weekday=0)
    happen(posted(make.answer(thread), thread))

    assert told(asker) == []
    assert [letter["to"] for letter in mail()] == ["ana@example.org"]
