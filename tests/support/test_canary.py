"""What is private shows to nobody who may not see it: on every page, feed and search, in notices and mail, by role."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.jobs import Job
from forum.notifications.models import Notification
from support.escalations.actions import ask_staff, decline, say_me_too
from support.messages.actions import open_privately, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import hand_over, take_ticket
from support.tickets.models import Reason
from tests.mailing import mail_of, text_of

NOTE, REPLY, REASON, DECLINED = "canary-note-7f3a", "canary-reply-9c1d", "canary-reason-2b8e", "canary-declined-5d4f"
ESCALATION, OWN, PRIVATE = "canary-escalation-6e2c", "canary-own-8a7b", "canary-private-1f9d"
ALL = {NOTE, REPLY, REASON, DECLINED, ESCALATION, OWN, PRIVATE}
MAY_READ = {
    "visitor": set(),
    "other": set(),
    "moderator": set(),
    "asker": {REPLY, DECLINED, OWN, PRIVATE},
    "staff": ALL,
    "admin": ALL,
}
NOT_PAGES = {"accounts.logout", "health.ready"}


@pytest.fixture
def roles(make, asker, agent, moderator, other) -> dict[str, Account | None]:
    admin = make.admin("ada")
    return {"visitor": None, "other": other, "moderator": moderator, "asker": asker, "staff": agent, "admin": admin}


@pytest.fixture
def told(database, make, roles, thread, answer, words) -> None:
    """A thread with a ticket in which every private thing was said, another that was declined, and a private one."""
    second = make.thread(author=roles["asker"], title="Another sync question")
    asker, agent, moderator = (make.actor(roles[name]) for name in ("asker", "staff", "moderator"))
    with database.writing() as session:
        say_me_too(session, make.actor(roles["other"]), thread.id, wanted=True)
        ref = ask_staff(session, moderator, thread.id, Reason.HANDED_OVER, words(ESCALATION)).reference
        ask_staff(session, asker, thread.id, Reason.OUTAGE, words(OWN))
        take_ticket(session, agent, ref)
        reply_as_staff(session, agent, ref, Audience.INTERNAL, words(NOTE))
        reply_as_staff(session, agent, ref, Audience.REQUESTER, words(REPLY))
        hand_over(session, agent, ref, 2, REASON)
        reply_as_staff(session, agent, ref, Audience.PUBLIC, words("Update to 4.3 please."), confirmed=True)
        declined = ask_staff(session, asker, second.id, Reason.OUTAGE, words("Please hurry.")).reference
        decline(session, agent, declined, words(DECLINED))
        open_privately(session, asker, "A private matter", words(PRIVATE))


def addresses(site, thread_id: int) -> list[str]:
    """Every address that answers a GET, with parameters that exist."""
    known = {
        "thread_id": [str(thread_id), str(thread_id + 1)],
        "slug": ["x"],
        "ref": ["PL-1001", "PL-1002", "PL-1003"],
        "message_id": ["1", "2", "3", "4", "5"],
        "handle": ["ana", "sam", "mo", "otto"],
        "name": ["sync"],
        "kind": ["thread", "answer"],
    }
    found: list[str] = []
    for route in site.routes:
        if "GET" not in (route.methods or ()) or route.name in NOT_PAGES:
            continue
        paths = [route.path]
        for name in re.findall(r"{(\w+)(?::\w+)?}", route.path):
            values = known.get(name, ["1", "2"])
            paths = [re.sub(rf"{{{name}(:\w+)?}}", value, path) for path in paths for value in values]
        found += paths
    # Half a word each, so that the search box repeating it is no find.
    searches = [f"/search?q={word.rpartition('-')[2]}" for word in sorted(ALL)] + ["/search?q=canary"]
    return [*found, *searches, "/desk/tickets?state=all", "/threads?filter=with-staff"]


@pytest.mark.parametrize("role", MAY_READ)
def test_every_page_shows_each_role_only_what_it_may_read(site, browser, told, roles, thread, drain, role):
    drain()
    if (account := roles[role]) is not None:
        browser.sign_in(account)
    seen: set[str] = set()
    for address in addresses(site, thread.id):
        page = browser.get(address)
        assert page.status_code < 500, address
        shown = {canary for canary in ALL if canary in page.text}
        assert shown <= MAY_READ[role], (address, shown)
        seen |= shown
    assert seen == MAY_READ[role]


@pytest.mark.parametrize("role", ["visitor", "other", "moderator"])
def test_a_ticket_of_others_answers_like_one_that_does_not_exist(browser, told, roles, role):
    if (account := roles[role]) is not None:
        browser.sign_in(account)
    for there, missing in (
        ("/tickets/PL-1001", "/tickets/PL-9999"),
        ("/desk/tickets/PL-1001", "/desk/tickets/PL-9999"),
    ):
        first, second = browser.get(there), browser.get(missing)
        same = re.compile(r"PL-\d+|[0-9a-f]{12}")
        assert first.status_code == second.status_code
        assert same.sub("", first.text) == same.sub("", second.text)


@pytest.mark.parametrize("role", ["other", "moderator"])
def test_nobody_writes_into_a_ticket_of_others(browser, told, roles, role):
    browser.sign_in(roles[role])
    for act in ("messages", "solved", "thanks", "close"):
        assert browser.post(f"/tickets/PL-1001/{act}", {"body": "Let me in"}).status_code == 404
    for act in ("messages", "take", "assign", "tier", "priority", "team", "state", "solve", "merge", "spam", "follow"):
        assert browser.post(f"/desk/tickets/PL-1001/{act}", {"body": "Let me in"}).status_code == 403


def test_mail_and_notices_carry_no_private_words_to_anybody_else(site, database, told, roles, drain):
    drain()
    with database.reading() as session:
        emails = {account.email: role for role, account in roles.items() if account}
        addresses = {account.id: account.email for account in roles.values() if account}
        for payload in session.scalars(select(Job.payload)):
            to = payload.get("to") or addresses.get(payload.get("account_id"), "")
            allowed = MAY_READ.get(emails.get(to, ""), set())
            assert {canary for canary in ALL if canary in str(payload)} <= allowed
        for notification in session.scalars(select(Notification)):
            assert not any(canary in notification.text for canary in ALL)
    for letter in mail_of(site):
        allowed = MAY_READ.get(emails.get(letter["to"], ""), set())
        assert {canary for canary in ALL if canary in text_of(letter)} <= allowed
