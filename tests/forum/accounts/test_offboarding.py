"""Somebody of the staff leaves: their work goes to another, they come in no more, what they wrote stays theirs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import select, update
from typer.testing import CliRunner

from forum.accounts.models import Account, AccountToken, ApiToken, Organisation, TokenPurpose
from forum.accounts.offboarding import offboard
from forum.accounts.passwords import hash_password
from forum.cli import main
from forum.clock import now
from forum.errors import Conflict, Invalid
from forum.events.moderation import FlagReason
from forum.markup import cook
from forum.posts import PostKind, PostRef
from moderation.flags.actions import flag_post
from moderation.reviews.claims import claim_review
from moderation.reviews.models import Review
from support.messages.actions import open_privately
from support.tickets.actions.sorting import assign_ticket, follow_ticket, take_ticket
from support.tickets.models import Ticket, TicketEvent, TicketFollower
from tests.conftest import SECRET

PASSWORD = "correct horse battery"


@pytest.fixture
def sam(make):
    return make.staff("sam", tier=2, moderator=True, display_name="Sam Okafor", password_hash=hash_password(PASSWORD))


@pytest.fixture
def tess(make):
    return make.staff("tess", moderator=True)


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def ticket(database, make, asker, sam):
    with database.writing() as session:
        made = open_privately(session, make.actor(asker), "An invoice twice", cook("We paid in May."))
        session.flush()
        take_ticket(session, make.actor(sam), made.reference)
    return made


@pytest.fixture
def claimed(database, make, sam, answer):
    flagger, reviewer = make.actor(make.account("flora", reputation=20)), make.actor(sam)
    with database.writing() as session:
        flag_post(session, flagger, PostRef(PostKind.ANSWER, answer.id), FlagReason.SPAM, "")
        session.flush()
        review = session.scalars(select(Review)).one()
        claim_review(session, reviewer, review.id)
    return review


def go(browser, to="tess", handle="sam"):
    return browser.post(f"/admin/people/{handle}/offboard", {"to": to})


def test_what_they_were_at_goes_to_the_successor_with_a_note(
    browser, admin, sam, tess, ticket, claimed, database, make, asker
):
    with database.writing() as session:
        other = open_privately(session, make.actor(asker), "Another matter", cook("It is blue."))
        session.flush()
        follow_ticket(session, other.id, sam.id)
    preview = browser.sign_in(admin).get("/admin/people/sam/offboard").text
    assert "Tickets that are not closed: 1" in preview
    assert "Claimed reviews: 1" in preview
    page = go(browser)
    assert "@sam can no longer sign in" in page.text

    with database.reading() as session:
        assert session.get_one(Ticket, ticket.id).assignee_id == tess.id
        note = session.scalars(select(TicketEvent).filter_by(ticket_id=ticket.id, kind="assigned")).one()
        assert note.note == "Sam Okafor has left."
        followers = session.execute(select(TicketFollower.ticket_id, TicketFollower.account_id)).all()
        assert (other.id, tess.id) in followers
        assert all(account_id != sam.id for _ticket, account_id in followers)
        assert session.get_one(Review, claimed.id).claimed_by_id == tess.id
        left = session.get_one(Account, sam.id)
    assert left.roles == frozenset()
    assert left.offboarded_at is not None
    assert "Work handed over, person left" in browser.get("/moderation/log").text


def test_they_are_out_at_once_and_cannot_come_in_again(browser, admin, sam, tess, database):
    his = browser.another().sign_in(sam)
    with database.writing() as session:
        session.add(ApiToken(account_id=sam.id, name="x", token_hash="x" * 64, scopes=["read"]))
    go(browser.sign_in(admin))

    assert "/login" in str(his.get("/desk").url)
    page = his.post("/login", {"name": "sam", "password": PASSWORD})
    assert page.status_code == 422
    with database.reading() as session:
        assert session.scalars(select(ApiToken)).one().revoked_at is not None


def test_they_stay_the_author_of_what_they_wrote(browser, admin, sam, tess, make, thread):
    make.answer(thread, author=sam, body="Press it twice.")
    go(browser.sign_in(admin))

    assert "Sam Okafor" in browser.get(f"/threads/{thread.id}").text
    assert browser.get("/people/sam").status_code == 200


def test_the_undo_lets_them_in_again_as_a_customer(browser, admin, sam, tess, database):
    go(browser.sign_in(admin))
    browser.post("/admin/people/sam/reinstate")

    with database.reading() as session:
        back = session.get_one(Account, sam.id)
    assert back.offboarded_at is None
    assert back.roles == frozenset()
    signed_in = browser.another().post("/login", {"name": "sam", "password": PASSWORD})
    assert signed_in.status_code == 200


@pytest.mark.parametrize(
    ("to", "beside"),
    [
        ("nobody-here", "nobody by that name"),
        ("sam", "Choose somebody else"),
        ("ana", "Choose somebody who has a role"),
        ("mo", "choose somebody who works on tickets"),
    ],
)
def test_only_somebody_who_can_takes_over(browser, admin, sam, ticket, make, asker, database, to, beside):
    make.moderator("mo")
    page = go(browser.sign_in(admin), to)

    assert page.status_code == 422
    assert beside in page.text
    with database.reading() as session:
        assert session.get_one(Account, sam.id).offboarded_at is None
        assert session.get_one(Ticket, ticket.id).assignee_id == sam.id


def test_only_admins_do_it_and_nobody_to_themselves(browser, admin, sam, tess, make, database):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/people/sam/offboard").status_code == 403
        assert go(browser).status_code == 403
        assert browser.post("/admin/people/sam/reinstate").status_code == 403
    assert go(browser.sign_in(admin), handle="root").status_code == 409


def test_the_last_admin_stays(database, site, admin, tess):
    with database.writing() as session, pytest.raises(Conflict):
        offboard(session, None, site.duties, "root", "tess")


def test_the_command_says_what_it_would_do_and_does_it(settings, sam, tess, ticket, database, monkeypatch):
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORCHLIGHT_VAR", str(settings.var))
    monkeypatch.setenv("PORCHLIGHT_SECRET", SECRET)
    tried = CliRunner().invoke(main, ["offboard", "sam", "--to", "tess", "--dry-run"])
    assert tried.exit_code == 0, tried.output
    assert "Tickets that are not closed: 1" in tried.output
    assert "Nothing was changed." in tried.output
    with database.reading() as session:
        assert session.get_one(Account, sam.id).offboarded_at is None
        assert session.get_one(Ticket, ticket.id).assignee_id == sam.id
    done = CliRunner().invoke(main, ["offboard", "sam", "--to", "tess"])
    assert "@sam has left; @tess takes over." in done.output
    refused = CliRunner().invoke(main, ["offboard", "sam", "--to", "tess"])
    assert refused.exit_code == 1
    structlog.reset_defaults()

    with database.reading() as session:
        assert session.get_one(Ticket, ticket.id).assignee_id == tess.id


def test_nobody_is_left_with_a_ticket_that_came_at_the_last_moment(database, site, make, sam, tess, asker, admin):
    """A colleague assigns a ticket to somebody at the moment in which they leave."""
    with database.writing() as session:
        made = open_privately(session, make.actor(asker), "Too late", cook("It came late."))
    actors, together = (make.actor(admin), make.actor(tess)), threading.Barrier(2)

    def act(leave: bool) -> None:
        together.wait()
        try:
            if leave:
                database.write(lambda session: offboard(session, actors[0], site.duties, "sam", "tess"))
            else:
                database.write(lambda session: assign_ticket(session, actors[1], made.reference, "sam"))
        except (Conflict, Invalid):
            pass

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(act, (True, False)))

    with database.reading() as session:
        assert session.get_one(Account, sam.id).offboarded_at is not None
        assert session.get_one(Ticket, made.id).assignee_id in (None, tess.id)


def test_an_organisation_they_manage_goes_to_a_successor_who_belongs_to_it(browser, admin, sam, tess, database):
    with database.writing() as session:
        company = Organisation(name="Acme")
        session.add(company)
        session.flush()
        session.execute(update(Account).where(Account.id.in_([sam.id, tess.id])).values(organisation_id=company.id))
        session.get_one(Account, sam.id).organisation_manager = True
        link = {"purpose": TokenPurpose.JOIN_ORGANISATION, "expires_at": now() + timedelta(days=1)}
        sent = {"email": "sam@private.example", "token_hash": "a" * 64, "sent_by_id": sam.id}
        session.add(AccountToken(organisation_id=company.id, **sent, **link))
    assert "Organisations they manage: 1" in browser.sign_in(admin).get("/admin/people/sam/offboard").text
    go(browser)

    with database.reading() as session:
        left, taken_over = session.get_one(Account, sam.id), session.get_one(Account, tess.id)
        assert (left.organisation_id, left.organisation_manager) == (None, False)
        assert (taken_over.organisation_id, taken_over.organisation_manager) == (company.id, True)
        assert session.scalars(select(AccountToken)).one().used_at is not None


def test_a_successor_from_elsewhere_is_given_no_organisation(browser, admin, sam, tess, database):
    with database.writing() as session:
        company = Organisation(name="Acme")
        session.add(company)
        session.flush()
        leaver = session.get_one(Account, sam.id)
        leaver.organisation_id, leaver.organisation_manager = company.id, True
    go(browser.sign_in(admin))

    with database.reading() as session:
        managers = select(Account.handle).where(Account.organisation_manager.is_(True))
        assert session.scalars(managers).all() == []
        assert session.get_one(Account, tess.id).organisation_id is None
