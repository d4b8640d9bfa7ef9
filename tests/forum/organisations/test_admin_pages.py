"""The pages on which admins look after organisations."""

import pytest
from sqlalchemy import select, text

from forum.accounts.models import Organisation
from forum.organisations.invitations import invite
from forum.organisations.models import OrganisationDomain

NEW = {
    "name": "Acme Freight",
    "plan": "Business",
    "importance": "2",
    "domains": "acme.example\nacme-freight.example",
    "shares_tickets": "y",
}


@pytest.fixture
def stored(database):
    def read(name="Acme Freight"):
        with database.reading() as session:
            return session.scalars(select(Organisation).where(Organisation.name == name)).one_or_none()

    return read


@pytest.fixture
def domains(database):
    def read():
        with database.reading() as session:
            return sorted(session.scalars(select(OrganisationDomain.domain)))

    return read


def test_an_admin_finds_the_way_and_adds_an_organisation(browser, admin, stored, domains):
    browser.sign_in(admin)
    assert "No organisations yet" in browser.get("/admin/organisations").text
    assert 'href="/admin/organisations"' in browser.get("/admin/products").text

    page = browser.post("/admin/organisations/new", NEW)

    assert "Acme Freight is an organisation now." in page.text
    kept = stored()
    assert (kept.plan, kept.importance, kept.shares_tickets, kept.joins_by_domain) == ("Business", 2, True, False)
    assert domains() == ["acme-freight.example", "acme.example"]
    listed = browser.get("/admin/organisations").text
    assert "Importance: High" in listed
    assert "0 members" in listed


def test_only_admins_know_these_pages(browser, make, acme):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}, {"organisation_id": acme.id}):
        browser.sign_in(make.account(**columns))
        for path in ("/admin/organisations", "/admin/organisations/new", f"/admin/organisations/{acme.id}"):
            assert browser.get(path).status_code == 403
        for path in ("new", f"{acme.id}", f"{acme.id}/invitations", f"{acme.id}/members/1/remove"):
            assert browser.post(f"/admin/organisations/{path}", NEW).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Give the organisation a name."),
        ({"name": " \u0000 "}, "Give the organisation a name."),
        ({"name": "x" * 121}, "longer than 120 characters"),
        ({"name": "ACME"}, "Another organisation has this name."),
        ({"plan": "x" * 41}, "longer than 40 characters"),
        ({"importance": "6"}, "Not a valid choice"),
        ({"domains": "gmail.com"}, "Anybody can have an address at gmail.com"),
        ({"domains": "co.uk"}, "co.uk is a part that many domains end in"),
        ({"domains": "com"}, "is no domain"),
        ({"domains": "not a domain"}, "is no domain"),
        ({"domains": "ana@acme.example"}, "is no domain"),
        ({"domains": "taken.example"}, "taken.example belongs to Other already."),
        ({"domains": "\n".join(f"d{n}.example" for n in range(51))}, "Give at most 50 domains."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    browser, admin, make, acme, stored, wrong, words
):
    make.organisation("Other", domains=("taken.example",))
    browser.sign_in(admin)
    page = browser.post("/admin/organisations/new", NEW | wrong)

    assert page.status_code == 422
    assert words in page.text
    assert "Business" in page.text or "plan" in wrong
    assert stored() is None


def test_a_changed_organisation_keeps_what_was_not_changed_and_stands_in_the_log(browser, admin, acme, database):
    browser.sign_in(admin)
    given = NEW | {"name": "Acme Rail", "shares_tickets": ""}
    page = browser.post(f"/admin/organisations/{acme.id}", given)
    browser.post(f"/admin/organisations/{acme.id}", given)  # the second time nothing changes

    assert "Acme Rail is saved." in page.text
    with database.reading() as session:
        kept = session.get_one(Organisation, acme.id)
        written = session.scalars(text("SELECT action FROM audit_entries ORDER BY id")).all()
    assert (kept.name, kept.plan, kept.shares_tickets) == ("Acme Rail", "Business", False)
    assert written == ["OrganisationChanged"]
    assert browser.get("/admin/organisations/999").status_code == 404
    assert browser.post("/admin/organisations/999", given).status_code == 404


def test_an_organisation_is_found_by_how_its_name_begins_and_the_list_goes_on(browser, admin, make):
    for number in range(60):
        make.organisation(f"Company {number:02}")
    browser.sign_in(admin)
    first = browser.get("/admin/organisations").text
    assert "Company 49" in first
    assert "Company 50" not in first
    assert "Company 50" in browser.get("/admin/organisations?after=Company+49").text
    found = browser.get("/admin/organisations?q=company+5").text
    assert "Company 55" in found
    assert "Company 49" not in found
    assert "No organisation by that name" in browser.get("/admin/organisations?q=Nobody").text


def test_an_admin_names_a_manager_and_removes_a_member(browser, admin, make, acme, again, database):
    ben = make.account("ben", organisation_id=acme.id)
    browser.sign_in(admin)
    place = f"/admin/organisations/{acme.id}/members/{ben.id}"
    assert "Ben is a manager now." in browser.post(f"{place}/manager", {"manager": "1"}).text
    assert again(ben).organisation_manager
    assert browser.post(f"{place}/manager", {"manager": "perhaps"}).status_code == 422
    assert "Ben is no longer a member." in browser.post(f"{place}/remove").text
    assert again(ben).organisation_id is None
    assert not again(ben).organisation_manager
    assert browser.post(f"{place}/remove").status_code == 404
    with database.reading() as session:
        actions = session.scalars(text("SELECT action FROM audit_entries ORDER BY id")).all()
    assert actions == ["ManagerSet", "MemberRemoved"]


def test_who_belongs_where_shows_on_a_profile_to_staff_and_colleagues_alone(browser, make, acme):
    make.account("ben", organisation_id=acme.id)
    other = make.organisation("Other")

    def shown():
        page = browser.get("/people/ben").text
        return [words for words in ("Acme", "Business", "Importance: High") if words in page]

    assert shown() == []
    for reader, words in (
        (make.account(), []),
        (make.account(organisation_id=other.id), []),
        (make.moderator(), []),
        (make.account(organisation_id=acme.id), ["Acme"]),
        (make.staff(), ["Acme", "Business", "Importance: High"]),
        (make.admin(), ["Acme", "Business", "Importance: High"]),
    ):
        browser.sign_in(reader)
        assert shown() == words, reader.handle


@pytest.mark.parametrize("path", ["/admin/organisations", "/admin/organisations/{}", "/settings/organisation"])
def test_longer_lists_cost_no_more_queries(browser, make, acme, database, queries, path):
    reader = make.admin("root", organisation_id=acme.id, organisation_manager=True)
    path = path.format(acme.id)

    def grow(times):
        for number in range(times):
            make.organisation()
            someone = make.account(organisation_id=acme.id)
            with database.writing() as session:
                invite(session, make.actor(reader), acme.id, f"new{number}-{someone.handle}@acme.example")

    grow(2)
    browser.sign_in(reader).get(path)
    with queries() as few:
        short = browser.get(path).text
    grow(5)
    browser.get(path)
    with queries() as many:
        long = browser.get(path).text

    assert len(many) == len(few) > 0
    assert len(long) > len(short)
