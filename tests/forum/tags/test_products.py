"""The pages on which admins look after products."""

import pytest
from sqlalchemy import select, text, update

from forum.posts import Visibility
from forum.tags.actions import MOST_PRODUCTS, Product, add_product, change_product
from forum.tags.models import Space, SpaceAudience, Tag

NEW = {"name": "Lantern Home", "description": "Lamps that one can talk to.", "colour": "teal", "audience": "everyone"}


@pytest.fixture
def admin(make):
    return make.account("root", admin=True)


@pytest.fixture
def names(database):
    def names() -> list[str]:
        with database.reading() as session:
            return list(session.scalars(select(Space.name).order_by(Space.position)))

    return names


@pytest.fixture
def count_of(database):
    def count_of(tag: str) -> int:
        with database.reading() as session:
            return session.scalars(select(Tag.thread_count).where(Tag.name == tag)).one()

    return count_of


def test_an_admin_finds_the_way_and_adds_a_product(browser, admin, make):
    browser.sign_in(admin)
    assert 'href="/admin"' in browser.get("/").text
    assert "No products yet" in browser.get("/admin/products").text

    page = browser.post("/admin/products", NEW)

    assert "Lantern Home is one of your products now." in page.text
    assert "Lamps that one can talk to." in page.text
    browser.sign_in(make.account())
    assert "Lantern Home" in browser.get("/ask").text


def test_only_admins_know_these_pages(browser, make):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/products").status_code == 403
        assert browser.post("/admin/products", NEW).status_code == 403
        assert 'href="/admin"' not in browser.get("/").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Give the product a name."),
        ({"name": " \u0000 "}, "Give the product a name."),
        ({"name": "x" * 61}, "longer than 60 characters"),
        ({"name": "LANTERN sync"}, "Another product has this name."),
        ({"description": "x" * 301}, "300"),
        ({"colour": "octarine"}, "Not a valid choice"),
        ({"audience": "nobody"}, "Not a valid choice"),
        ({"audience": "organisations", "organisations": "Nobody Ltd"}, "There is no organisation named “Nobody Ltd”."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(browser, admin, make, names, wrong, words):
    make.space("Lantern Sync")
    browser.sign_in(admin)
    page = browser.post("/admin/products", NEW | wrong)

    assert page.status_code == 422
    assert words in page.text
    assert "talk to." in page.text or "description" in wrong
    assert names() == ["Lantern Sync"]


def test_a_changed_product_keeps_its_address(browser, admin, make, database):
    space = make.space("Lantern Sync")
    browser.sign_in(admin)
    page = browser.post(f"/admin/products/{space.id}", NEW | {"name": "Lantern Cloud"})

    assert "Lantern Cloud is saved." in page.text
    with database.reading() as session:
        kept = session.get_one(Space, space.id)
    assert (kept.slug, kept.name, kept.colour) == ("lantern-sync", "Lantern Cloud", "teal")
    assert browser.get("/admin/products/999").status_code == 404


def test_names_that_read_alike_in_an_address_get_addresses_of_their_own(database, admin, make):
    actor = make.actor(admin)
    with database.writing() as session:
        made = [add_product(session, actor, Product(name=name)).slug for name in ("C+", "C#", "…", "C" * 60, "C" * 59)]

    assert made == ["c", "c-2", "product", "c" * 40, "c" * 38 + "-2"]


def test_products_are_moved_up_and_down_as_far_as_it_goes(browser, admin, make, names):
    for position, name in enumerate(("One", "Two", "Three")):
        last = make.space(name, position=position)
    browser.sign_in(admin)
    browser.post(f"/admin/products/{last.id}/move", {"by": "-1"})
    assert names() == ["One", "Three", "Two"]
    for _ in range(3):
        browser.post(f"/admin/products/{last.id}/move", {"by": "-1"})

    assert names() == ["Three", "One", "Two"]
    assert browser.post(f"/admin/products/{last.id}/move", {"by": "7"}).status_code == 422


def test_a_product_that_no_longer_everybody_sees_takes_its_threads_out_of_every_public_count(
    browser, admin, make, count_of, database
):
    space, other = make.space("Lantern Sync"), make.space("Lantern Home")
    make.tag("wifi")
    for at in (space, space, other):
        make.thread(space_id=at.id, tags=("wifi",))
    make.thread(space_id=space.id, tags=("wifi",), visibility=Visibility.HIDDEN)
    with database.writing() as session:
        session.execute(update(Tag).values(thread_count=3))
    browser.sign_in(admin)
    same = {"name": space.name, "colour": space.colour}
    for audience, count in (("signed_in", 1), ("organisations", 1), ("everyone", 3), ("everyone", 3)):
        browser.post(f"/admin/products/{space.id}", same | {"audience": audience})
        assert count_of("wifi") == count

    with database.reading() as session:
        written = session.execute(text("SELECT count(*) FROM audit_entries WHERE action = 'ProductChanged'")).scalar()
    assert written == 3  # the last time nothing changed


def test_visitors_see_at_once_that_a_product_is_no_longer_theirs(browser, admin, make, database):
    space = make.space("Lantern Sync")
    thread = make.thread(space_id=space.id)
    address = f"/threads/{thread.id}/{thread.title}"
    assert browser.get(address).status_code == 200
    with database.writing() as session:
        given = Product(name=space.name, audience=SpaceAudience.SIGNED_IN)
        change_product(session, make.actor(admin), space.id, given)

    assert browser.get(address).status_code == 404


def test_there_is_a_most(browser, admin, make):
    for number in range(MOST_PRODUCTS):
        make.space(f"Product number {number}")
    browser.sign_in(admin)

    assert "there cannot be more" in browser.post("/admin/products", NEW).text


def test_a_product_for_chosen_organisations_says_when_none_is_chosen(browser, admin, make):
    make.organisation("Acme Freight")
    browser.sign_in(admin)
    words = "No organisation is chosen, so only moderators and staff see it."
    few = NEW | {"audience": "organisations"}
    assert words in browser.post("/admin/products", few).text
    place = browser.get("/admin/products").text.partition("/admin/products/")[2].partition('"')[0]
    assert words in browser.get(f"/admin/products/{place}").text

    page = browser.post(f"/admin/products/{place}", few | {"organisations": " acme  FREIGHT \n\nAcme Freight"}).text
    assert words not in page
    assert "Members of chosen organisations: Acme Freight" in page
    assert ">Acme Freight</textarea>" in browser.get(f"/admin/products/{place}").text.replace("\r\n", "")
    page = browser.post(f"/admin/products/{place}", NEW | {"organisations": "Acme Freight"}).text
    assert "Acme Freight" not in page


def test_only_members_of_a_chosen_organisation_see_it(browser, make):
    acme, rail = make.organisation("Acme"), make.organisation("Rail")
    make.space("For Acme", organisations=(acme,))
    make.space("For nobody", audience=SpaceAudience.ORGANISATIONS)
    for reader, sees in (
        (make.account(), ""),
        (make.account(organisation_id=rail.id), ""),
        (make.account(organisation_id=acme.id), "Acme"),
        (make.moderator(), "Acme nobody"),
        (make.staff(), "Acme nobody"),
    ):
        page = browser.sign_in(reader).get("/ask").text
        assert [name for name in ("Acme", "nobody") if f"For {name}" in page] == sees.split(), reader.handle
