"""What is private shows in no reply of the API to anybody who may not see it: every GET, every audience."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from typing import NamedTuple

import pytest

from forum.access import Scope
from forum.clock import now
from forum.events.moderation import Decision, FlagReason
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.tags.models import SpaceAudience
from forum.uploads.actions import add_file
from forum.uploads.intake import keep, look_at
from forum.uploads.limits import Limits
from moderation.flags.actions import flag_post
from moderation.reviews.choices import Choice
from moderation.reviews.claims import claim_review
from moderation.reviews.deciding import decide
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import hand_over, mark_spam, set_team, take_ticket
from support.tickets.models import Reason

STAFFS = {
    "canary-note",
    "canary-staff-file",
    "canary-team",
    "canary-other-ticket",
    '"priority"',
    '"tier":',
    '"assignee"',
    '"version"',
}
ASKERS = {"canary-asker-file", "canary-reply", "canary-escalation", "canary-private"}
HIDDEN = {"canary-hidden-answer", "canary-hidden-thread"}
BENCH = {"canary-flag", "canary-decision-note", '"flags"', '"weight"'}
MEMBERS = {"canary-members-only"}
TOLD = {"canary-decision-told"}
ALL = STAFFS | ASKERS | HIDDEN | BENCH | MEMBERS | TOLD
MAY_SEE = {
    "asker": ASKERS | {'"tier":'},
    "otto": {"canary-other-ticket", '"tier":'},
    "author": HIDDEN | TOLD | {'"tier":'},
    "moderator": HIDDEN | BENCH | MEMBERS | TOLD | {'"tier":', '"version"'},
    "plain moderator": {'"tier":'},
    "staff": STAFFS | ASKERS | HIDDEN | MEMBERS,
    "plain staff": {'"tier":'},
    "admin": ALL,
}
"""Everybody's own tier, or that they have none, stands in what they read of themselves."""


class Told(NamedTuple):
    """The numbers of what there is."""

    threads: list[int]
    hidden_thread: int
    hidden_answer: int
    review: int
    files: list[str]


@pytest.fixture
def roles(make, asker, agent, moderator):
    return {
        "asker": asker,
        "otto": make.account("otto"),
        "author": make.account("eve", reputation=300, created_at=now() - timedelta(days=90)),
        "moderator": moderator,
        "plain moderator": moderator,
        "staff": agent,
        "plain staff": agent,
        "admin": make.admin("ada"),
    }


@pytest.fixture
def told(site, database, make, roles, thread) -> Told:
    """A little of everything that is private, by the people who may read it."""
    asker, otto, moderator, agent = (make.actor(roles[name]) for name in ("asker", "otto", "moderator", "staff"))
    helper = make.actor(make.account("flagger", reputation=50))
    answer = make.answer(thread, roles["author"], body="canary-hidden-answer sync")
    hidden = make.thread(
        roles["author"],
        title="A canary-hidden-thread",
        body="canary-hidden-thread",
        visibility="hidden",
        tags=("sync",),
    )
    members = make.space("Members", audience=SpaceAudience.ORGANISATIONS)
    few = make.thread(
        make.staff("sue"), title="The canary-members-only", body="canary-members-only", space_id=members.id
    )
    note, own = (
        keep(site.storage, look_at(f"canary-{whose}-file.log", b"words", Limits())) for whose in ("staff", "asker")
    )
    with database.writing() as session:
        add_file(session, agent, note)
        add_file(session, asker, own)
        told = cook(f"canary-escalation {own.markdown}")
        ref = ask_staff(session, asker, thread.id, Reason.OUTAGE, told).reference
        take_ticket(session, agent, ref)
        reply_as_staff(session, agent, ref, Audience.INTERNAL, cook(f"canary-note {note.markdown}"))
        reply_as_staff(session, agent, ref, Audience.REQUESTER, cook("canary-reply"))
        reply_as_staff(session, agent, ref, Audience.PUBLIC, cook("Update to 4.3 please."), confirmed=True)
        set_team(session, agent, ref, "canary-team")
        hand_over(session, agent, ref, 2, "Beyond me.")
        open_privately(session, asker, "A private matter", cook("canary-private"))
        other = open_privately(session, otto, "Somebody else's matter", cook("canary-other-ticket")).reference
        mark_spam(session, agent, other)
        post = PostRef(PostKind.ANSWER, answer.id)
        flag = flag_post(session, helper, post, FlagReason.OFF_TOPIC, "canary-flag")
        review = claim_review(session, moderator, flag.review_id)
        choice = Choice(
            Decision.HIDE, FlagReason.OFF_TOPIC, message="canary-decision-told", note="canary-decision-note"
        )
        decide(session, moderator, review.id, choice, version=review.version)
        files = [note.token, own.token]
        return Told([thread.id, hidden.id, few.id], hidden.id, answer.id, review.id, files)


def addresses(document: dict, told: Told) -> list[str]:
    """Every GET of the document, with whatever there is for its parameters."""
    known = {
        "thread_id": told.threads,
        "file_id": told.files,
        "review_id": [told.review, told.review + 1],
        "ref": ["PL-1001", "PL-1002", "PL-1003"],
        "handle": ["ana", "otto", "eve", "mo", "sam", "ada", "flagger", "sue"],
    }
    queries = {
        "/threads": ["", "?filter=active", "?filter=with-staff", "?tag=sync", "?product=members"],
        "/reviews": ["", "?state=decided", "?state=appealed"],
        "/tickets": ["", "?state=all", "?q=canary", "?team=canary-team", "?state=spam"],
        # Half a word each, so that an excerpt that repeats the query is no find.
        "/search": [f"?q={word}" for word in ("canary", "hidden", "members", "note", "reply", "private", "sync")],
    }
    found: list[str] = []
    for path, methods in document["paths"].items():
        if "get" in methods:
            names = re.findall(r"{(\w+)}", path)
            for values in product(*(known[name] for name in names)):
                filled = path.format(**dict(zip(names, values, strict=True)))
                found += [filled + query for query in queries.get(path, [""])]
    return found


@pytest.mark.parametrize("role", MAY_SEE)
def test_every_address_shows_each_audience_only_what_it_may_see(api, told, roles, role):
    program = api(roles[role], *((Scope.READ, Scope.WRITE) if role.startswith("plain") else ()))
    seen: set[str] = set()
    for address in addresses(program.get("/openapi.json").json(), told):
        reply = program.get(address)
        assert reply.status_code in (200, 403, 404, 422), address
        shown = {canary for canary in ALL if canary in reply.text}
        assert shown <= MAY_SEE[role], (address, shown)
        seen |= shown
    assert seen == MAY_SEE[role]


def test_without_a_token_every_address_is_closed(api, told):
    program = api()
    for address in addresses(program.get("/openapi.json").json(), told):
        assert program.get(address).status_code == 401, address


@pytest.mark.parametrize("role", ["otto", "moderator", "plain staff"])
def test_what_may_not_be_seen_answers_like_what_does_not_exist(api, told, roles, role):
    program = api(roles[role], *((Scope.READ, Scope.WRITE) if role.startswith("plain") else ()))
    same = re.compile(r"PL-\d+|[0-9a-f]{12}")
    for method, rest, body in (
        ("GET", "", None),
        ("PATCH", "", {"state": "solved"}),
        ("PATCH", "", {"tier": 3}),
        ("POST", "/messages", {"body": "Let me in."}),
        ("POST", "/messages", {"body": "Let me in.", "audience": "internal"}),
    ):
        there, missing = (program(method, f"/tickets/{ref}{rest}", body) for ref in ("PL-1001", "PL-9999"))
        assert there.status_code == missing.status_code == 404, (method, rest)
        assert same.sub("", there.text) == same.sub("", missing.text)


def test_a_stranger_can_do_nothing_to_what_they_may_not_see(api, told, roles):
    program = api(roles["otto"])
    for method, path, body in (
        ("GET", f"/threads/{told.hidden_thread}", None),
        ("PATCH", f"/threads/{told.hidden_thread}", {"title": "Something else entirely"}),
        ("DELETE", f"/threads/{told.hidden_thread}", None),
        ("POST", f"/threads/{told.hidden_thread}/answers", {"body": "Restart the daemon."}),
        ("POST", f"/threads/{told.hidden_thread}/comments", {"body": "Restart it."}),
        ("POST", f"/threads/{told.hidden_thread}/flags", {"reason": "spam"}),
        ("POST", f"/threads/{told.hidden_thread}/escalation", {"reason": "outage"}),
        ("PUT", f"/threads/{told.hidden_thread}/vote", {"value": 1}),
        ("PUT", f"/answers/{told.hidden_answer}/vote", {"value": 1}),
        ("POST", f"/answers/{told.hidden_answer}/flags", {"reason": "spam"}),
        ("POST", f"/answers/{told.hidden_answer}/acceptance", None),
        ("POST", f"/reviews/{told.review}/appeal", {"reason": "It was not all that bad."}),
        ("GET", f"/reviews/{told.review}", None),
    ):
        there = program(method, path, body)
        missing = program(method, re.sub(r"/\d+", f"/{10**9}", path), body)
        assert there.status_code == missing.status_code == 404, (method, path)
        assert there.json()["detail"] == missing.json()["detail"]
