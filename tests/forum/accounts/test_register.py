"""Registering and confirming: what is refused, what a link is good for, and that nobody learns who has an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.access import WRITING, Privilege
from forum.accounts.jobs import UNCONFIRMED_KEPT, tidy
from forum.accounts.models import Account
from forum.clock import now
from forum.events.accounts import AccountJoined, EmailVerified
from tests.forum.accounts.conftest import PASSWORD, link_in

GIVEN = {"handle": "eva", "display_name": "Eva Novak", "email": "eva@example.org", "password": PASSWORD}


def register(browser, **given):
    return browser.post("/register", GIVEN | given)


@pytest.fixture
def find(database):
    def find(handle):
        with database.reading() as session:
            return session.scalars(select(Account).where(Account.handle == handle)).one_or_none()

    return find


def test_one_is_signed_in_at_once_and_joins_by_the_mailed_link(browser, letters, find, make, heard):
    page = register(browser)
    assert page.url.path == "/settings/standing"
    assert "eva@example.org" in page.text
    assert "Send again" in page.text

    (letter,) = letters()
    assert letter["to"] == "eva@example.org"
    link = link_in(letter)
    asking = browser.get(link)
    assert find("eva").email is None
    assert "Confirm the address" in asking.text

    browser.post(link)
    assert find("eva").email == "eva@example.org"
    assert find("eva").unconfirmed_email is None
    assert [type(event) for event in heard if isinstance(event, AccountJoined | EmailVerified)] == [
        AccountJoined,
        EmailVerified,
    ]


def test_before_that_nothing_public_can_be_written(browser, find, make):
    register(browser)
    privileges = make.actor(find("eva")).privileges

    assert not privileges & (WRITING | {Privilege.FLAG_PRIVATE, Privilege.MANY_LINKS})


def test_before_that_every_page_says_so_and_a_refusal_says_why(browser, letters):
    register(browser)
    asked = browser.post("/ask", {"title": "Why does it stop halfway?", "body": "It stops.", "tags": ""})

    assert "have it sent again" in browser.get("/people").text
    assert asked.status_code == 403
    assert "Confirm your e-mail address first" in asked.text
    browser.post(link_in(letters()[0]))
    assert "have it sent again" not in browser.get("/people").text


def test_not_even_a_role_writes_before_its_address_is_confirmed(make):
    early = make.moderator("early", email=None, email_verified_at=None, unconfirmed_email="early@example.org")

    assert not make.actor(early).privileges & WRITING


def test_before_that_others_do_not_know_of_the_account(browser, make):
    register(browser)
    other = browser.another()

    assert other.get("/people/eva").status_code == 404
    assert "Eva Novak" not in other.get("/people").text
    assert browser.get("/people/eva").status_code == 200
    assert other.sign_in(make.moderator()).get("/people/eva").status_code == 200


class TestAKnownAddress:
    """Whoever registers with somebody's address must not learn that it has an account here."""

    @pytest.fixture(autouse=True)
    def owner(self, ana):
        return ana

    def test_page_and_rows_are_the_same_as_for_an_unknown_one(self, browser, queries):
        other = browser.another()
        with queries() as for_known:
            known = register(browser, handle="eva", email="ana@example.org")
        with queries() as for_unknown:
            unknown = register(other, handle="ivo", email="ivo@example.org")

        said = known.text.replace("eva", "X").replace("ana@", "X@"), unknown.text.replace("ivo", "X")
        assert known.url.path == unknown.url.path
        assert said[0].count("Confirm your e-mail address") == said[1].count("Confirm your e-mail address") == 1
        assert for_known == for_unknown

    def test_its_owner_is_told_and_gets_no_link(self, browser, letters):
        register(browser, email="Ana@Example.org")

        (letter,) = letters()
        assert letter["to"] == "ana@example.org"
        assert "/confirm/" not in letter.as_string()
        assert "already has one" in letter.get_body(("plain",)).get_content()

    def test_both_can_sign_in_again_and_find_the_same(self, browser, letters):
        register(browser, handle="eva", email="ana@example.org")
        letters()
        browser.post("/logout")
        page = browser.post("/login", {"name": "eva", "password": PASSWORD})

        assert page.url.path == "/settings/standing"

    def test_sending_again_tells_nothing_either(self, browser, letters):
        register(browser, email="ana@example.org")
        assert "Another link is on its way" in browser.post("/confirm").text
        assert not any("/confirm/" in letter.as_string() for letter in letters())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("handle", "ev", "Use 3 to 30"),
        ("handle", "eva novak", "Use 3 to 30"),
        ("handle", "admin", "not to be had"),
        ("handle", "_support_", "not to be had"),
        ("handle", "---", "not to be had"),
        ("handle", "Ana", "Somebody else has this handle"),
        ("email", "eva", "does not look like"),
        ("email", "eva@example.org\r\nBcc: all@example.org", "does not look like"),
        ("email", "", "Give your e-mail address"),
        ("password", "short", "at least 10"),
        ("password", "x" * 257, "at most 256"),
        ("password", "aaaaaaaaaaaa", "too easy"),
        ("password", "eva@example.org", "too easy"),
        ("display_name", "x" * 61, "at most 60"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(browser, ana, find, letters, field, value, words):
    reply = register(browser, **{field: value})

    assert reply.status_code == 422
    assert words in reply.text
    kept = {"handle", "email", "display_name"} - {field}
    assert all(f'value="{GIVEN[name]}"' in reply.text for name in kept)
    assert PASSWORD not in reply.text
    assert find("eva") is None
    assert letters() == []


def test_names_that_hide_letters_are_cleaned(browser, find):
    register(browser, display_name="Eva\u202e\u200b\0  Novak")

    assert find("eva").display_name == "Eva Novak"


def test_a_link_works_once(browser, letters):
    register(browser)
    link = link_in(letters()[0])

    assert browser.post(link).status_code == 200
    assert browser.post(link).status_code == 404


def test_a_link_does_not_work_for_ever(browser, letters, find):
    register(browser)
    link = link_in(letters()[0])
    with clock.at(now() + timedelta(days=4)):
        assert browser.another().post(link).status_code == 404

    assert find("eva").email is None


def test_a_link_to_confirm_does_not_reset_a_password(browser, letters):
    register(browser)
    token = link_in(letters()[0]).removeprefix("/confirm/")

    assert browser.get(f"/reset/{token}").status_code == 404
    assert browser.post(f"/reset/{token}", {"new_password": PASSWORD + "!"}).status_code == 404


def test_of_two_who_claim_an_address_the_one_who_reads_its_mail_gets_it(browser, letters, find):
    other = browser.another()
    register(browser, handle="thief")
    register(other, handle="eva")
    first, second = (link_in(letter) for letter in letters())

    assert other.post(second).status_code == 200
    assert browser.post(first).status_code == 409
    assert find("eva").email == "eva@example.org"
    assert find("thief").email is None


def test_links_are_not_sent_without_end(browser, letters):
    register(browser)
    for _ in range(9):
        browser.post("/confirm")

    assert len(letters()) == 5


def test_a_confirmed_address_has_nothing_to_send_again(browser, ana):
    assert browser.sign_in(ana).post("/confirm").status_code == 409


def test_accounts_that_never_joined_are_forgotten(browser, database, find, letters, make):
    register(browser)
    letters()
    make.account("imported", email=None, email_verified_at=None, imported_at=now())
    with clock.at(now() + UNCONFIRMED_KEPT + timedelta(days=1)), database.writing() as session:
        tidy(session, {})

    assert find("eva") is None
    assert find("imported") is not None
