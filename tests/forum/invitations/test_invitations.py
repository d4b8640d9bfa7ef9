"""Invitations to the site: who may make an account, for which address, by which link, and what comes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.access import Role
from forum.accounts import admission
from forum.accounts.actions import register
from forum.accounts.admission import Registration, change_registration, may_join
from forum.accounts.models import Account, AccountToken
from forum.accounts.roles import set_roles
from forum.clock import now
from forum.errors import Forbidden, Invalid, NotFound
from forum.invitations.actions import ADMINS, CUSTOMERS, invite, join, revoke
from forum.jobs import Job
from moderation.audit.models import AuditEntry

HERE = "/admin/invitations"
NEW = {"handle": "eva", "display_name": "Eva Berg", "password": "four plain words here"}


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def rule(database, make, admin):
    """Say who may make an account, and from which reputation customers invite."""

    def say(who=Registration.OPEN, points=None):
        with database.writing() as session:
            change_registration(session, make.actor(admin), who, points)

    return say


@pytest.fixture
def invited(database, make, admin, links):
    """Send an invitation, and give its link."""

    def send(email="eva@example.org", by=None, role=None, organisation_id=None):
        with database.writing() as session:
            invite(session, make.actor(by or admin), email, role=role, organisation_id=organisation_id)
        return links(email)[-1]

    return send


def account(database, email="eva@example.org"):
    with database.reading() as session:
        return session.scalars(select(Account).where(Account.email == email)).one_or_none()


def logged(database, action):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action))


def test_an_admin_invites_many_and_each_is_listed_until_they_come(browser, admin, links, database):
    browser.sign_in(admin)
    page = browser.post(f"{HERE}/send", {"addresses": "Eva@Example.org, kim@example.org\nlee@example.org", "role": ""})
    assert "3 invitations are on their way." in page.text
    assert "eva@example.org" in page.text
    assert f"by {admin.display_name}" in page.text
    assert logged(database, "PeopleInvited") == 1

    with browser.another() as eva:
        page = eva.get(links("eva@example.org")[-1])
        assert "eva@example.org is invited." in page.text
        assert account(database) is None  # nothing comes of looking
        page = eva.post(links("eva@example.org")[-1], NEW)
        assert page.status_code == 200
        assert "Eva Berg" in page.text
    found = account(database)
    assert found.email_verified_at is not None
    assert found.roles == frozenset()
    page = browser.get(HERE).text
    assert "eva@example.org" not in page
    assert "kim@example.org" in page


def test_whoever_came_has_joined_and_is_paid_for_it_once(browser, invited, database, heard):
    browser.post(invited(), NEW)
    assert [type(event).__name__ for event in heard if "Joined" in type(event).__name__] == ["AccountJoined"]
    assert account(database).reputation == 1


def test_a_role_comes_with_the_account_in_the_name_of_who_gave_it(browser, invited, admin, database):
    page = browser.get(invited(role=Role.STAFF))
    assert "The role: Staff" in page.text
    browser.post(invited(role=Role.STAFF), NEW)
    found = account(database)
    assert (found.roles, found.tier) == (frozenset({Role.STAFF}), 1)
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "RolesChanged")).one()
        assert entry.actor_id == admin.id


def test_an_admin_is_never_made_by_a_letter(browser, admin, database, links):
    page = browser.sign_in(admin).post(f"{HERE}/send", {"addresses": "eva@example.org", "role": "admin"})
    assert page.status_code == 422
    assert links("eva@example.org") == []


@pytest.mark.parametrize("lost", ["role", "account"])
def test_an_invitation_with_a_role_ends_with_the_right_to_give_it(browser, invited, admin, make, database, lost):
    other = make.admin("chief")
    link, plain = invited(role=Role.MODERATOR), invited("kim@example.org")
    with database.writing() as session:
        if lost == "role":
            set_roles(session, make.actor(other), admin.handle, frozenset(), None)
        else:
            session.get_one(Account, admin.id).anonymised_at = now()
    assert browser.get(link).status_code == 404
    assert browser.post(link, NEW).status_code == 404
    assert browser.get(plain).status_code == 200


def test_giving_a_role_by_letter_asks_for_a_recent_proof(browser, admin, database, links, site):
    browser.sign_in(admin)
    with clock.at(now() + timedelta(hours=2)):
        page = browser.post(f"{HERE}/send", {"addresses": "eva@example.org", "role": "staff"})
        assert "/confirm-you" in str(page.url) or "confirm" in page.text.lower()
    assert links("eva@example.org") == []


def test_a_link_works_once_for_two_weeks_and_only_as_the_newest(browser, invited, database):
    old, new = invited(), invited()
    assert browser.get(old).status_code == 404
    with clock.at(now() + timedelta(days=14, minutes=1)):
        assert browser.get(new).status_code == 404
        assert browser.post(new, NEW).status_code == 404
    browser.post(new, NEW)
    with browser.another() as other:
        assert other.post(new, NEW | {"handle": "other"}).status_code == 404
    assert browser.post(new, NEW | {"handle": "other"}).status_code == 200  # a second press of one's own
    assert account(database).handle == "eva"


def test_a_link_for_something_else_makes_no_account(browser, make, database, links, drain):
    with database.writing() as session:
        register(session, handle="kim", display_name="", email="kim@example.org", password_hash="x")
    drain()
    token = links("kim@example.org")[-1].rpartition("/")[2]
    assert browser.get(f"/join/{token}").status_code == 404
    assert browser.post(f"/join/{token}", NEW).status_code == 404


def test_several_at_once_make_one_account(invited, database):
    token, start = invited().rpartition("/")[2], Barrier(4)

    def run(number):
        start.wait()
        try:
            act = lambda session: join(session, token, handle=f"eva{number}", display_name="", password_hash="x").id  # noqa: E731
            return database.write(act)
        except NotFound:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [one for one in pool.map(run, range(4)) if one]
    assert len(made) == 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(browser, invited, make):
    make.account("taken")
    link = invited()
    page = browser.post(link, NEW | {"handle": "taken"})
    assert page.status_code == 422
    assert "Somebody else has this handle." in page.text
    assert "Eva Berg" in page.text
    assert "eva@example.org is invited." in page.text
    assert browser.post(link, NEW).status_code == 200


def test_bad_addresses_and_too_many_are_refused_whole(browser, admin, links):
    browser.sign_in(admin)
    many = "\n".join(f"p{number}@example.org" for number in range(ADMINS.at_once + 1))
    for typed, words in (
        ("", "Give at least one address."),
        ("eva@example.org not-one", "“not-one” does not look like an e-mail address."),
        (many, f"Invite at most {ADMINS.at_once} at once."),
    ):
        page = browser.post(f"{HERE}/send", {"addresses": typed, "role": ""})
        assert page.status_code == 422
        assert words in page.text
    assert links("eva@example.org") == []
    assert "p0@example.org" in browser.post(f"{HERE}/send", {"addresses": many}).text  # kept to be shortened


def test_an_address_with_an_account_is_named_to_the_admin(browser, admin, make):
    make.account("ben")
    page = browser.sign_in(admin).post(f"{HERE}/send", {"addresses": "ben@example.org", "role": "staff"})
    assert page.status_code == 422
    assert "ben@example.org has an account already: @ben." in page.text


def test_whoever_has_made_an_account_meanwhile_signs_in_and_accepts(browser, invited, make, again):
    link = invited(role=Role.MODERATOR)
    eva, ben = make.account("eva"), make.account("ben")
    page = browser.get(link)
    assert "has an account already. Sign in to that one" in page.text
    assert browser.post(link, NEW).status_code == 409
    assert "Accept the invitation" not in browser.sign_in(ben).get(link).text
    assert browser.post(f"{link}/accept").status_code == 403

    browser.sign_in(eva)
    assert again(eva).roles == frozenset()
    browser.post(f"{link}/accept")
    assert again(eva).roles == {Role.MODERATOR}
    assert again(ben).roles == frozenset()
    assert browser.post(f"{link}/accept").status_code == 200
    assert browser.sign_in(ben).post(f"{link}/accept").status_code == 404


def test_confirming_an_invited_address_by_another_way_settles_the_invitation(
    browser, invited, database, links, drain, admin
):
    link = invited()
    given = {"handle": "eva", "email": "eva@example.org", "password": "four plain words here"}
    with browser.another() as eva:
        eva.post("/register", given)
        drain()
        eva.post(links("eva@example.org")[-1])
    assert account(database) is not None
    assert browser.get(link).status_code == 404
    assert "eva@example.org" not in browser.sign_in(admin).get(HERE).text


def test_an_invitation_is_sent_again_and_taken_back(browser, invited, admin, links, database):
    old = invited(role=Role.STAFF)
    number = newest(database)
    browser.sign_in(admin)
    page = browser.post(f"{HERE}/{number}/again")
    assert "A new link is on its way to eva@example.org." in page.text
    assert browser.get(old).status_code == 404
    new = links("eva@example.org")[-1]
    assert "The role: Staff" in browser.get(new).text
    assert browser.post(f"{HERE}/{number}/again").status_code == 404

    browser.post(f"{HERE}/{newest(database)}/revoke")
    assert browser.get(new).status_code == 404
    assert logged(database, "SiteInvitationRevoked") == 1


def newest(database):
    with database.reading() as session:
        return session.scalar(select(func.max(AccountToken.id)))


def test_an_organisation_invites_by_its_own_invitation_and_makes_a_member(browser, admin, make, links, database):
    acme = make.organisation("Acme")
    browser.sign_in(admin)
    page = browser.post(f"{HERE}/send", {"addresses": "eva@example.org", "role": "", "organisation": "acme"})
    assert "1 invitation is on its way." in page.text
    assert "Acme" in page.text
    assert "eva@example.org" in browser.get(f"/admin/organisations/{acme.id}").text

    link = links("eva@example.org")[-1]
    with browser.another() as eva:
        page = eva.get(link)
        join_here = link.replace("/invitations/", "/join/")
        assert join_here in page.text
        eva.post(join_here, NEW)
        assert eva.get(link).status_code == 404
    assert account(database).organisation_id == acme.id
    refused = browser.post(f"{HERE}/send", {"addresses": "k@example.org", "role": "staff", "organisation": "Acme"})
    assert "choose the one or the other" in refused.text
    assert (
        "no organisation by that name"
        in browser.post(f"{HERE}/send", {"addresses": "k@example.org", "role": "", "organisation": "Nobody"}).text
    )


def test_who_is_invited_by_another_organisation_belongs_to_that_one(browser, invited, make, database):
    make.organisation("Domain Inc", domains=("example.org",), joins_by_domain=True)
    acme = make.organisation("Acme")
    link = invited(organisation_id=acme.id).replace("/invitations/", "/join/")
    assert browser.post(link, NEW).status_code == 200
    assert account(database).organisation_id == acme.id


def test_by_invitation_only_there_is_no_other_way(browser, rule, invited, database):
    rule(Registration.INVITED)
    page = browser.get("/register")
    assert "Accounts are made here by invitation only." in page.text
    assert 'name="password"' not in page.text
    given = {"handle": "kim", "email": "eva@example.org", "password": "four plain words here"}
    assert browser.post("/register", given).status_code == 403
    link = invited()
    assert browser.post("/register", given).status_code == 403  # typing an invited address proves nothing
    assert account(database) is None
    browser.post(link, NEW)
    assert account(database) is not None


def test_while_registration_is_closed_invitations_wait(browser, rule, invited, database):
    link = invited()
    rule(Registration.CLOSED)
    assert "No new accounts are made here at the moment." in browser.get("/register").text
    page = browser.get(link)
    assert "Keep the letter" in page.text
    assert browser.post(link, NEW).status_code == 403
    rule(Registration.INVITED)
    assert browser.post(link, NEW).status_code == 200
    assert account(database) is not None


def test_any_other_way_in_can_ask_whether_an_address_may_join(database, rule, invited):
    def may(email="eva@example.org"):
        with database.reading() as session:
            return may_join(session, email)

    assert may()
    rule(Registration.INVITED)
    assert not may()
    invited()
    assert may("Eva@example.org")
    assert not may("kim@example.org")
    with clock.at(now() + timedelta(days=15)):
        assert not may()
    rule(Registration.CLOSED)
    assert not may()


def test_only_admins_see_and_change_who_may_join(browser, make, admin, database):
    assert browser.sign_in(make.moderator()).get(HERE).status_code == 403
    staff = make.actor(make.staff())
    with pytest.raises(Forbidden), database.writing() as session:
        change_registration(session, staff, Registration.CLOSED, None)
    browser.sign_in(admin)
    page = browser.post(HERE, {"who": "invited", "invite_from": "250"})
    assert "Accounts are made by: Only who is invited" in page.text
    assert 'value="250"' in page.text
    assert logged(database, "RegistrationChanged") == 1
    assert browser.post(HERE, {"who": "somebody"}).status_code == 422
    assert browser.post(HERE, {"who": "open", "invite_from": "-3"}).status_code == 422
    assert "Only who is invited" in browser.get("/admin").text


def test_customers_invite_only_where_the_site_lets_them_and_from_that_reputation(browser, make, rule, links, database):
    trusted, newcomer = make.account("ana", reputation=300), make.account("ben", reputation=10)
    mine = "/settings/invitations"
    browser.sign_in(trusted)
    assert browser.get(mine).status_code == 404
    assert browser.post(mine, {"addresses": "eva@example.org"}).status_code == 403
    assert mine not in browser.get("/settings/profile").text

    rule(Registration.INVITED, 250)
    assert mine in browser.get("/settings/profile").text
    page = browser.post(mine, {"addresses": "eva@example.org"})
    assert "1 invitation is on its way." in page.text
    assert "eva@example.org" in page.text
    assert browser.sign_in(newcomer).get(mine).status_code == 404
    assert browser.post(mine, {"addresses": "kim@example.org"}).status_code == 403
    with browser.another() as eva:
        eva.post(links("eva@example.org")[-1], NEW)
    assert account(database).roles == frozenset()
    assert logged(database, "PeopleInvited") == 0


def test_a_customer_gives_no_role_and_takes_back_only_their_own(database, make, rule, invited):
    rule(points=0)
    ana, ben = (make.actor(make.account(name, reputation=5)) for name in ("ana", "ben"))
    acme = make.organisation("Acme")
    for more in ({"role": Role.STAFF}, {"organisation_id": acme.id}):
        with pytest.raises(Forbidden), database.writing() as session:
            invite(session, ana, "eva@example.org", **more)
    invited("eva@example.org", by=make.account("kim", reputation=5))
    number = newest(database)
    with pytest.raises(NotFound), database.writing() as session:
        revoke(session, ben, number)


def test_a_customer_has_few_invitations_open_and_ends_no_other_persons(database, make, rule, invited, browser):
    rule(points=0)
    ana, ben = make.account("ana", reputation=5), make.account("ben", reputation=5)
    first = invited("eva@example.org", by=ben)
    invited("eva@example.org", by=ana)
    assert browser.get(first).status_code == 200
    actor = make.actor(ana)
    with database.writing() as session:
        for start in range(0, CUSTOMERS.waiting - CUSTOMERS.at_once, CUSTOMERS.at_once):
            invite(session, actor, " ".join(f"p{start + one}@example.org" for one in range(CUSTOMERS.at_once)))
        with pytest.raises(Invalid, match="open at most"):
            invite(session, actor, " ".join(f"q{one}@example.org" for one in range(CUSTOMERS.at_once)))
        with pytest.raises(Invalid, match="at most 5 at once"):
            invite(session, actor, " ".join(f"q{one}@example.org" for one in range(6)))


def test_a_customer_cannot_learn_who_has_an_account(browser, make, rule, database):
    rule(points=0)
    make.account("ben")
    browser.sign_in(make.account("ana", reputation=5))
    known = browser.post("/settings/invitations", {"addresses": "ben@example.org"}).text
    unknown = browser.post("/settings/invitations", {"addresses": "nobody@example.org"}).text
    for page in (known, unknown):
        assert "1 invitation is on its way." in page
    assert "ben@example.org" in unknown
    with database.reading() as session:
        mails = session.scalars(select(Job.payload).where(Job.kind == "mail").order_by(Job.id)).all()
    assert [one["letter"]["template"] for one in mails] == ["join_known", "join"]


def test_a_silenced_customer_and_a_closed_site_invite_nobody(database, make, rule):
    rule(points=0)
    silenced = make.actor(make.account("ana", reputation=50, silenced_until=now() + timedelta(days=1)))
    unproven = make.actor(make.account("ben", email=None, email_verified_at=None))
    eva = make.actor(make.account("eva"))
    with database.reading() as session:
        assert [admission.may_invite(session, one) for one in (silenced, unproven, eva)] == [False, False, True]
    rule(Registration.CLOSED, 0)
    with database.reading() as session:
        assert not admission.may_invite(session, eva)


def test_five_more_invitations_cost_no_more_queries(browser, admin, invited, queries):
    invited("a@example.org")
    browser.sign_in(admin)
    browser.get(HERE)
    with queries() as few:
        browser.get(HERE)
    for number in range(5):
        invited(f"p{number}@example.org")
    with queries() as many:
        browser.get(HERE)
    assert len(many) == len(few) > 0
