"""The pages on which admins give and take roles."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from forum.access import Role
from forum.accounts.models import Account
from forum.accounts.roles import set_roles
from forum.errors import Forbidden


@pytest.fixture
def admin(make):
    return make.account("root", admin=True)


@pytest.fixture
def roles_of(database):
    def roles_of(account) -> tuple[set[str], int | None]:
        with database.reading() as session:
            row = session.get_one(Account, account.id)
            return {str(role) for role in row.roles}, row.tier

    return roles_of


def give(browser, account, *roles, tier="2"):
    return browser.post(f"/admin/people/{account.handle}", {"roles": list(roles), "tier": tier})


def test_an_admin_makes_somebody_staff_who_is_at_the_desk_at_once(browser, admin, make, roles_of):
    ana = make.account("ana")
    hers = browser.another().sign_in(ana)
    assert hers.get("/desk").status_code == 403
    page = give(browser.sign_in(admin), ana, "staff")

    assert "The roles of Ana are saved." in page.text
    assert roles_of(ana) == ({"staff"}, 2)
    assert hers.get("/desk").status_code == 200


def test_a_role_that_was_taken_is_gone_at_once(browser, admin, make, roles_of):
    mo = make.account("mo", moderator=True)
    his = browser.another().sign_in(mo)
    assert his.get("/moderation/queue").status_code == 200
    give(browser.sign_in(admin), mo)

    assert roles_of(mo) == (set(), None)
    assert his.get("/moderation/queue").status_code == 403


def test_the_page_lists_who_has_a_role_and_finds_everybody_else(browser, admin, make):
    make.account("mo", moderator=True)
    make.account("ana", email="ana@lighthouse.example")
    browser.sign_in(admin)
    page = browser.get("/admin/people").text
    assert "@mo" in page
    assert "@root" in page
    assert "@ana" not in page

    for query in ("AN", "@ana", "ana@light"):
        assert "@ana" in browser.get("/admin/people", params={"q": query}).text
    assert "Nobody by that name" in browser.get("/admin/people", params={"q": "%"}).text


def test_only_admins_know_these_pages_and_change_roles(browser, make, roles_of):
    ana = make.account("ana")
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/people").status_code == 403
        assert browser.get("/admin/people/ana").status_code == 403
        assert give(browser, ana, "admin").status_code == 403

    assert roles_of(ana) == (set(), None)


def test_nobody_takes_the_role_of_admin_from_themselves(browser, admin, make, roles_of):
    page = give(browser.sign_in(admin), admin, "moderator")

    assert page.status_code == 422
    assert "another admin can" in page.text
    assert roles_of(admin) == ({"admin"}, None)
    other = make.account("second", admin=True)
    give(browser.sign_in(other), admin)
    assert roles_of(admin) == (set(), None)


def test_whoever_has_not_confirmed_an_address_gets_no_role(browser, admin, make, roles_of):
    imported = make.account("old", email=None, email_verified_at=None, imported_at=admin.created_at)
    page = give(browser.sign_in(admin), imported, "moderator")

    assert page.status_code == 422
    assert "not confirmed an address" in page.text
    assert roles_of(imported) == (set(), None)


def test_a_role_or_tier_that_does_not_exist_is_refused(browser, admin, make, roles_of):
    ana = make.account("ana")
    browser.sign_in(admin)

    assert give(browser, ana, "emperor").status_code == 422
    assert give(browser, ana, "staff", tier="4").status_code == 422
    assert browser.get("/admin/people/nobody").status_code == 404
    assert roles_of(ana) == (set(), None)


def test_the_log_says_who_gave_which_role(browser, admin, make, database):
    ana = make.account("ana")
    give(browser.sign_in(admin), ana, "staff")
    give(browser, ana, "staff")  # changes nothing

    with database.reading() as session:
        facts = session.scalars(text("SELECT facts FROM audit_entries WHERE action = 'RolesChanged'")).all()
    assert len(facts) == 1
    assert Role.STAFF in str(facts[0])
    assert "Roles changed" in browser.get("/moderation/log").text


def test_two_admins_cannot_take_the_role_from_each_other_at_once(database, admin, make):
    second = make.account("second", admin=True)
    actors = {one.id: make.actor(one) for one in (admin, second)}
    together = threading.Barrier(2)

    def take(taker: Account, other: Account) -> str:
        together.wait()
        try:
            with database.writing() as session:
                set_roles(session, actors[taker.id], other.handle, frozenset(), None)
        except Forbidden:
            return "refused"
        return "taken"

    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(take, (admin, second), (second, admin)))

    assert sorted(ends) == ["refused", "taken"]
