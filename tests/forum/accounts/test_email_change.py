"""Moving to another address: confirmed there, told to the old one, taken back by it; and what links are worth."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.access import Scope
from forum.accounts import tokens
from forum.accounts.actions import confirm_email, reset_password
from forum.accounts.api_tokens import make_token
from forum.accounts.email_change import undo_change
from forum.accounts.factors import checking
from forum.accounts.models import Account, AccountToken, ApiToken, TokenPurpose
from forum.accounts.passwords import hash_password
from forum.accounts.security import NOWHERE
from forum.clock import now
from forum.errors import NotFound
from tests.forum.accounts.conftest import PASSWORD, enter, is_in, link_in, long_ago

NEW = "ana@elsewhere.example"


def ask(browser, email=NEW):
    return browser.post("/settings/email", {"email": email})


def to(letters, address, about=""):
    """The newest letter to an address whose subject has some words."""
    return next(one for one in reversed(letters()) if one["to"] == address and about in one["subject"])


def move(browser, letters, email=NEW):
    ask(browser, email)
    return browser.post(link_in(to(letters, email, "Confirm your new address")))


def address_of(database, account):
    with database.reading() as session:
        return session.get(Account, account.id).email


def test_the_address_changes_when_the_link_is_opened_there(browser, ana, letters, database):
    page = ask(browser.sign_in(ana))
    assert "on its way" in page.text
    assert NEW in page.text
    assert address_of(database, ana) == "ana@example.org"
    page = browser.post(link_in(to(letters, NEW)))

    assert page.url.path == "/settings/email"
    assert address_of(database, ana) == NEW


def test_the_present_address_hears_of_it_when_asked_and_when_done(browser, ana, letters):
    move(browser.sign_in(ana), letters)

    subjects = [one["subject"] for one in letters() if one["to"] == "ana@example.org"]
    assert "asked for" in subjects[0]
    assert "has another address" in subjects[1]
    page = browser.get("/settings/security").text
    assert "The e-mail address was changed" in page
    assert "A change of the e-mail address was asked for" in page


def test_an_address_that_somebody_has_reads_the_same_and_only_its_owner_hears(
    browser, ana, make, letters, database, queries
):
    make.account("eva")
    browser.sign_in(ana)
    with queries() as for_free:
        free = ask(browser)
    with queries() as for_taken:
        taken = ask(browser, "eva@example.org")

    assert free.text.replace(NEW, "X") == taken.text.replace("eva@example.org", "X")
    assert for_free == for_taken
    told = to(letters, "eva@example.org")
    assert "another account" in told.get_body(("plain",)).get_content()
    assert "/confirm/" not in told.get_body(("plain",)).get_content()
    assert address_of(database, ana) == "ana@example.org"


@pytest.mark.parametrize(("typed", "words"), [("ana@example.org", "already"), ("nonsense", "address"), ("", "Give")])
def test_what_is_no_new_address_is_refused_and_kept_in_the_field(browser, ana, typed, words):
    page = ask(browser.sign_in(ana), typed)

    assert page.status_code == 422
    assert words in page.text
    assert f'value="{typed}"' in page.text


def test_a_later_address_ends_the_link_to_the_earlier(browser, ana, letters, database):
    ask(browser.sign_in(ana))
    first = link_in(to(letters, NEW))
    ask(browser, "third@example.org")

    assert browser.post(first).status_code == 404
    browser.post(link_in(to(letters, "third@example.org")))
    assert address_of(database, ana) == "third@example.org"


def test_the_link_can_be_sent_again(browser, ana, letters, database):
    ask(browser.sign_in(ana))
    assert browser.post("/confirm").url.path == "/settings/email"
    links = [link_in(one) for one in letters() if one["to"] == NEW]
    assert len(set(links)) == 2
    browser.post(links[0])

    assert address_of(database, ana) == NEW
    assert browser.post(links[1]).status_code == 404


def test_it_can_be_left_as_it_is(browser, ana, letters, database):
    ask(browser.sign_in(ana))
    link = link_in(to(letters, NEW))
    assert "stays as it is" in browser.post("/settings/email/drop").text

    assert browser.post(link).status_code == 404
    assert address_of(database, ana) == "ana@example.org"
    assert browser.post("/settings/email/drop").status_code == 409


def test_an_old_session_is_asked_first_and_what_was_typed_is_kept(browser, ana, site, database):
    browser.sign_in(ana)
    long_ago(site, ana)
    page = ask(browser)
    assert page.url.path == "/settings/confirm"
    page = browser.post("/settings/confirm", {"password": PASSWORD, "next": "/parked"})

    assert page.url.path == "/parked"
    assert NEW in page.text
    with database.reading() as session:
        assert session.get(Account, ana.id).unconfirmed_email is None


def test_a_pending_change_does_not_read_as_an_unconfirmed_account(browser, ana, letters):
    ask(browser.sign_in(ana))

    assert "All is well" in browser.get("/settings/standing").text


@pytest.fixture
def moved(browser, ana, letters, database):
    """Ana's account, which somebody who knew her password moved to another address; the link in her letter."""
    with database.writing() as session:
        make_token(session, ana.id, "Theirs", [Scope.READ])
    move(browser.sign_in(ana), letters)
    return link_in(to(letters, "ana@example.org", "has another address"))


def test_the_old_address_takes_it_back_and_shuts_everybody_out(browser, ana, moved, letters, database):
    page = browser.another().get(moved)
    assert "ana@example.org" in page.text
    owner = browser.another()
    page = owner.post(moved)

    assert page.url.path.startswith("/reset/")
    assert address_of(database, ana) == "ana@example.org"
    assert not is_in(browser)
    with database.reading() as session:
        assert all(token.revoked_at for token in session.scalars(select(ApiToken)))
    assert enter(browser.another()).status_code == 422
    owner.post(page.url.path, {"new_password": "words that only I know"})
    assert enter(owner, password="words that only I know").headers["location"] == "/"
    assert "taken back" in to(letters, "ana@example.org", "taken back")["subject"]


def test_looking_at_the_link_changes_nothing(browser, ana, moved, database):
    assert [browser.get(moved).status_code for _ in range(2)] == [200, 200]
    assert address_of(database, ana) == NEW


def test_it_works_once_and_a_week(browser, ana, moved):
    with clock.at(now() + timedelta(days=8)):
        assert browser.post(moved).status_code == 404
    browser.post(moved)

    assert browser.post(moved).status_code == 404


def test_twice_at_once_works_once(ana, moved, database):
    word, together = moved.rpartition("/")[2], threading.Barrier(2)

    def undo(_number):
        together.wait()
        try:
            with database.writing() as session:
                undo_change(session, word, NOWHERE)
        except NotFound:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(undo, range(2))) == ["done", "refused"]


def test_the_first_address_wins_over_a_later_one(browser, ana, moved, letters, database):
    browser.sign_in(ana)
    move(browser, letters, "third@example.org")
    theirs = link_in(to(letters, NEW, "has another address"))
    browser.post(theirs)
    assert address_of(database, ana) == NEW

    browser.post(moved)
    assert address_of(database, ana) == "ana@example.org"
    assert browser.post(theirs).status_code == 404


def test_taking_it_back_ends_later_links_of_whoever_moved_it(browser, ana, moved, letters, database):
    browser.sign_in(ana)
    move(browser, letters, "third@example.org")
    theirs = link_in(to(letters, NEW, "has another address"))
    browser.post(moved)

    assert browser.post(theirs).status_code == 404
    assert address_of(database, ana) == "ana@example.org"


def test_a_factor_that_whoever_moved_it_added_goes_and_an_older_one_stays(browser, ana, make, moved, protect, database):
    protect(ana)
    browser.post(moved)
    with database.reading() as session:
        assert not checking.is_protected(session, ana.id)


def test_an_older_factor_stays(browser, ana, protect, letters, database):
    with clock.at(now() - timedelta(days=30)):
        protect(ana)
    move(browser.sign_in(ana), letters)
    browser.post(link_in(to(letters, "ana@example.org", "has another address")))

    with database.reading() as session:
        assert checking.is_protected(session, ana.id)


def test_an_address_that_went_to_somebody_else_is_not_taken_from_them(browser, ana, moved, make, database):
    make.account("eva", email="ana@example.org")
    page = browser.post(moved)

    assert page.status_code == 409
    assert address_of(database, ana) == NEW


def issue(database, account, purpose, email="ana@example.org"):
    with database.writing() as session:
        return tokens.issue(session, account.id, purpose, email)


USES = {
    TokenPurpose.VERIFY_EMAIL: "/confirm/{}",
    TokenPurpose.RESET_PASSWORD: "/reset/{}",
    TokenPurpose.UNDO_EMAIL: "/undo-email/{}",
    TokenPurpose.END_SESSIONS: "/sign-in-alert/{}",
}


@pytest.mark.parametrize("purpose", list(TokenPurpose))
@pytest.mark.parametrize("use", list(USES))
def test_a_link_is_good_for_its_purpose_alone(browser, ana, database, purpose, use):
    with database.writing() as session:
        session.get_one(Account, ana.id).unconfirmed_email = "other@example.org"
    email = "other@example.org" if purpose is TokenPurpose.VERIFY_EMAIL else "ana@example.org"
    word = issue(database, ana, purpose, email)
    status = browser.post(USES[use].format(word), {"new_password": "other words than before"}).status_code

    assert (status != 404) == (purpose is use)


@pytest.mark.parametrize("purpose", list(TokenPurpose))
def test_every_link_ends_by_itself(ana, database, purpose):
    word = issue(database, ana, purpose)
    later = now() + tokens.LIFETIME[purpose] + timedelta(seconds=1)
    with clock.at(later), database.reading() as session, pytest.raises(NotFound):
        tokens.find(session, word, purpose, hold=False)


def test_words_are_kept_only_as_hashes(ana, database, session):
    word = issue(database, ana, TokenPurpose.UNDO_EMAIL)

    assert word not in [row.token_hash for row in session.scalars(select(AccountToken))]


@pytest.mark.parametrize("purpose", [TokenPurpose.VERIFY_EMAIL, TokenPurpose.RESET_PASSWORD])
def test_a_link_used_twice_at_once_works_once(make, database, purpose):
    account = make.account("bo", unconfirmed_email="bo@elsewhere.example")
    email = account.unconfirmed_email if purpose is TokenPurpose.VERIFY_EMAIL else account.email
    word, together = issue(database, account, purpose, email), threading.Barrier(2)

    def use(number):
        together.wait()
        try:
            with database.writing() as session:
                if purpose is TokenPurpose.VERIFY_EMAIL:
                    confirm_email(session, word)
                else:
                    reset_password(session, word, hash_password(f"words number {number}"))
        except NotFound:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(use, range(2))) == ["done", "refused"]


def test_a_moved_account_cannot_be_reset_by_the_old_address(browser, ana, letters, database):
    word = issue(database, ana, TokenPurpose.RESET_PASSWORD)
    move(browser.sign_in(ana), letters)

    assert browser.post(f"/reset/{word}", {"new_password": "other words than before"}).status_code == 404
