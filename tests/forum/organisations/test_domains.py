"""Belonging by the domain of a confirmed address: exactly that domain, and only as long."""

import pytest

from forum.accounts.actions import CONFIRM
from forum.accounts.models import Account
from forum.errors import Invalid
from forum.events.organisations import MembersLeft
from forum.jobs import enqueue
from forum.organisations.domains import clean_domain


@pytest.fixture
def by_domain(make):
    return make.organisation("Acme", domains=("acme.example",))


@pytest.fixture
def confirm(browser, make, drain, links, database):
    """Let an account confirm another address, as its owner does."""

    def confirm(account, email):

        with database.writing() as session:
            session.get_one(Account, account.id).unconfirmed_email = email
            enqueue(session, CONFIRM, {"account_id": account.id})
        drain()
        browser.post(links(email)[-1])

    return confirm


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("acme.example", "acme.example"),
        ("  ACME.Example. ", "acme.example"),
        ("@acme.example", "acme.example"),
        ("mail.acme.co.uk", "mail.acme.co.uk"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_kept_as_addresses_are(typed, kept):
    assert clean_domain(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "com",
        "localhost",
        "gmail.com",
        "GMail.com",
        "co.uk",
        "com.au",
        "github.io",
        "a@b.example",
        "[1.2.3.4]",
        "a..b",
        f"{'x' * 300}.example",
        "acme example",
        "http://acme.example",
    ],
)
def test_what_anybody_could_have_an_address_of_is_refused(typed):
    with pytest.raises(Invalid):
        clean_domain(typed)


@pytest.mark.parametrize(
    "email",
    ["ben@sub.acme.example", "ben@notacme.example", "ben@acme.example.evil.example", "acme.example@evil.example"],
)
def test_a_subdomain_or_lookalike_is_another_domain(browser, make, by_domain, again, email):
    ben = make.account("ben", email=email)
    browser.sign_in(ben)
    assert "you can join" not in browser.get("/settings/organisation").text
    assert browser.post("/settings/organisation/join").status_code == 404
    assert again(ben).organisation_id is None


def test_whoever_has_such_an_address_is_offered_to_join_and_joins_by_a_button(browser, make, by_domain, again):
    ben = make.account("ben", email="ben@acme.example")
    browser.sign_in(ben)
    assert "With an address at acme.example you can join Acme." in browser.get("/settings/organisation").text
    assert again(ben).organisation_id is None
    assert "You belong to Acme now." in browser.post("/settings/organisation/join").text
    assert again(ben).organisation_domain == "acme.example"


def test_an_address_that_is_not_confirmed_proves_nothing(browser, make, by_domain, again):
    ben = make.account("ben", email=None, email_verified_at=None, unconfirmed_email="ben@acme.example")
    assert browser.sign_in(ben).post("/settings/organisation/join").status_code == 404
    assert again(ben).organisation_id is None


def test_confirming_an_address_tells_of_the_offer_or_joins_where_the_organisation_chose_so(
    browser, make, by_domain, confirm, again
):
    make.organisation("Rail", domains=("rail.example",), joins_by_domain=True)
    ben, eva = make.account("ben", email="ben@home.example"), make.account("eva", email="eva@home.example")
    confirm(ben, "ben@acme.example")
    confirm(eva, "eva@rail.example")

    assert again(ben).organisation_id is None
    assert again(eva).organisation_domain == "rail.example"
    page = browser.sign_in(ben).get("/notifications").text
    assert "You can join your organisation here" in page
    assert "Acme" in page


def test_a_membership_by_domain_ends_when_the_address_leaves_it_and_one_by_invitation_does_not(
    make, by_domain, confirm, again, heard
):
    ben = make.account(
        "ben", email="ben@acme.example", organisation_id=by_domain.id, organisation_domain="acme.example"
    )
    eva = make.account("eva", email="eva@acme.example", organisation_id=by_domain.id)
    for account in (ben, eva):
        confirm(account, f"{account.handle}@home.example")

    assert again(ben).organisation_id is None
    assert again(eva).organisation_id == by_domain.id
    assert [event.account_ids for event in heard if isinstance(event, MembersLeft)] == [(ben.id,)]


def test_those_who_are_here_already_are_found_when_a_domain_is_given(browser, make, admin, again, drain):
    ben, eva = make.account("ben", email="ben@acme.example"), make.account("eva", email="eva@sub.acme.example")
    rail = make.organisation("Rail")
    far = make.account("far", email="far@acme.example", organisation_id=rail.id)
    browser.sign_in(admin)
    given = {"name": "Acme", "importance": "3", "domains": "acme.example", "joins_by_domain": "y"}
    browser.post("/admin/organisations/new", given)
    drain()

    assert again(ben).organisation_domain == "acme.example"
    assert again(eva).organisation_id is None
    assert again(far).organisation_id == rail.id


def test_a_domain_that_is_taken_away_takes_its_members_with_it(browser, make, admin, by_domain, again):
    ben = make.account(
        "ben", email="ben@acme.example", organisation_id=by_domain.id, organisation_domain="acme.example"
    )
    eva = make.account("eva", organisation_id=by_domain.id)
    browser.sign_in(admin)
    browser.post(f"/admin/organisations/{by_domain.id}", {"name": "Acme", "importance": "3", "domains": ""})

    assert again(ben).organisation_id is None
    assert again(eva).organisation_id == by_domain.id
