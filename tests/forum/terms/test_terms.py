"""Terms by version: who is asked when, what waits until they agreed, and what is kept of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.access import Scope
from forum.accounts import jobs
from forum.accounts.api_tokens import make_token
from forum.accounts.consents import Consent
from forum.accounts.models import Account
from forum.accounts.personal import subject_of
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid
from forum.invitations.actions import invite
from forum.markup import cook
from forum.terms import personal
from forum.terms.actions import consent, publish, write_draft
from forum.terms.models import TermsVersion
from forum.terms.queries import consents_of, versions
from forum.threads.models import Answer
from forum.votes.models import Vote
from moderation.audit.models import AuditEntry
from tests.forum.organisations.conftest import drain, links

__all__ = ["drain", "links"]
NEW = {"handle": "eva", "email": "eva@example.org", "password": "four plain words here"}


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def released(database, make, admin):
    """Publish a version; its id."""

    def release(text="Be *good*.", note="", *, asks_again=False, required_from=None):
        with database.writing() as session:
            actor = make.actor(admin)
            write_draft(session, actor, "en", cook(text))
            found = publish(session, actor, note=note, asks_again=asks_again, required_from=required_from)
            return found.id

    return release


def agreed(database, handle="eva"):
    with database.reading() as session:
        account = session.scalars(select(Account).where(Account.handle == handle)).one_or_none()
        return [one.version.id for one in consents_of(session, account.id)] if account else None


def count(database, model):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_without_terms_nothing_is_asked(browser, database):
    page = browser.get("/register").text
    assert "I agree to the terms" not in page
    assert browser.get("/terms").status_code == 404
    browser.post("/register", NEW)
    assert agreed(database) == []
    assert "/settings/terms" not in browser.get("/settings/profile").text
    assert 'href="/terms"' not in page


def test_an_admin_writes_a_draft_that_nobody_reads_and_publishes_it(browser, admin, database):
    browser.sign_in(admin)
    page = browser.post("/admin/terms", {"terms": "Be *good*."})
    assert "The draft is saved." in page.text
    with browser.another() as visitor:
        assert visitor.get("/terms").status_code == 404
        assert "I agree" not in visitor.get("/register").text
    page = browser.post("/admin/terms/publish", {"note": "The first ones"})
    assert "The terms are published." in page.text
    with browser.another() as visitor:
        page = visitor.get("/terms").text
        assert "Be <em>good</em>." in page
        assert "Version 1" in page
        assert 'href="/terms"' in visitor.get("/").text
    with database.reading() as session:
        assert session.scalar(select(AuditEntry.id).where(AuditEntry.action == "TermsPublished")) is not None
    assert browser.post("/admin/terms/publish", {}).status_code == 409  # it is no draft any more
    assert "Terms" in browser.get("/admin").text


def test_only_admins_write_and_publish(browser, make, database):
    assert browser.sign_in(make.moderator()).get("/admin/terms").status_code == 403
    staff = make.actor(make.staff())
    for act in (
        lambda session: write_draft(session, staff, "en", cook("x")),
        lambda session: publish(session, staff, note="", asks_again=False, required_from=None),
    ):
        with pytest.raises(Forbidden), database.writing() as session:
            act(session)


def test_every_version_stays_to_be_read_as_it_was(browser, released, database):
    first = released("Version of *spring*.")
    released("Version of autumn.", "Shorter")
    assert "Version of autumn." in browser.get("/terms").text
    page = browser.get(f"/terms/{first}").text
    assert "Version of <em>spring</em>." in page
    assert "This is not the version that is in force." in page
    assert f"/terms/{first}" in browser.get("/terms").text
    with database.writing() as session:
        session.add(TermsVersion())
        session.flush()
        draft = session.scalar(select(func.max(TermsVersion.id)))
    assert browser.get(f"/terms/{draft}").status_code == 404
    assert browser.get(f"/terms/{10**9}").status_code == 404


def test_signing_up_takes_agreement_to_the_version_of_now(browser, released, database):
    first = released()
    page = browser.get("/register").text
    assert "I agree to the terms" in page
    assert 'href="/terms"' in page
    page = browser.post("/register", NEW | {"terms": str(first)})
    assert page.status_code == 422
    assert "An account takes your agreement to the terms." in page.text
    assert 'value="eva"' in page.text
    second = released("Others.")
    page = browser.post("/register", NEW | {"terms": str(first), "consent": "y"})
    assert "The terms have changed a moment ago." in page.text
    assert f'name="terms" value="{second}"' in page.text
    assert agreed(database) is None
    browser.post("/register", NEW | {"terms": str(second), "consent": "y"})
    assert agreed(database) == [second]


def test_an_invitation_asks_as_well(browser, released, database, make, admin, links):
    version = released()
    with database.writing() as session:
        invite(session, make.actor(admin), "eva@example.org")
    link = links("eva@example.org")[-1]
    given = {"handle": "eva", "password": "four plain words here"}
    assert "I agree to the terms" in browser.get(link).text
    assert browser.post(link, given).status_code == 422
    assert browser.post(link, given | {"terms": str(version), "consent": "y"}).status_code == 200
    assert agreed(database) == [version]


def test_a_version_that_asks_nobody_again_asks_nobody(browser, make, released, thread):
    ana = make.account("bea", reputation=100)
    released()
    browser.sign_in(ana)
    assert "terms have changed" not in browser.get("/").text
    page = browser.post(f"/threads/{thread.id}/answers", {"body": "Have a look there.", "once": "a"})
    assert "Have a look there." in page.text


def test_a_version_that_asks_again_lets_read_and_holds_what_is_written(browser, make, released, thread, database):
    bea = make.account("bea", reputation=100)
    version = released(note="Now with rules", asks_again=True)
    browser.sign_in(bea)
    assert "Agree to them to take part" in browser.get("/").text
    assert browser.get(f"/threads/{thread.id}/{thread.slug}").status_code == 200
    page = browser.post(f"/threads/{thread.id}/answers", {"body": "Have a look there.", "once": "a"})
    assert page.url.path == "/terms/consent"
    assert "Now with rules" in page.text
    assert count(database, Answer) == 0

    page = browser.post("/terms/consent", {"version": str(version), "next": "/parked"})
    assert page.url.path == "/parked"
    assert "Have a look there." in page.text  # kept, to be sent now
    page = browser.post(f"/threads/{thread.id}/answers", {"body": "Have a look there.", "once": "b"})
    assert "Have a look there." in page.text
    assert count(database, Answer) == 1
    assert "Agree to them" not in browser.get("/").text
    assert agreed(database, "bea") == [version]


def test_a_vote_by_script_is_led_to_the_terms(browser, make, released, thread, database):
    released(asks_again=True)
    browser.sign_in(make.account("bea", reputation=100))
    reply = browser.fragment("POST", f"/threads/{thread.id}/vote", {"value": "1"})
    assert reply.headers["hx-redirect"].startswith("/terms/consent")
    assert count(database, Vote) == 0


def test_until_the_day_it_is_only_told(browser, make, released, thread):
    bea, day = make.account("bea", reputation=100), (now() + timedelta(days=20)).date()
    released(asks_again=True, required_from=day)
    browser.sign_in(bea)
    assert "taking part asks for your agreement" in browser.get("/").text
    once = {"body": "Have a look there.", "once": "a"}
    assert browser.post(f"/threads/{thread.id}/answers", once).url.path != "/terms/consent"
    with clock.at(now() + timedelta(days=21)):
        browser.sign_in(bea)
        assert browser.post(f"/threads/{thread.id}/answers", once | {"once": "b"}).url.path == "/terms/consent"


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_roles_are_asked_as_everybody(browser, make, released, role):
    released(asks_again=True)
    browser.sign_in(getattr(make, role)())
    page = browser.post("/following/thread/1", {"level": "follow"})
    assert page.url.path == "/terms/consent"
    if role == "admin":
        assert browser.post("/admin/terms", {"terms": "x"}).url.path == "/terms/consent"
        assert browser.get("/admin/terms").status_code == 200


def test_signing_in_leads_there_first(browser, make, released):
    released(asks_again=True)
    from forum.accounts.passwords import hash_password  # noqa: PLC0415

    make.account("bea", password_hash=hash_password("four plain words here"))
    page = browser.post("/login", {"name": "bea", "password": "four plain words here", "next": "/tags"})
    assert page.url.path == "/terms/consent"
    assert 'value="/tags"' in page.text


def test_who_does_not_agree_can_look_after_their_account_and_leave(browser, make, released):
    released(asks_again=True)
    browser.sign_in(make.account("bea"))
    assert "Your data" in browser.get("/settings/data").text
    page = browser.post("/settings/data", {})
    assert page.url.path == "/settings/data"
    assert browser.post("/logout").url.path == "/login"


def test_the_api_reads_and_refuses_to_write(browser, make, released, thread, database):
    released(asks_again=True)
    bea = make.account("bea", reputation=100)
    with database.writing() as session:
        _row, word = make_token(session, bea.id, "x", frozenset({Scope.READ, Scope.WRITE}))
    headers = {"Authorization": f"Bearer {word}"}
    assert browser.client.get(f"/api/v1/threads/{thread.id}", headers=headers).status_code == 200
    sent = browser.client.put(f"/api/v1/threads/{thread.id}/vote", headers=headers, json={"value": 1})
    assert sent.status_code == 403
    assert "/terms/consent" in sent.json()["detail"]


def test_somebody_who_agreed_to_a_later_version_is_not_asked_for_an_earlier_one(browser, make, released, database):
    released(asks_again=True)
    second = released("Others.")
    browser.post("/register", NEW | {"terms": str(second), "consent": "y"})
    with database.reading() as session:
        account = session.scalars(select(Account).where(Account.handle == "eva")).one()
    assert not make.actor(account).must_consent
    assert make.actor(make.account("old")).must_consent


def test_agreeing_to_what_changed_meanwhile_is_refused_and_twice_is_once(database, make, released):
    bea, first = make.account("bea"), released(asks_again=True)
    second = released("Others.", asks_again=True)
    actor = make.actor(bea)
    with pytest.raises(Conflict), database.writing() as session:
        consent(session, actor, str(first))
    start = Barrier(4)

    def press(_number):
        start.wait()
        database.write(lambda session: consent(session, actor, str(second)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, range(4)))
    assert count(database, Consent) == 1


def test_two_admins_publish_once(database, make, admin):
    actor, start = make.actor(admin), Barrier(2)
    with database.writing() as session:
        write_draft(session, actor, "en", cook("Be good."))

    def press(_number):
        start.wait()
        try:
            act = lambda session: publish(session, actor, note="", asks_again=False, required_from=None).id  # noqa: E731
            return database.write(act)
        except Conflict:
            return None

    with ThreadPoolExecutor(2) as pool:
        assert sum(one is not None for one in pool.map(press, range(2))) == 1
    with database.reading() as session:
        assert len(versions(session)) == 1


def test_a_bad_day_or_no_text_is_refused_and_what_was_typed_is_kept(browser, admin, database, make):
    browser.sign_in(admin)
    browser.post("/admin/terms", {"terms": "Be good."})
    for day in ("2000-01-01", "2999-01-01"):
        page = browser.post("/admin/terms/publish", {"note": "News", "asks_again": "y", "required_from": day})
        assert page.status_code == 422
        assert "Choose a day from today on" in page.text
        assert "News" in page.text
    browser.post("/admin/terms", {"terms": "  "})
    with pytest.raises(Invalid), database.writing() as session:
        publish(session, make.actor(admin), note="", asks_again=False, required_from=None)
    assert browser.post("/admin/terms?language=xx", {"terms": "x"}).status_code == 404


def test_people_see_what_they_agreed_to_and_take_it_with_them(browser, make, released, database):
    bea = make.account("bea")
    first = released(asks_again=True)
    browser.sign_in(bea).post("/terms/consent", {"version": str(first)})
    released("Others.", asks_again=True)
    page = browser.get("/settings/terms").text
    assert "You agreed on" in page
    assert "You have not agreed to the version that is in force." in page
    assert browser.get("/admin/terms").status_code == 403
    with database.reading() as session:
        subject = subject_of(session.get_one(Account, bea.id))
        (section,) = personal.sections(session, subject)
        assert [row["version"] for row in section.rows] == [1]
    with database.writing() as session:
        for step in personal.PART.steps:
            step(session, subject, 0)
    assert count(database, Consent) == 0


def test_who_never_confirmed_is_forgotten_with_their_agreement(browser, released, database):
    version = released()
    browser.post("/register", NEW | {"terms": str(version), "consent": "y"})
    with clock.at(now() + jobs.UNCONFIRMED_KEPT * 3), database.writing() as session:
        jobs.tidy(session, {})
    assert agreed(database) is None
    assert count(database, Consent) == 0


def test_the_admin_reads_how_many_agreed(browser, admin, released, make):
    version = released(required_from=now().date(), asks_again=True)
    with browser.another() as bea:
        bea.sign_in(make.account("bea")).post("/terms/consent", {"version": str(version)})
    assert "1 person agreed" in browser.sign_in(admin).get("/admin/terms").text
