"""Asking to be erased, taking it back, and who may do what about it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts.models import Account
from forum.accounts.passwords import hash_password
from forum.clock import now
from forum.erasures.actions import ask_for, hurry, withdraw
from forum.erasures.models import ErasureRequest, ErasureState
from forum.errors import Conflict, NotFound
from forum.jobs import Job, Workshop
from tests.forum.accounts.conftest import long_ago

PASSWORD = "correct horse battery"


@pytest.fixture
def ana(make):
    return make.account("ana", password_hash=hash_password(PASSWORD))


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def request_of(database):
    def read(account) -> ErasureRequest | None:
        with database.reading() as session:
            return session.scalars(select(ErasureRequest).filter_by(account_id=account.id)).first()

    return read


def ask(browser, handle="ana", **more):
    return browser.post("/settings/data/erasure", {"handle": handle, **more})


def days_from_now(moment) -> float:
    return (moment - now()).total_seconds() / 86400


def test_it_happens_after_two_weeks_in_which_everything_works(browser, ana, admin, request_of, database, site):
    page = ask(browser.sign_in(ana))

    assert "Until" in page.text
    asked = request_of(ana)
    assert 13.9 < days_from_now(asked.due_at) <= 14
    assert (asked.owner_id, asked.content, asked.state) == (admin.id, False, ErasureState.WAITING)
    assert browser.get("/settings/profile").status_code == 200
    _tick(site, now() + timedelta(days=13))
    assert request_of(ana).state is ErasureState.WAITING
    _tick(site, now() + timedelta(days=14, minutes=1))
    assert request_of(ana).state is ErasureState.DONE


def test_it_is_taken_back_with_one_button(browser, ana, request_of, site):
    ask(browser.sign_in(ana))
    page = browser.post("/settings/data/erasure/withdraw")

    assert "nothing will be erased" in page.text
    _tick(site, now() + timedelta(days=20))
    assert request_of(ana).state is ErasureState.WITHDRAWN
    browser.sign_in(ana)
    assert browser.post("/settings/data/erasure/withdraw").status_code == 404
    assert ask(browser).status_code == 200  # and asked for again


def test_it_takes_the_handle(browser, ana, request_of):
    page = ask(browser.sign_in(ana), "anna")

    assert page.status_code == 422
    assert "Type your handle, ana" in page.text
    assert request_of(ana) is None
    assert ask(browser, "@Ana").status_code == 200


def test_it_takes_a_recent_proof_of_who_one_is(browser, ana, site, request_of):
    browser.sign_in(ana)
    long_ago(site, ana)
    assert browser.get("/settings/data/erasure").url.path == "/settings/confirm"
    assert ask(browser).url.path == "/settings/confirm"
    assert request_of(ana) is None
    browser.post("/settings/confirm", {"password": PASSWORD})

    assert ask(browser).url.path == "/settings/data/erasure"
    assert request_of(ana) is not None


def test_taking_it_back_takes_no_proof(browser, ana, site, request_of):
    ask(browser.sign_in(ana))
    long_ago(site, ana)
    browser.post("/settings/data/erasure/withdraw")

    assert request_of(ana).state is ErasureState.WITHDRAWN


@pytest.mark.parametrize(
    "path",
    [
        "/admin/people/ana/data/export",
        "/admin/people/ana/data/erasure",
        "/admin/erasures/1/now",
        "/admin/erasures/1/owner",
        "/admin/erasures/1/withdraw",
        "/admin/people/ana/offboard",
        "/admin/people/ana/reinstate",
    ],
)
def test_what_admins_do_takes_one_too(browser, ana, admin, site, request_of, path):
    ask(browser.sign_in(ana))
    root = browser.another().sign_in(admin)
    long_ago(site, admin)

    assert root.post(path, {"reason": "It was not her", "days": "0", "to": "root"}).url.path == "/settings/confirm"
    assert request_of(ana).state is ErasureState.WAITING


def test_asked_twice_it_is_one_request(browser, ana, database):
    ask(browser.sign_in(ana))

    assert ask(browser).status_code == 409
    with database.reading() as session:
        assert len(session.scalars(select(ErasureRequest)).all()) == 1


def test_the_page_says_what_goes_and_what_stays(browser, ana, make):
    make.answer(make.thread(), author=ana)
    page = browser.sign_in(ana).get("/settings/data/erasure").text

    assert "Profile, address and password" in page
    assert "Stays, without a name" in page
    assert "Others rely on them." in page
    assert "With the words: erased" in page


def test_whoever_holds_a_role_hands_it_over_first(browser, make, request_of):
    mo = make.moderator("mo", password_hash=hash_password(PASSWORD))

    assert ask(browser.sign_in(mo), "mo").status_code == 422
    assert request_of(mo) is None
    assert "Let an admin hand your work over" in browser.get("/settings/data/erasure").text


def test_whoever_asked_is_given_no_role(browser, ana, admin):
    ask(browser.sign_in(ana))
    page = browser.another().sign_in(admin).post("/admin/people/ana", {"roles": ["staff"], "tier": "1"})

    assert page.status_code == 422
    assert "asked to be erased" in page.text


def test_the_person_and_the_admin_are_told(browser, ana, admin, database):
    ask(browser.sign_in(ana))

    assert "asked to be erased" in browser.another().sign_in(admin).get("/notifications").text
    with database.reading() as session:
        letters = [job.payload["letter"]["template"] for job in session.scalars(select(Job).filter_by(kind="mail"))]
    assert "erasure_asked" in letters


def test_an_admin_asks_for_somebody_by_letter_and_answers_for_it(browser, ana, admin, request_of):
    given = {"days": "10", "reason": "Her letter of 3 March", "content": "y"}
    page = browser.sign_in(admin).post("/admin/people/ana/data/erasure", given)

    assert "The request is noted" in page.text
    asked = request_of(ana)
    assert (asked.owner_id, asked.content) == (admin.id, True)
    assert 9.9 < days_from_now(asked.due_at) <= 10
    assert "Her letter of 3 March" in browser.get("/moderation/log").text


@pytest.mark.parametrize(
    ("typed", "beside"),
    [
        ({"days": "31"}, "from 0 to 30"),
        ({"days": "-1"}, "from 0 to 30"),
        ({"days": "soon"}, "error"),
        ({"reason": ""}, "how you were asked"),
    ],
)
def test_an_admin_keeps_to_bounds_and_says_why(browser, ana, admin, request_of, typed, beside):
    given = {"days": "10", "reason": "Her letter"} | typed
    page = browser.sign_in(admin).post("/admin/people/ana/data/erasure", given)

    assert page.status_code == 422
    assert beside in page.text
    assert request_of(ana) is None


def test_only_admins_know_these_pages(browser, make, ana, request_of):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/erasures").status_code == 403
        assert browser.get("/admin/people/ana/data").status_code == 403
        given = {"days": "0", "reason": "I say so"}
        assert browser.post("/admin/people/ana/data/erasure", given).status_code == 403
        for act in ("now", "owner", "withdraw"):
            assert browser.post(f"/admin/erasures/1/{act}", {"reason": "I say so"}).status_code == 403
    assert request_of(ana) is None


def test_admins_hurry_take_back_and_take_on(browser, ana, admin, make, request_of, site):
    ask(browser.sign_in(ana))
    number = request_of(ana).id
    second = browser.another().sign_in(make.admin("second"))
    assert "You answer for it now" in second.post(f"/admin/erasures/{number}/owner").text
    assert second.post(f"/admin/erasures/{number}/withdraw", {"reason": ""}).status_code == 422
    second.post(f"/admin/erasures/{number}/withdraw", {"reason": "It was not her"})
    assert request_of(ana).state is ErasureState.WITHDRAWN

    ask(browser)
    with site.database.reading() as session:
        number = session.scalars(select(ErasureRequest.id).order_by(ErasureRequest.id.desc())).first()
    second.post(f"/admin/erasures/{number}/now")
    _tick(site, now() + timedelta(minutes=2))
    assert "Done" in second.get("/admin/erasures").text


def test_an_admin_changes_how_long_it_can_be_taken_back(browser, ana, admin, request_of):
    hers = browser.another().sign_in(admin)
    for wrong in ("0", "31", "soon", ""):
        assert hers.post("/admin/erasures", {"cooling_off": wrong}).status_code == 422
    hers.post("/admin/erasures", {"cooling_off": "30"})
    assert "How long something is kept changed" in hers.get("/moderation/log").text
    assert browser.sign_in(ana).post("/admin/erasures", {"cooling_off": "1"}).status_code == 403
    ask(browser)

    assert 29.9 < days_from_now(request_of(ana).due_at) <= 30


def test_taking_back_and_beginning_at_once_end_in_one_of_the_two(database, make, ana, admin, site, request_of):
    with database.writing() as session:
        ask_for(session, make.actor(admin), "ana", content=False, days=5, reason="A letter")
    number, together = request_of(ana).id, threading.Barrier(2)
    actors = {"ana": make.actor(ana), "root": make.actor(admin)}

    def act(who: str) -> str:
        together.wait()
        try:
            if who == "ana":
                database.write(lambda session: withdraw(session, actors["ana"]))
            else:
                database.write(lambda session: hurry(session, actors["root"], number))
                Workshop(database, site.jobs).drain()
        except (NotFound, Conflict):
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(act, ("ana", "root")))
    _tick(site, now() + timedelta(minutes=2))
    state = request_of(ana).state
    with database.reading() as session:
        erased = session.get_one(Account, ana.id).anonymised_at is not None

    assert (state, erased) in [(ErasureState.DONE, True), (ErasureState.WITHDRAWN, False)]


def test_a_second_request_is_said_to_be_one_whatever_was_typed(browser, ana, admin):
    ask(browser.sign_in(ana))
    own = ask(browser, handle="somebody else" * 9)
    other = browser.sign_in(admin).post("/admin/people/ana/data/erasure", {"days": "soon", "reason": "A letter of May"})

    for page in (own, other):
        assert page.status_code == 409
        assert "This was asked for already." in page.text
    assert "A letter of May" in other.text


def _tick(site, moment) -> None:
    """What the clock asks for at a moment, with all that follows from it."""
    shop = Workshop(site.database, site.jobs)
    for later in range(3):
        with clock.at(moment + timedelta(minutes=11 * later)):
            shop._beat_at = None
            shop.beat()
            shop.drain()
