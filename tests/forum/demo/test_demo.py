"""The demonstration as it stands when it has been played: whole, exact, and with something to do for everybody."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.app import create_app
from forum.demo import cast, play
from forum.jobs import Job
from forum.notifications.models import Notification
from forum.options import set_option
from forum.posts import SHOWN, Visibility
from forum.tags.models import Space, Tag
from forum.threads.models import Answer, StaffState, Thread, ThreadTag
from forum.web import Site
from moderation.audit.actions import verify
from moderation.reviews.models import OPEN, Batch, Review, ReviewKind, ReviewState
from reputation.ledger import rebuild
from support.escalations.models import MeToo
from support.tickets.models import Ticket, TicketState
from tests.browse import Browser

pytestmark = pytest.mark.xdist_group("demo")
"""Played once: all of these run in one of the parallel processes."""

ROLES = ["", *(offer["handle"] for offer in cast.offers())]
MOST_PAGES = 400


@pytest.fixture
def session(played: Site) -> Iterator[object]:
    with played.database.reading() as session:
        yield session


def test_there_are_sixty_threads_and_more_in_three_products_for_everybody(session):
    everybodys = select(Space.name, Space.thread_count).where(Space.visible_to(None))
    products = dict(session.execute(everybodys).all())

    assert session.scalar(select(func.count()).select_from(Thread)) >= 60
    assert sorted(products) == ["Lantern Desktop", "Lantern Mobile", "Lantern Teams"]
    assert min(products.values()) >= 10


def test_reputation_agrees_with_the_ledger_and_the_ledger_with_votes(session):
    rebuild.snapshot(session)

    assert list(rebuild.check(session)) == []


def test_the_audit_log_verifies(session):
    entries, broken = verify(session)

    assert broken is None
    assert entries > 50


def test_counters_are_what_counting_gives(session):
    answers = dict(
        session.execute(
            select(Answer.thread_id, func.count()).where(Answer.visibility.in_(SHOWN)).group_by(Answer.thread_id)
        ).all()
    )
    tagged = dict(
        session.execute(
            select(ThreadTag.tag_id, func.count())
            .join(Thread)
            .where(Thread.visibility == Visibility.PUBLISHED, Thread.visible_to(None))
            .group_by(ThreadTag.tag_id)
        ).all()
    )
    unread = dict(
        session.execute(
            select(Notification.account_id, func.count())
            .where(Notification.read_at.is_(None))
            .group_by(Notification.account_id)
        ).all()
    )

    assert [t.id for t in session.scalars(select(Thread)) if t.answer_count != answers.get(t.id, 0)] == []
    assert [t.name for t in session.scalars(select(Tag)) if t.thread_count != tagged.get(t.id, 0)] == []
    assert [a.handle for a in session.scalars(select(Account)) if a.unread_count != unread.get(a.id, 0)] == []


def test_there_is_a_ticket_in_every_state(session):
    states = Counter(session.scalars(select(Ticket.state)))

    assert set(states) == set(TicketState)
    assert session.scalar(select(func.count()).where(Ticket.declined_at.is_not(None))) == 1


def test_a_case_went_from_tier_1_to_tier_2_and_its_public_answer_was_accepted(session):
    thread = session.scalars(select(Thread).where(Thread.title.startswith("One Mac shows"))).one()
    ticket = session.scalars(select(Ticket).where(Ticket.thread_id == thread.id)).one()
    accepted = session.get_one(Answer, thread.accepted_answer_id)

    assert (ticket.tier, ticket.state, thread.staff_state) == (2, TicketState.SOLVED, StaffState.SOLVED)
    assert accepted.from_staff
    assert session.scalar(select(func.count()).select_from(MeToo).where(MeToo.thread_id == thread.id)) == 4


def test_the_critic_was_hidden_and_is_back_and_the_spam_went_in_one_act(session):
    appealed = session.scalars(select(Review).where(Review.state == ReviewState.OVERTURNED)).one()
    wave = session.scalars(select(Batch)).one()
    spam = session.scalars(select(Thread.visibility).where(Thread.title.contains("LANTERN SUPPORT NUMBER"))).one()

    assert session.get_one(Answer, appealed.post_id).visibility is Visibility.PUBLISHED
    assert wave.undone_at is None
    assert spam is Visibility.DELETED


def test_moderators_find_flags_and_a_held_first_post_waiting(session):
    kinds = Counter(session.scalars(select(Review.kind).where(Review.state.in_(OPEN))))

    assert kinds[ReviewKind.FLAGS] >= 3
    assert kinds[ReviewKind.APPROVAL] == 1


def test_an_organisation_shares_a_ticket_and_sees_a_product_that_others_do_not(played):
    with Browser(create_app(played), played) as browser:
        browser.post("/login/demo", {"handle": "raj"})
        assert "New keys for the depots in Mombasa" in browser.get("/tickets?whose=organisation").text
        assert "can a depot be a relay" in browser.get("/threads?product=lantern-preview").text
        browser.post("/logout")
        browser.post("/login/demo", {"handle": "ana"})
        assert browser.get("/tickets?whose=organisation").text.count("Mombasa") == 0
        assert "can a depot be a relay" not in browser.get("/threads").text


def test_those_who_sign_in_have_something_to_read(session):
    handles = [offer["handle"] for offer in cast.offers()]
    unread = dict(
        session.execute(select(Account.handle, Account.unread_count).where(Account.handle.in_(handles))).all()
    )

    assert unread["ana"] > 0
    assert unread["jonas"] > 0


def test_no_letter_is_left_to_send(played, session):
    assert session.scalar(select(func.count()).select_from(Job).where(Job.done_at.is_(None))) == 0
    assert not (played.settings.var / "mail").exists()


@pytest.mark.parametrize("handle", ROLES)
def test_every_page_that_links_lead_to_can_be_read(played, handle):
    with Browser(create_app(played), played) as browser:
        if handle:
            browser.post("/login/demo", {"handle": handle})
        broken, seen = _walk(browser)

    assert broken == {}
    assert len(seen) > 60


def test_a_second_run_adds_nothing(played):
    with played.database.reading() as session:
        before = session.scalar(select(func.max(Thread.id)))
        assert play.is_filled(session)
    run = _demo(played, PORCHLIGHT_DEMO="1")
    with played.database.reading() as session:
        after = session.scalar(select(func.max(Thread.id)))

    assert run.returncode == 0
    assert after == before


def test_what_broke_off_half_way_is_not_taken_for_the_whole(database):
    with database.writing() as session:
        set_option(session, "demo.begun", True)

    with database.reading() as session, pytest.raises(play.Interrupted):
        play.is_filled(session)


def test_a_site_where_people_are_is_somebody_s_own(database, make):
    make.account("eva")

    with database.reading() as session, pytest.raises(play.Inhabited):
        play.is_filled(session)


def test_without_demo_mode_it_is_refused(played):
    run = _demo(played)

    assert run.returncode == 1
    assert "demo mode only" in run.stderr


def _demo(played: Site, **more: str) -> subprocess.CompletedProcess[str]:
    settings = played.settings
    env = {key: value for key, value in os.environ.items() if not key.startswith("PORCHLIGHT_")}
    env |= {"PORCHLIGHT_DATABASE_URL": settings.database_url, "PORCHLIGHT_VAR": str(settings.var)}
    env |= {"PORCHLIGHT_SECRET": settings.secret} | more
    command = [sys.executable, "-m", "forum", "demo"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        href = dict(attributes).get("href")
        if tag == "a" and href and href.startswith("/") and not href.startswith("//"):
            self.found.append(href)


def _walk(browser: Browser) -> tuple[dict[str, str], set[str]]:
    """Follow every link from the home page; the pages that did not answer 200, and all that were seen."""
    broken: dict[str, str] = {}
    seen, shapes = {"/"}, Counter[str]()
    queue = [("/", "")]
    while queue and len(seen) < MOST_PAGES:
        path, found_on = queue.pop(0)
        reply = browser.get(path)
        if reply.status_code != 200:
            broken[path] = f"{reply.status_code}, linked from {found_on}"
            continue
        for href in _links(reply):
            shape = _shape(href)
            if href not in seen and shapes[shape] < 80:
                shapes[shape] += 1
                seen.add(href)
                queue.append((href, path))
    return broken, seen


def _links(reply: object) -> list[str]:
    if "html" not in reply.headers["content-type"]:
        return []
    links = _Links()
    links.feed(reply.text)
    return [link.partition("#")[0] for link in links.found if not link.startswith("/static/")]


def _shape(href: str) -> str:
    parts = urlsplit(href)
    return "/".join("*" if part.isdigit() else part for part in parts.path.split("/")[:3]) + (
        "?" if parts.query else ""
    )
