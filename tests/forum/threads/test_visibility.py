"""Hiding, deleting, restoring: who may, what they move, and that no counter ever drifts."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from forum.access import Actor
from forum.accounts.models import Account
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.threads import PostRemovedByStaff, PostVisibilityChanged, TextWithheld
from forum.markup import cook
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.tags.models import Space, SpaceAudience, Tag
from forum.threads.actions import (
    accept_answer,
    ask,
    delete_post,
    edit_post,
    post_answer,
    post_comment,
    restore_post,
    set_visibility,
    withhold_text,
)
from forum.threads.actions.visibility import FROM
from forum.threads.models import Answer, Comment, Thread, ThreadTag
from forum.threads.queries import find_post

V = Visibility
BODY = cook("Restart the daemon, then wait.")


@pytest.fixture
def moderator(make):
    return make.actor(make.moderator("mo"))


def ref_to(post):
    kind = {Thread: PostKind.THREAD, Answer: PostKind.ANSWER, Comment: PostKind.COMMENT}[type(post)]
    return PostRef(kind, post.id)


def test_the_author_deletes_and_restores_what_nobody_answered(session, make, asker, thread, heard):
    ana = make.actor(asker)
    delete_post(session, ana, ref_to(thread))
    assert session.get_one(Thread, thread.id).visibility is V.DELETED
    restore_post(session, ana, ref_to(thread))

    assert session.get_one(Thread, thread.id).visibility is V.PUBLISHED
    assert [type(event) for event in heard] == [PostVisibilityChanged] * 2


def test_a_question_that_others_answered_stays(session, make, asker, thread, answer):
    with pytest.raises(Forbidden, match="Others have answered"):
        delete_post(session, make.actor(asker), ref_to(thread))


def test_a_question_that_only_its_asker_answered_goes(session, make, asker, thread):
    make.answer(thread, author=asker)
    delete_post(session, make.actor(asker), ref_to(thread))

    assert session.get_one(Thread, thread.id).visibility is V.DELETED


def test_an_accepted_answer_stays(session, make, asker, thread):
    ben = make.account()
    answer = make.answer(thread, author=ben)
    accept_answer(session, make.actor(asker), answer.id)

    with pytest.raises(Forbidden, match="solved"):
        delete_post(session, make.actor(ben), ref_to(answer))


def test_a_stranger_deletes_nothing(session, make, answer):
    with pytest.raises(Forbidden):
        delete_post(session, make.actor(make.account()), ref_to(answer))


def test_what_a_moderator_deleted_its_author_cannot_restore(session, make, moderator, thread):
    ben = make.account()
    answer = make.answer(thread, author=ben)
    delete_post(session, moderator, ref_to(answer), reason="Spam")

    with pytest.raises(NotFound):
        restore_post(session, make.actor(ben), ref_to(answer))


def test_deleting_and_restoring_does_not_publish_what_waits(session, make, asker):
    waiting = make.thread(author=asker, visibility=V.PENDING)
    ana = make.actor(asker)
    delete_post(session, ana, ref_to(waiting))
    with pytest.raises(Forbidden):
        set_visibility(session, ana, ref_to(waiting), V.PUBLISHED)
    restore_post(session, ana, ref_to(waiting))

    assert session.get_one(Thread, waiting.id).visibility is V.PENDING


def test_an_author_cannot_bring_back_what_was_hidden(session, make, moderator, asker, thread):
    set_visibility(session, moderator, ref_to(thread), V.HIDDEN, reason="Rude")

    with pytest.raises(Forbidden):
        set_visibility(session, make.actor(asker), ref_to(thread), V.PUBLISHED)


def test_what_a_moderator_deletes_once_more_its_author_cannot_restore(session, make, moderator, asker, thread, heard):
    ana = make.actor(asker)
    delete_post(session, ana, ref_to(thread))
    for _ in range(2):
        delete_post(session, moderator, ref_to(thread), reason="Spam")

    with pytest.raises(NotFound):
        restore_post(session, ana, ref_to(thread))
    assert [type(event) for event in heard].count(PostRemovedByStaff) == 1


def test_hidden_deleted_and_restored_by_its_author_it_can_still_be_shown_again(session, make, moderator, asker, thread):
    ana = make.actor(asker)
    set_visibility(session, moderator, ref_to(thread), V.HIDDEN)
    delete_post(session, ana, ref_to(thread))
    restore_post(session, ana, ref_to(thread))
    assert session.get_one(Thread, thread.id).visibility is V.HIDDEN
    restore_post(session, moderator, ref_to(thread))

    assert session.get_one(Thread, thread.id).visibility is V.PUBLISHED


def test_a_moderators_act_is_told_to_the_log_with_its_reason(session, moderator, answer, heard):
    set_visibility(session, moderator, ref_to(answer), V.HIDDEN, reason="Rude")

    (told,) = [event for event in heard if isinstance(event, PostRemovedByStaff)]
    assert (told.actor_id, told.reason, told.was, told.became) == (moderator.id, "Rude", V.PUBLISHED, V.HIDDEN)


def test_the_program_itself_may_hide(session, answer, heard):
    set_visibility(session, None, ref_to(answer), V.HIDDEN)

    assert session.get_one(Answer, answer.id).visibility is V.HIDDEN
    assert not [event for event in heard if isinstance(event, PostRemovedByStaff)]


def test_the_same_again_changes_and_says_nothing(session, moderator, answer, heard):
    for _ in range(2):
        set_visibility(session, moderator, ref_to(answer), V.HIDDEN)

    assert len([event for event in heard if isinstance(event, PostVisibilityChanged)]) == 1


@pytest.mark.parametrize(("was", "became"), [(V.PENDING, V.UNLISTED), (V.REJECTED, V.HIDDEN), (V.UNLISTED, V.PENDING)])
def test_there_is_no_way_from_some_to_others(session, make, moderator, was, became):
    assert became not in FROM[was]
    thread = make.thread(visibility=was)
    with pytest.raises(Conflict):
        set_visibility(session, moderator, ref_to(thread), became)


def test_only_threads_can_leave_the_lists(session, moderator, answer):
    with pytest.raises(Conflict):
        set_visibility(session, moderator, ref_to(answer), V.UNLISTED)


def test_staff_take_threads_out_of_the_lists_but_hide_nothing(session, make, thread):
    staff = make.actor(make.staff())
    set_visibility(session, staff, ref_to(thread), V.UNLISTED)
    assert session.get_one(Thread, thread.id).visibility is V.UNLISTED

    with pytest.raises(Forbidden):
        set_visibility(session, staff, ref_to(thread), V.HIDDEN)


def test_a_removed_answer_no_longer_was_the_last_thing_to_happen(session, make, moderator, thread):
    make.actor(make.account())
    before = session.get_one(Thread, thread.id).created_at
    answer = post_answer(session, moderator, thread.id, BODY)
    delete_post(session, moderator, ref_to(answer))

    held = session.get_one(Thread, thread.id)
    assert (held.last_activity_at, held.last_activity_by_id) == (before, thread.author_id)


def test_withheld_text_is_shown_to_nobody(session, make, moderator, thread, heard):
    admin = make.actor(make.admin())
    edit_post(session, moderator, ref_to(thread), cook("My secret is 12345, please"))
    withhold_text(session, moderator, ref_to(thread), reason="A password")

    found = find_post(session, admin, ref_to(thread))
    assert (found.source, found.html, found.text, found.withheld) == ("", "", "", True)
    assert [event.reason for event in heard if isinstance(event, TextWithheld)] == ["A password"]


def test_withheld_text_is_in_no_page(browser, make, moderator, database, asker, answer, thread):
    ana = make.actor(asker)
    with database.writing() as session:
        for ref in (ref_to(thread), ref_to(answer)):
            edit_post(session, moderator, ref, cook("The canary sings in here"))
        remark = post_comment(session, ana, thread.id, cook("Another canary"))
        for ref in (ref_to(thread), ref_to(answer), ref_to(remark)):
            withhold_text(session, moderator, ref)
    for reader in (None, asker, make.admin()):
        one = browser.another()
        if reader:
            one.sign_in(reader)
        for path in (
            f"/threads/{thread.id}",
            f"/posts/thread/{thread.id}/revisions",
            f"/posts/thread/{thread.id}/edit",
        ):
            assert "canary" not in one.get(path).text
        assert "This text was removed." in one.get(f"/threads/{thread.id}").text


def test_random_acts_leave_every_counter_exact(session, make, database):
    """Whatever is asked, answered, remarked, moved and edited, counting from nothing gives the same."""
    chance = random.Random(7)
    spaces, people = (
        [make.space(), make.space(audience=SpaceAudience.SIGNED_IN)],
        [make.account(reputation=2000) for _ in range(4)],
    )
    for name in "abcdef":
        make.tag(name)
    actors = [*(make.actor(person) for person in people), make.actor(make.moderator())]
    for _ in range(150):
        _act(session, chance, actors, [space.id for space in spaces])
    session.expire_all()

    assert _counted(session) == _recounted(session)


def _act(session, chance: random.Random, actors: list[Actor], space_ids: list[int]) -> None:
    actor, posts = chance.choice(actors), _posts(session)
    tags = chance.sample("abcdef", chance.randint(1, 4))
    try:
        match chance.randint(0, 9):
            case 0 | 1:
                title = "Something or other is broken"
                ask(session, actor, title=title, cooked=BODY, tags=tags, space_id=chance.choice([None, *space_ids]))
            case 2 | 3:
                post_answer(session, actor, chance.choice(posts[PostKind.THREAD]).id, BODY)
            case 4:
                answer = chance.choice(posts[PostKind.ANSWER])
                post_comment(session, actor, answer.thread_id, BODY, answer_id=answer.id)
            case 5:
                post_comment(session, actor, chance.choice(posts[PostKind.THREAD]).id, BODY)
            case 6:
                accept_answer(session, actor, chance.choice(posts[PostKind.ANSWER]).id)
            case 7:
                thread = chance.choice(posts[PostKind.THREAD])
                space_id = chance.choice([None, *space_ids])
                edit_post(session, actor, ref_to(thread), BODY, tags=tags, space_id=space_id)
            case _:
                post = chance.choice([post for kind in posts.values() for post in kind])
                set_visibility(session, actors[-1], ref_to(post), chance.choice(list(V)), as_staff=True)
    except (Conflict, Forbidden, Invalid, NotFound, IndexError):
        pass


def _posts(session):
    models = {PostKind.THREAD: Thread, PostKind.ANSWER: Answer, PostKind.COMMENT: Comment}
    return {kind: list(session.scalars(select(model))) for kind, model in models.items()}


def _counted(session):
    threads = {thread.id: (thread.answer_count, thread.comment_count) for thread in session.scalars(select(Thread))}
    people = {one.id: (one.question_count, one.answer_count) for one in session.scalars(select(Account))}
    tags = dict(session.execute(select(Tag.id, Tag.thread_count)).all())
    spaces = dict(session.execute(select(Space.id, Space.thread_count)).all())
    return threads, people, tags, spaces


def _recounted(session):
    def count(*conditions, of=Thread):
        return session.scalar(select(func.count()).select_from(of).where(*conditions))

    shown = {answer.id for answer in session.scalars(select(Answer)) if answer.visibility in SHOWN}
    remarks = [remark for remark in session.scalars(select(Comment)) if remark.visibility in SHOWN]
    remarks = [remark for remark in remarks if remark.answer_id is None or remark.answer_id in shown]
    threads = {
        thread.id: (
            count(Answer.thread_id == thread.id, Answer.visibility.in_(SHOWN), of=Answer),
            sum(remark.thread_id == thread.id for remark in remarks),
        )
        for thread in session.scalars(select(Thread))
    }
    people = {
        account_id: (
            count(Thread.author_id == account_id, Thread.visibility.in_(SHOWN)),
            count(Answer.author_id == account_id, Answer.visibility.in_(SHOWN), of=Answer),
        )
        for account_id in session.scalars(select(Account.id))
    }
    tagged = {
        tag_id: count(
            Thread.listed(),
            Thread.visible_to(None),
            Thread.id.in_(select(ThreadTag.thread_id).where(ThreadTag.tag_id == tag_id)),
        )
        for tag_id in session.scalars(select(Tag.id))
    }
    spaces = {
        space_id: count(Thread.listed(), Thread.space_id == space_id) for space_id in session.scalars(select(Space.id))
    }
    return threads, people, tagged, spaces


def test_deleting_offers_an_undo(browser, make, thread):
    ben = make.account()
    answer = make.answer(thread, author=ben, body="To be deleted")
    page = browser.sign_in(ben).post(f"/posts/answer/{answer.id}/delete")
    assert f'action="/posts/answer/{answer.id}/restore"' in page.text
    assert "To be deleted" not in browser.another().get(f"/threads/{thread.id}").text

    assert "To be deleted" in browser.post(f"/posts/answer/{answer.id}/restore").text


def test_what_waits_is_seen_by_its_author_and_moderators(browser, make, asker):
    thread = make.thread(author=asker, visibility=V.PENDING, title="Waiting for a moderator")
    path = f"/threads/{thread.id}"

    assert browser.get(path).status_code == 404
    assert browser.another().sign_in(make.account()).get(path).status_code == 404
    assert "Waiting for approval" in browser.another().sign_in(asker).get(path).text
    assert "Waiting for approval" in browser.another().sign_in(make.moderator()).get(path).text
    assert "Waiting for a moderator" not in browser.get("/threads").text
