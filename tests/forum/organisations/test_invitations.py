"""Invitations: for one address, once, for a while, and nothing happens by merely opening one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts import tokens
from forum.accounts.models import TokenPurpose
from forum.accounts.tokens import LINKS_AN_HOUR
from forum.clock import now
from forum.errors import Invalid, NotFound
from forum.jobs import Job
from forum.organisations.invitations import MOST_AT_ONCE, accept, invite

ADDRESSES = "/settings/organisation/invitations"


@pytest.fixture
def invited(database, make, acme, admin, links):
    """Send an invitation, and give its link."""

    def send(email, by=admin):
        with database.writing() as session:
            invite(session, make.actor(by), acme.id, email)
        return links(email)[-1]

    return send


def test_an_admin_invites_and_an_existing_account_joins_by_a_button(browser, admin, make, acme, again, links):
    ben = make.account("ben")
    browser.sign_in(admin)
    page = browser.post(
        f"/admin/organisations/{acme.id}/invitations", {"addresses": "Ben@Example.org, eva@example.org"}
    )
    assert "2 invitations are on their way." in page.text
    assert "eva@example.org" in page.text

    (link,) = links("ben@example.org")
    browser.sign_in(ben)
    page = browser.get(link)
    assert "Join Acme" in page.text
    assert again(ben).organisation_id is None

    page = browser.post(link)
    assert "You belong to Acme now." in page.text
    assert again(ben).organisation_id == acme.id
    assert again(ben).organisation_domain is None
    assert "ben@example.org" not in browser.sign_in(admin).get(f"/admin/organisations/{acme.id}").text


def test_a_second_press_is_the_first_one_again_and_nobody_else_gets_in(browser, invited, make, acme, again):
    ben, eva = make.account("ben"), make.account("eva")
    link = invited("ben@example.org")
    browser.sign_in(ben).post(link)

    assert browser.post(link).status_code == 200
    assert browser.sign_in(eva).post(link).status_code == 404
    assert browser.get(link).status_code == 404
    assert again(eva).organisation_id is None


def test_only_the_confirmed_address_of_the_invitation_opens_it(browser, invited, make, again):
    link = invited("ben@example.org")
    other = make.account("eva")
    unproven = make.account("ben", email=None, email_verified_at=None, unconfirmed_email="ben@example.org")
    for account in (other, unproven):
        page = browser.sign_in(account).get(link)
        assert "Accept the invitation" not in page.text
        assert browser.post(link).status_code == 403
        assert again(account).organisation_id is None
    browser.sign_out()
    page = browser.get(link)
    assert "Accept the invitation" not in page.text
    assert link.replace("/invitations/", "/join/") in page.text


def test_somebody_new_registers_confirms_and_joins(browser, invited, make, again, acme, drain, database, links):
    link = invited("eva@example.org")
    given = {"handle": "eva", "email": "eva@example.org", "password": "four plain words here", "next": link}
    browser.post("/register", given)
    assert browser.post(link).status_code == 403
    drain()
    browser.post(links("eva@example.org")[-1])

    page = browser.get("/settings/organisation").text
    assert "You are invited to Acme." in page
    assert "You can join your organisation here" in browser.get("/notifications").text
    assert "You belong to Acme now." in browser.post(link).text


def test_an_invitation_to_ones_own_address_is_accepted_without_its_link(browser, invited, make, again, acme, database):
    invited("ben@example.org")
    ben, eva = make.account("ben"), make.account("eva")
    page = browser.sign_in(ben).get("/settings/organisation").text
    number = page.partition(f"{ADDRESSES}/")[2].partition("/accept")[0]
    assert "You are invited" not in browser.sign_in(eva).get("/settings/organisation").text
    assert browser.post(f"{ADDRESSES}/{number}/accept").status_code == 404
    browser.sign_in(ben)
    browser.post(f"{ADDRESSES}/{number}/accept")

    assert again(ben).organisation_id == acme.id


def test_a_link_ends_after_two_weeks_when_taken_back_and_when_another_is_sent(browser, invited, make, admin, acme):
    ben = make.account("ben")
    old = invited("ben@example.org")
    new = invited("ben@example.org")
    browser.sign_in(ben)
    assert browser.get(old).status_code == 404
    assert browser.get(new).status_code == 200
    with clock.at(now() + timedelta(days=14, minutes=1)):
        browser.sign_in(ben)
        assert browser.get(new).status_code == 404
        assert browser.post(new).status_code == 404
    browser.sign_in(admin)
    page = browser.get(f"/admin/organisations/{acme.id}").text
    number = page.partition(f"/admin/organisations/{acme.id}/invitations/")[2].partition("/revoke")[0]
    browser.post(f"/admin/organisations/{acme.id}/invitations/{number}/revoke")
    assert browser.post(f"/admin/organisations/{acme.id}/invitations/{number}/revoke").status_code == 404
    assert browser.sign_in(ben).post(new).status_code == 404


def test_whoever_belongs_elsewhere_leaves_there_first(browser, invited, make, again, acme):
    other = make.organisation("Other")
    ben = make.account("ben", organisation_id=other.id)
    link = invited("ben@example.org")
    browser.sign_in(ben)
    assert "You belong to Other" in browser.get(link).text
    assert browser.post(link).status_code == 409
    browser.post("/settings/organisation/leave")
    browser.post(link)

    assert again(ben).organisation_id == acme.id


def test_a_manager_invites_and_removes_in_their_own_organisation_alone(browser, make, manager, acme, again, links):
    other = make.organisation("Other")
    stranger, ben = make.account("stranger", organisation_id=other.id), make.account("ben", organisation_id=acme.id)
    browser.sign_in(manager)
    assert "1 invitation is on its way." in browser.post(ADDRESSES, {"addresses": "new@acme.example"}).text
    assert links("new@acme.example")
    assert browser.post(f"/settings/organisation/members/{stranger.id}/remove").status_code == 404
    browser.post(f"/settings/organisation/members/{ben.id}/remove")

    assert again(ben).organisation_id is None
    assert again(stranger).organisation_id == other.id


def test_a_mere_member_manages_nothing(browser, make, acme, manager, again, links):
    browser.sign_in(make.account("ben", organisation_id=acme.id))
    page = browser.get("/settings/organisation").text
    assert "Colleagues" in page
    assert "Send invitations" not in page
    assert browser.post(ADDRESSES, {"addresses": "new@acme.example"}).status_code == 404
    assert browser.post(f"/settings/organisation/members/{manager.id}/remove").status_code == 404
    assert browser.post("/settings/organisation/sharing", {"shares_tickets": "y"}).status_code == 404
    assert links("new@acme.example") == []
    browser.sign_in(make.account("far"))
    assert browser.post(ADDRESSES, {"addresses": "new@acme.example"}).status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Give at least one address."),
        ("  ,\n", "Give at least one address."),
        ("nobody", "“nobody” does not look like an e-mail address."),
        ("mia@example.org", "mia@example.org belongs to a member already."),
        (" ".join(f"p{n}@acme.example" for n in range(MOST_AT_ONCE + 1)), "Invite at most 20 at once."),
        ("x" * 9000, "longer than 8000"),
    ],
)
def test_addresses_that_cannot_be_taken_are_named_and_kept(browser, manager, links, typed, words):
    page = browser.sign_in(manager).post(ADDRESSES, {"addresses": typed})

    assert page.status_code == 422
    assert words in page.text
    assert typed.strip()[:40] in page.text


def test_nobodys_mailbox_is_flooded(invited):
    for _ in range(LINKS_AN_HOUR):
        invited("ben@example.org")
    with pytest.raises(Invalid, match="sent enough links"):
        invited("ben@example.org")


def test_the_same_letter_goes_to_known_and_unknown_addresses(invited, make, database):

    make.account("ben", display_name="Ben Known", locale="en")
    invited("ben@example.org")
    invited("new@example.org")
    with database.reading() as session:
        letters = [one["letter"] for one in session.scalars(select(Job.payload).where(Job.kind == "mail"))]
    for letter in letters:
        assert letter["reader"]["display_name"] in ("ben@example.org", "new@example.org")
        letter.pop("reader"), letter.pop("path")
    assert letters[0] == letters[1]


def test_a_token_of_another_purpose_opens_no_organisation(database, make, session):

    ben = make.account("ben")
    token = tokens.issue(session, ben.id, TokenPurpose.VERIFY_EMAIL, "ben@example.org")
    with pytest.raises(NotFound):
        accept(session, make.actor(ben), token)
