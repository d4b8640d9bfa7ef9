"""Ignoring and blocking: whose words are folded for whom, who hears of what, and that nobody else is shown it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.access import Scope
from forum.accounts import ignoring
from forum.accounts.api_tokens import make_token
from forum.accounts.ignoring import Stance, ignored_people
from forum.accounts.models import Account, Ignored
from forum.accounts.personal import subject_of
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.following import Level, Subject
from forum.invitations.actions import invite
from forum.jobs import Job
from forum.notifications.actions import notify
from forum.options import set_option
from forum.organisations import invitations as to_organisations
from forum.posts import PostKind, PostRef
from forum.search.index import index_posts
from forum.web.alike import Alike
from tests.forum.notifications.conftest import posted

HERE = "/settings/ignored"


@pytest.fixture
def bo(make):
    return make.account("bo", reputation=100)


@pytest.fixture
def pest(make):
    return make.account("pest", display_name="Pia Pest")


@pytest.fixture
def stance(database, make):
    """What one person wants of another from now on."""

    def take(who, other, wanted=Stance.IGNORE):
        with database.writing() as session:
            ignoring.ignore(session, make.actor(who), other.id, wanted)

    return take


@pytest.fixture
def scene(make, asker, pest):
    """A question with an answer and a comment by the pest, and one each by others."""
    thread = make.thread(author=asker)
    other = make.answer(thread, body="Calm words.")
    theirs = make.answer(thread, author=pest, body="Loud words.")
    make.comment(thread, author=pest, body="A loud remark.", answer_id=other.id)
    return thread, theirs


def test_their_words_are_folded_for_whoever_ignores_them_and_for_nobody_else(browser, make, scene, bo, pest, stance):
    thread, answer = scene
    path, peer = f"/threads/{thread.id}/{thread.slug}", make.account("peer", reputation=100)
    for _ in range(2):  # so that a page for many is kept
        assert "whom you ignore" not in browser.sign_in(bo).get(path).text
    stance(bo, pest)
    for _ in range(2):
        page = browser.sign_in(bo).get(path).text
        assert "Post by Pia Pest, whom you ignore: show" in page
        assert "Comment by Pia Pest, whom you ignore: show" in page
        assert page.count('<details class="folded">') == 2
        assert "Loud words." in page  # one press away, without scripts too
        for reader in (peer, pest):
            assert "whom you ignore" not in browser.sign_in(reader).get(path).text
        browser.sign_out()
        assert "whom you ignore" not in browser.get(path).text
    part = browser.sign_in(bo).fragment("POST", f"/answers/{answer.id}/vote", {"value": "1"})
    assert part.status_code == 200
    stance(bo, pest, Stance.NONE)
    assert "whom you ignore" not in browser.get(path).text


def test_a_new_answer_of_theirs_comes_folded_into_a_kept_page(
    browser, database, make, thread, answer, bo, pest, stance
):
    stance(bo, pest)
    path = f"/threads/{thread.id}/{thread.slug}"
    browser.sign_in(bo)
    for _ in range(2):
        assert "whom you ignore" not in browser.get(path).text
    make.answer(thread, author=pest)
    assert "Post by Pia Pest, whom you ignore: show" in browser.get(path).text
    swapped = browser.fragment("POST", f"/threads/{thread.id}/answers", {"body": "Calm down.", "once": "a"})
    assert "Post by Pia Pest, whom you ignore: show" in swapped.text


def test_who_ignores_somebody_elsewhere_shares_the_page_of_all(browser, site, make, thread, answer, bo, pest, stance):
    browser.client.headers["User-Agent"] = "a bot"
    stance(bo, pest)
    path = f"/threads/{thread.id}/{thread.slug}"
    for person in (bo, make.account("peer", reputation=100)):
        browser.sign_in(person).get(path)
    kept = [page for page in site.pages._pages.values() if isinstance(page, Alike)]
    assert len(kept) == 1


def test_who_ignores_nobody_pays_nothing_for_it(browser, make, scene, queries, bo, pest, stance):
    thread, _answer = scene
    moderator = make.moderator()  # whose pages are made for them each time
    path = f"/threads/{thread.id}/{thread.slug}"
    browser.sign_in(moderator).get(path)
    with queries() as before:
        browser.get(path)
    stance(bo, pest)
    with queries() as after:
        browser.get(path)
    assert len(after) == len(before) > 0
    assert not [one for one in after if "ignored.other_id" in one]


def test_what_the_company_says_is_never_folded(browser, database, make, scene, bo, pest, stance):
    thread, answer = scene
    stance(bo, pest)
    path = f"/threads/{thread.id}/{thread.slug}"
    browser.sign_in(bo).get(path)
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == pest.id).values(moderator=True))
    assert "whom you ignore" not in browser.get(path).text
    assert "without effect" in browser.get(HERE).text
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == pest.id).values(moderator=False))
        session.get_one(type(answer), answer.id).from_staff = True
    page = browser.get(path).text
    assert "Post by Pia Pest" not in page  # said while they were of the staff
    assert "Comment by Pia Pest" in page


def test_staff_oneself_and_nobody_cannot_be_ignored(browser, make, bo, database):
    browser.sign_in(bo)
    for other in (make.staff(), make.moderator(), make.admin(), bo):
        assert browser.post(f"{HERE}/{other.id}", {"stance": "block"}).status_code == 409
        assert 'value="block"' not in browser.get(f"{HERE}/{other.id}").text
    assert browser.post(f"{HERE}/{10**6}", {"stance": "ignore"}).status_code == 404
    gone = make.account("gone", anonymised_at=now())
    assert browser.post(f"{HERE}/{gone.id}", {"stance": "ignore"}).status_code == 404
    assert browser.post(f"{HERE}/{make.account().id}", {"stance": "hate"}).status_code == 422
    with database.reading() as session:
        assert session.scalars(select(Ignored.other_id)).all() == []


def test_a_list_is_kept_and_there_is_an_end_to_it(database, make, bo, pest, stance, monkeypatch):
    monkeypatch.setattr(ignoring, "MOST", 1)
    stance(bo, pest)
    stance(bo, pest)  # pressed twice
    with pytest.raises(Conflict, match="stop ignoring some"):
        stance(bo, make.account())
    stance(bo, pest, Stance.BLOCK)
    with database.reading() as session:
        assert [one.stance for one in ignored_people(session, make.actor(bo))] == [Stance.BLOCK]
    stance(bo, pest, Stance.NONE)
    stance(bo, pest, Stance.NONE)
    with database.reading() as session:
        assert ignored_people(session, make.actor(bo)) == []
        assert not session.get_one(Account, bo.id).ignores


def test_a_post_and_a_profile_lead_to_it_and_the_settings_out_of_it(browser, make, scene, bo, pest):
    thread, answer = scene
    path = f"/threads/{thread.id}/{thread.slug}"
    browser.sign_in(bo)
    assert f"{HERE}/{pest.id}?next=" in browser.get(path).text
    assert f"{HERE}/{pest.id}" in browser.get("/people/pest").text
    page = browser.post(f"{HERE}/{pest.id}", {"stance": "ignore", "next": f"/posts/answer/{answer.id}"})
    assert page.url.path == path
    assert "You ignore Pia Pest now. They are not told." in page.text
    assert "No longer ignore them" in page.text
    assert "You ignore this person." in browser.get("/people/pest").text
    assert "Pia Pest" in browser.get(HERE).text
    assert "You meet the words of Pia Pest again" in browser.post(f"{HERE}/{pest.id}", {"stance": "none"}).text
    elsewhere = browser.post(f"{HERE}/{pest.id}", {"stance": "ignore", "next": "//example.com"})
    assert elsewhere.url.path == HERE
    assert "Ignore or block" not in browser.get(f"/people/{make.staff('sam').handle}").text
    assert "Ignore" not in browser.get("/people/bo").text
    assert f"{HERE}/{bo.id}" not in browser.get(path).text
    browser.sign_out()
    assert HERE not in browser.get(path).text


@pytest.mark.parametrize("wanted", [Stance.IGNORE, Stance.BLOCK])
def test_nothing_they_do_is_told(database, make, happen, told, mail, work, bo, pest, stance, wanted):
    thread = make.thread(author=bo)
    stance(bo, pest, wanted)
    answer = make.answer(thread, author=pest, body="Look, @bo")
    happen(posted(answer, thread, mentions=("bo",)))
    with database.writing() as session:
        notify(session, bo.id, "comment", actor_id=pest.id, url="/x")
    work()
    assert told(bo) == []
    assert mail() == []
    other = make.answer(thread)
    happen(posted(other, thread))
    assert len(told(bo)) == 1


def test_what_staff_and_moderators_do_is_told_all_the_same(database, make, happen, told, bo, pest, stance):
    thread = make.thread(author=bo)
    stance(bo, pest)
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == pest.id).values(staff=True, tier=1))
    happen(posted(make.answer(thread, author=pest), thread))
    assert len(told(bo)) == 1


def test_a_letter_that_waits_is_not_sent_once_its_sender_is_ignored(make, happen, mail, bo, pest, stance):
    thread = make.thread(author=bo)
    happen(posted(make.answer(thread, author=pest), thread))
    stance(bo, pest)
    with clock.at(now() + timedelta(hours=1)):
        assert mail() == []


def test_whom_somebody_blocks_hears_nothing_by_following_them_and_is_not_told(
    browser, make, happen, told, choose, bo, pest, stance
):
    choose(pest, Subject.PERSON, bo.id, Level.WATCH)
    stance(bo, pest)
    first = make.thread()
    happen(posted(make.answer(first, author=bo), first))
    heard = told(pest)
    assert len(heard) == 1  # to be ignored is not to be blocked
    stance(bo, pest, Stance.BLOCK)
    second = make.thread()
    happen(posted(make.answer(second, author=bo), second))
    assert told(pest) == heard
    choose(pest, Subject.THREAD, second.id, Level.WATCH)
    happen(posted(make.answer(second, author=bo), second))
    assert len(told(pest)) == 2  # of the thread they hear
    page = browser.sign_in(pest).post(f"/following/person/{bo.id}", {"level": "follow"})
    assert page.status_code == 200


def test_an_invitation_of_whom_somebody_blocks_is_not_mailed(database, make, bo, pest, stance):
    acme = make.organisation("Acme")
    stance(bo, pest, Stance.BLOCK)
    with database.writing() as session:
        set_option(session, "registration.invite_from", 0)
        session.execute(
            update(Account).where(Account.id == pest.id).values(organisation_id=acme.id, organisation_manager=True)
        )
    with database.reading() as session:
        sender = session.get_one(Account, pest.id)
    inviting = make.actor(sender)
    with database.writing() as session:
        invite(session, inviting, "bo@example.org")
        to_organisations.invite(session, inviting, acme.id, "bo@example.org, other@example.org")
        sent = [one["to"] for one in session.scalars(select(Job.payload).where(Job.kind == "mail"))]
    assert sent == ["other@example.org"]


def test_their_questions_are_folded_in_lists_and_on_the_front_page_and_in_search(
    browser, database, make, bo, pest, stance
):
    loud = make.thread(author=pest, title="Loud question about sync")
    calm = make.thread(title="Calm question about sync")
    theirs = make.answer(calm, author=pest, body="Nothing but zebras.")
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.THREAD, one.id) for one in (loud, calm)])
        index_posts(session, [PostRef(PostKind.ANSWER, theirs.id)])
    stance(bo, pest)
    browser.sign_in(bo)
    for path in ("/threads", "/", "/search?q=question"):
        page = browser.get(path).text
        assert page.count("By Pia Pest, whom you ignore: show") == 1, path
        assert "Calm question" in page or path == "/"  # where only those that nobody has answered stand
    assert "whom you ignore: show" in browser.get("/search?q=zebras").text
    assert "whom you ignore" not in browser.get("/people/pest").text.replace("You ignore", "")
    for person in (pest, make.account("peer", reputation=100)):
        assert "whom you ignore" not in browser.sign_in(person).get("/threads").text


def test_the_api_says_what_is_ignored(browser, database, make, scene, bo, pest, stance):
    thread, answer = scene
    stance(bo, pest)
    with database.writing() as session:
        _row, word = make_token(session, bo.id, "x", frozenset({Scope.READ}))
    found = browser.client.get(f"/api/v1/threads/{thread.id}", headers={"Authorization": f"Bearer {word}"}).json()
    assert found["ignored"] is False
    assert {one["id"]: one["ignored"] for one in found["answers"]}[answer.id] is True
    assert [remark["ignored"] for one in found["answers"] for remark in one["comments"]] == [True]
    listed = browser.client.get("/api/v1/threads", headers={"Authorization": f"Bearer {word}"}).json()
    assert [one["ignored"] for one in listed["items"]] == [False]


def test_whom_one_ignores_is_in_ones_data_and_goes_with_either(database, bo, pest, stance):
    stance(bo, pest, Stance.BLOCK)
    with database.reading() as session:
        (section,) = ignoring.sections(session, subject_of(session.get_one(Account, bo.id)))
        assert [(row["handle"], row["blocked"]) for row in section.rows] == [("pest", True)]
        (of_pest,) = ignoring.sections(session, subject_of(session.get_one(Account, pest.id)))
        assert list(of_pest.rows) == []  # who ignores them is never told
    with database.writing() as session:
        subject = subject_of(session.get_one(Account, pest.id))
        for step in ignoring.PART.steps:
            step(session, subject, 0)
        assert session.scalars(select(Ignored.other_id)).all() == []


def test_nobody_ignores_whom_they_may_not_know_of(database, make, bo):
    unproven = make.account("new", email=None, email_verified_at=None)
    with pytest.raises(NotFound), database.writing() as session:
        ignoring.ignore(session, make.actor(bo), unproven.id, Stance.IGNORE)
