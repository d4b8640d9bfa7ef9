"""Imported people claim their accounts by a link to the address that a list gives; an address alone opens nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.accounts.models import Account
from forum.accounts.passwords import hash_password
from forum.clock import now
from forum.erasures.actions import ask_for
from forum.importers.dump import DumpError
from forum.importers.models import ImportedId
from forum.jobs import Job, Workshop
from tests.forum.accounts.conftest import letters, link_in  # noqa: F401 - `letters` is a fixture
from tests.forum.importers.discourse import person

PASSWORD = "a long and quiet street"


@pytest.fixture
def listed(tmp_path):
    """A list of addresses."""

    def listed(*lines: str):
        file = tmp_path / "emails.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    return listed


@pytest.fixture
def known(carry, lamps, listed):
    """The site with the address of bo.lind."""
    return carry(lamps, emails=listed("username,email", "Bo.Lind,bo@example.org"))


@pytest.fixture
def bo(database):
    def bo() -> Account:
        with database.reading() as session:
            return session.scalars(select(Account).where(Account.display_name == "Bo Lind")).one()

    return bo


def why(report) -> dict[str, int]:
    return {words: count for (kind, words), count in report.skipped.items() if kind == "addresses"}


def to(sent, address):
    return [one for one in sent() if one["to"] == address]


def asked(browser, letters, address="bo@example.org"):  # noqa: F811
    browser.post("/reset", {"email": address})
    return link_in(to(letters, address)[-1])


def test_whoever_reads_the_mail_gets_the_account_with_all_that_is_in_it(known, browser, letters, bo):  # noqa: F811
    link = asked(browser, letters)
    page = browser.get(link)
    assert "@bo-lind" in page.text
    assert browser.post(link, {"new_password": "short"}).status_code == 422
    page = browser.post(link, {"new_password": PASSWORD})

    assert page.url.path == "/people/bo-lind"
    assert "This is your account" in page.text
    assert (bo().email, bo().reputation, bo().answer_count) == ("bo@example.org", 56, 2)
    assert bo().email_verified_at is not None
    browser.sign_out()
    browser.post("/login", {"name": "bo@example.org", "password": PASSWORD})
    assert browser.get("/settings/email").status_code == 200


def test_a_link_works_once_for_two_weeks_and_for_this_alone(known, browser, letters, bo):  # noqa: F811
    first, second = asked(browser, letters), asked(browser, letters)
    token = first.rsplit("/", 1)[1]
    for other in (f"/reset/{token}", f"/confirm/{token}", f"/undo-email/{token}"):
        assert browser.post(other, {"new_password": PASSWORD}).status_code == 404
    with clock.at(now() + timedelta(days=14, minutes=1)):
        assert browser.get(first).status_code == 404
    browser.post(first, {"new_password": PASSWORD})
    before = bo().password_hash
    for link in (first, second):
        assert browser.another().get(link).status_code == 404
        assert browser.another().post(link, {"new_password": "another long password"}).status_code == 404
    assert bo().password_hash == before


def test_the_address_alone_opens_nothing(known, browser, letters, bo):  # noqa: F811
    assert browser.post("/login", {"name": "bo@example.org", "password": PASSWORD}).status_code == 422
    assert (bo().email, bo().password_hash) == (None, None)
    assert letters() == []


def test_letters_go_out_only_when_they_are_asked_for_and_once(carry, lamps, listed, letters):  # noqa: F811
    file = listed("bo.lind,bo@example.org")
    carry(lamps, emails=file)
    assert letters() == []
    report = carry(lamps, emails=file, letters=True)
    assert report.added["letters"] == 1
    assert len(to(letters, "bo@example.org")) == 1
    report = carry(lamps, emails=file, letters=True)

    assert report.added.total() == report.changed.total() == 0
    assert len(to(letters, "bo@example.org")) == 1


def test_who_registers_anew_hears_of_the_account_from_before(known, browser, letters, bo):  # noqa: F811
    fields = {"handle": "bo-again", "email": "bo@example.org", "password": PASSWORD}
    browser.post("/register", fields)
    subjects = [one["subject"] for one in to(letters, "bo@example.org")]
    assert len(subjects) == 2
    claim = next(one for one in to(letters, "bo@example.org") if "/claim/" in link_in(one))
    confirm = next(one for one in to(letters, "bo@example.org") if "/confirm/" in link_in(one))
    browser.post(link_in(claim), {"new_password": PASSWORD})
    assert bo().email == "bo@example.org"
    assert browser.post(link_in(confirm)).status_code == 409


def test_an_address_that_was_confirmed_by_another_account_since_stays_there(known, browser, letters, make, bo):  # noqa: F811
    link = asked(browser, letters)
    make.account("bo-again", email="bo@example.org")
    page = browser.post(link, {"new_password": PASSWORD})

    assert page.status_code == 409
    assert bo().email is None
    before = len(letters())
    browser.post("/reset", {"email": "bo@example.org"})
    assert "/reset/" in link_in(letters()[-1])
    assert len(letters()) == before + 1


def test_wrong_lines_are_named_by_their_numbers(carry, lamps, listed, make, database):
    make.account("owner", email="taken@example.org")
    lines = (
        "username,email",
        "bo.lind,bo@example.org",
        "nobody,nobody@example.org",
        "ana",
        "ana,not an address",
        "",
        "3,taken@example.org",
        "1,bo@example.org",
        "ana,ana@example.org,more",
    )
    report = carry(lamps, emails=listed(*lines))

    assert why(report) == {
        "line 3: nobody of that name or number was imported, or they were erased here": 1,
        "line 4: it has no name and address, with a comma between them": 1,
        "line 5: it has no name and address, with a comma between them": 1,
        "line 7: the address belongs to the account @owner, which keeps it; the two are not joined": 1,
        "line 8: the address is that of another imported person already": 1,
        "line 9: it has no name and address, with a comma between them": 1,
    }
    assert (report.read["addresses"], report.added["addresses"], report.unchanged("addresses")) == (7, 1, 0)
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Account.unconfirmed_email.is_not(None))) == 1


def test_a_list_that_is_wrong_all_through_is_not_told_line_by_line(carry, lamps, listed):
    report = carry(lamps, emails=listed(*(f"n{number},n{number}@example.org" for number in range(500))))

    assert len(why(report)) == 51
    assert sum(why(report).values()) == 500


def test_a_name_that_is_somebody_elses_number_is_nobodys(carry, lamps, listed, database):
    lamps.people(person(77, "2", name="Two"))
    report = carry(lamps, emails=listed("2,two@example.org", "77,seven@example.org"))

    assert why(report) == {"line 1: more than one person has that name or number": 1}
    with database.reading() as session:
        assert (
            session.scalar(select(Account.unconfirmed_email).where(Account.display_name == "Two"))
            == "seven@example.org"
        )


def test_another_address_in_a_later_list_ends_links_to_the_first(carry, lamps, known, listed, browser, letters, bo):  # noqa: F811
    link = asked(browser, letters)
    report = carry(lamps, emails=listed("bo.lind,new@example.org"))

    assert report.changed["addresses"] == 1
    assert browser.post(link, {"new_password": PASSWORD}).status_code == 404
    assert "/claim/" in asked(browser, letters, "new@example.org")


def test_a_claimed_account_is_its_owners_whatever_lists_say(carry, lamps, known, listed, browser, letters, bo):  # noqa: F811
    browser.post(asked(browser, letters), {"new_password": PASSWORD})
    report = carry(lamps, emails=listed("bo.lind,bo@example.org"))
    assert report.changed.total() == report.added.total() == 0
    report = carry(lamps, emails=listed("bo.lind,thief@example.org"))

    assert why(report) == {"line 1: the account is in use here already, or was erased": 1}
    assert (bo().email, bo().unconfirmed_email) == ("bo@example.org", None)


def test_who_holds_a_role_here_is_not_to_be_claimed(carry, lamps, listed, database, browser, letters, bo):  # noqa: F811
    carry(lamps)
    with database.writing() as session:
        session.get_one(Account, bo().id).moderator = True
    report = carry(lamps, emails=listed("bo.lind,bo@example.org"))

    assert len(why(report)) == 1
    browser.post("/reset", {"email": "bo@example.org"})
    assert letters() == []


def test_who_was_erased_is_not_given_an_address(carry, lamps, known, listed, site, make, bo, database):
    admin = make.admin("root")
    account = bo()
    with database.writing() as session:
        ask_for(session, make.actor(admin), account.handle, content=False, days=0, reason="asked by letter")
    for minutes in (0, 1, 2):
        with clock.at(now() + timedelta(minutes=minutes)):
            Workshop(database, site.jobs).drain()
    report = carry(lamps, emails=listed("bo.lind,bo@example.org", "2,bo@example.org"))

    assert len(why(report)) == 2
    with database.reading() as session:
        assert session.get_one(Account, account.id).unconfirmed_email is None
        kinds = session.scalars(
            select(ImportedId.kind).where(
                ImportedId.local_id == account.id, ImportedId.kind.in_(("user", "username", "claim"))
            )
        )
        assert kinds.all() == ["user"]


def test_a_dump_of_stack_exchange_takes_addresses_too(bring, write, listed, browser, letters, database):  # noqa: F811
    folder = write(
        Posts=[
            {
                "Id": 1,
                "PostTypeId": 1,
                "CreationDate": "2020-01-01T10:00:00",
                "Title": "How?",
                "Body": "x",
                "OwnerUserId": 7,
            }
        ],
        Users=[{"Id": 7, "DisplayName": "Zoë Ö", "CreationDate": "2018-01-01T00:00:00", "Reputation": 120}],
    )
    report = bring(folder, emails=listed("Zoë Ö,zoe@example.org"))
    assert report.added["addresses"] == 1
    browser.post(asked(browser, letters, "zoe@example.org"), {"new_password": PASSWORD})

    with database.reading() as session:
        zoe = session.scalars(select(Account).where(Account.email == "zoe@example.org")).one()
    assert zoe.reputation == 120


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'"never closed', b"x" * 200_000 + b",y"])
def test_a_file_that_is_no_list_says_so_in_a_line(carry, lamps, tmp_path, content):
    file = tmp_path / "emails.csv"
    file.write_bytes(content)
    with suppress(DumpError):
        assert why(carry(lamps, emails=file))
        return
    with pytest.raises(DumpError, match=r"emails\.csv") as refusal:
        carry(lamps, emails=file)
    assert "\n" not in str(refusal.value)


def test_a_list_that_is_not_there_is_named(carry, lamps, tmp_path):
    with pytest.raises(DumpError, match=r"none\.csv"):
        carry(lamps, emails=tmp_path / "none.csv")


def test_addresses_queue_nothing_by_themselves(known, database):
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_the_page_for_a_lost_password_says_so_while_somebody_waits(known, browser, make, database):
    assert "former forum" in browser.get("/reset").text
    with database.writing() as session:
        for account in session.scalars(select(Account)):
            account.password_hash = hash_password(PASSWORD)
    assert "former forum" not in browser.get("/reset").text
