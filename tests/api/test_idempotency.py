"""A write sent again under its key is answered again and done once, whoever gets there first."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.accounts.api_tokens import revoke_all
from forum.accounts.models import Account
from forum.clock import now
from forum.jobs import Workshop, enqueue
from forum.posts import PostKind, PostRef, Visibility
from forum.retention.actions import APPLY
from forum.tags.models import SpaceAudience
from forum.threads.actions.visibility import set_visibility, withhold_text
from forum.threads.models import Answer, Thread
from forum.web.api import replays
from forum.web.api.replays import KeptReply
from support.tickets.models import Ticket

TICKET = {"subject": "An invoice twice", "body": "We paid in May."}


def count(database, model) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model))


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_write_is_answered_again_and_done_once(database, api, asker):
    program = api(asker)
    first = program.post("/tickets", TICKET, headers=keyed("a-1"))

    second = program.post("/tickets", TICKET, headers=keyed("a-1"))

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count(database, Ticket) == 1


def test_a_reply_without_a_body_is_given_again_too(make, api, asker):
    thread = make.thread(author=asker)
    program = api(asker)

    first, second = (program.delete(f"/threads/{thread.id}", headers=keyed("gone")) for _ in range(2))

    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")
    assert second.headers["Idempotent-Replayed"] == "true"


def test_the_key_is_refused_for_anything_else(database, api, asker, thread):
    program = api(asker)
    program.post("/tickets", TICKET, headers=keyed("a-1"))

    other_body = program.post("/tickets", TICKET | {"body": "We paid in June."}, headers=keyed("a-1"))
    other_path = program.post(f"/threads/{thread.id}/escalation", {"reason": "billing"}, headers=keyed("a-1"))

    for refused in (other_body, other_path):
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    assert count(database, Ticket) == 1


def test_a_key_is_its_accounts_own(database, make, api, asker):
    for account in (asker, make.account("otto")):
        assert "Idempotent-Replayed" not in api(account).post("/tickets", TICKET, headers=keyed("a-1")).headers
    assert count(database, Ticket) == 2


def test_a_refused_write_keeps_nothing_and_may_be_tried_again(database, make, api, asker, thread):
    program = api(make.account("otto"))
    answer = {"body": "Restart the daemon, please."}
    with database.writing() as session:
        session.merge(thread).locked_at = now()
    assert program.post(f"/threads/{thread.id}/answers", answer, headers=keyed("a-1")).status_code == 409
    assert count(database, KeptReply) == 0
    with database.writing() as session:
        session.merge(thread).locked_at = None

    made = program.post(f"/threads/{thread.id}/answers", answer, headers=keyed("a-1"))

    assert made.status_code == 201
    assert "Idempotent-Replayed" not in made.headers


def test_a_revoked_token_gets_no_kept_reply(database, api, asker):
    program = api(asker)
    program.post("/tickets", TICKET, headers=keyed("a-1"))
    with database.writing() as session:
        revoke_all(session, asker.id)

    assert program.post("/tickets", TICKET, headers=keyed("a-1")).status_code == 401


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 201, "ümlaut"])
def test_what_cannot_be_a_key_is_refused(api, asker, key):
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    program = api(asker)
    headers.append((b"Authorization", f"Bearer {program.token}".encode()))

    refused = program.browser.client.post("/api/v1/tickets", json=TICKET, headers=headers)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


def test_one_account_cannot_fill_the_disk_with_kept_replies(database, api, asker, monkeypatch):
    monkeypatch.setattr(replays, "ROOM", 3_000)
    program = api(asker)
    told = [program.post("/tickets", TICKET, headers=keyed(f"many-{number}")) for number in range(8)]
    made = [reply for reply in told if reply.status_code == 201]

    assert 1 <= len(made) < 8
    assert {reply.status_code for reply in told[len(made) :]} == {429}
    assert count(database, Ticket) == count(database, KeptReply) == len(made)
    assert program.post("/tickets", TICKET, headers=keyed("many-0")).content == made[0].content
    assert program.post("/tickets", TICKET).status_code == 201


def test_after_a_day_the_key_is_free_again_and_the_reply_forgotten(site, database, api, asker):
    program = api(asker)
    program.post("/tickets", TICKET, headers=keyed("old"))
    program.post("/tickets", TICKET, headers=keyed("older"))

    with clock.at(now() + timedelta(hours=25)):
        again = program.post("/tickets", TICKET, headers=keyed("old"))
        with database.writing() as session:
            enqueue(session, APPLY, {})
        Workshop(database, site.jobs).drain()

    assert "Idempotent-Replayed" not in again.headers
    with database.reading() as session:
        assert session.scalars(select(KeptReply.key)).all() == ["old"]


def test_twenty_at_once_have_one_effect_and_one_reply(database, api, helper, thread):
    program = api(helper)
    start = threading.Barrier(20)

    def send(_number: int):
        start.wait()
        reply = program.post(
            f"/threads/{thread.id}/answers", {"body": "Restart the daemon, please."}, headers=keyed("race")
        )
        return reply.status_code, reply.content, reply.headers.get("Idempotent-Replayed")

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(send, range(20)))

    assert Counter((status, replayed) for status, _body, replayed in replies) == {(201, None): 1, (201, "true"): 19}
    assert len({body for _status, body, _replayed in replies}) == 1
    assert count(database, Answer) == 1


def test_two_at_once_with_different_bodies_have_one_effect(database, api, helper, thread):
    program = api(helper)
    start = threading.Barrier(10)

    def send(number: int) -> int:
        start.wait()
        body = {"body": f"Restart the daemon number {number % 2}, please."}
        return program.post(f"/threads/{thread.id}/answers", body, headers=keyed("race")).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = Counter(pool.map(send, range(10)))

    assert statuses == {201: 5, 422: 5}
    assert count(database, Answer) == 1


SECRET = "My number is 0171-5550199, call me."


@pytest.mark.parametrize("taken", ["withheld", "hidden"])
def test_what_moderators_took_away_is_not_told_again_and_the_write_not_made_twice(
    database, make, api, asker, moderator, taken
):
    make.tag("wifi")
    asked = {"title": "Who can call me about this", "body": SECRET, "tags": ["wifi"]}
    first = api(asker).post("/threads", asked, headers=keyed("t-1"))
    ref, actor = PostRef(PostKind.THREAD, first.json()["id"]), make.actor(moderator)
    with database.writing() as session:
        if taken == "withheld":
            withhold_text(session, actor, ref, reason="A telephone number.")
        else:
            set_visibility(session, actor, ref, Visibility.HIDDEN)

    again = api(asker).post("/threads", asked, headers=keyed("t-1"))

    assert first.status_code == 201
    assert again.status_code == 409
    assert SECRET not in again.text
    assert "done before" in again.json()["detail"]
    assert count(database, Thread) == 1
    with database.reading() as session:
        assert not session.scalars(select(KeptReply.key).where(KeptReply.body.contains("0171"))).all()


def test_what_an_account_may_not_see_any_more_is_not_told_to_it_again(database, make, api):
    company = make.organisation("Acme")
    product = make.space("Of companies", organisations=(company,))
    otto = make.account("otto", organisation_id=company.id, reputation=50)
    within = make.thread(space_id=product.id)
    program, words = api(otto), {"body": "Restart the daemon, please."}
    asked = {"title": "Sync stops at forty percent", "tags": ["sync"], "product": product.slug} | words
    make.tag("sync")
    sent = [
        ("POST", "/threads", asked),
        ("POST", f"/threads/{within.id}/answers", words),
        ("PUT", f"/threads/{within.id}/vote", {"value": 1}),
        ("POST", f"/answers/{make.answer(within).id}/flags", {"reason": "off_topic"}),
    ]
    first = [program(*one, headers=keyed(f"k-{place}")) for place, one in enumerate(sent)]
    assert [reply.status_code for reply in first] == [201, 201, 200, 201]
    again = [program(*one, headers=keyed(f"k-{place}")) for place, one in enumerate(sent)]
    assert [reply.content for reply in again] == [reply.content for reply in first]
    with database.writing() as session:
        session.get_one(Account, otto.id).organisation_id = None

    refused = [program(*one, headers=keyed(f"k-{place}")) for place, one in enumerate(sent)]
    plain = [program(*one) for one in sent[1:]]

    assert [reply.status_code for reply in (*refused, *plain)] == [404] * 7
    assert not any("Location" in reply.headers for reply in refused)


def test_a_colleagues_ticket_that_is_not_shared_any_more_is_not_told_again(database, make, api):
    company = make.organisation("Acme", shares_tickets=True)
    ann, bea = (make.account(handle, organisation_id=company.id) for handle in ("ann", "bea"))
    ref = api(ann).post("/tickets", TICKET | {"shared": True}).json()["ref"]
    said = {"body": "I have seen this as well."}
    program = api(bea)
    assert program.post(f"/tickets/{ref}/messages", said, headers=keyed("m-1")).status_code == 201
    assert program.post(f"/tickets/{ref}/messages", said, headers=keyed("m-1")).status_code == 201
    assert api(ann).patch(f"/tickets/{ref}", {"shared": False}).status_code == 200

    assert program.post(f"/tickets/{ref}/messages", said, headers=keyed("m-1")).status_code == 404


def test_a_tickets_thread_that_was_moved_out_of_sight_is_not_told_again(database, make, api, agent):
    thread, hidden = make.thread(), make.space("Hidden", audience=SpaceAudience.ORGANISATIONS)
    ben = make.account("ben")
    ask = TICKET | {"thread": thread.id}
    made = api(ben).post("/tickets", ask, headers=keyed("t-1"))
    assert made.json()["thread"] == thread.id
    with database.writing() as session:
        session.get_one(Thread, thread.id).space_id = hidden.id

    again = api(ben).post("/tickets", ask, headers=keyed("t-1"))

    assert (again.status_code, again.headers["Location"]) == (409, made.headers["Location"])
    assert count(database, Ticket) == 1


def test_a_post_that_goes_takes_only_the_words_of_its_own_thread(database, make, api, asker, helper):
    program, words = api(asker), {"body": "Restart the daemon, please."}
    thread, other = make.thread(author=asker), make.thread(author=asker)
    answer = make.answer(thread, author=helper)
    kept = [
        ("POST", "/tickets", TICKET),
        ("POST", f"/threads/{other.id}/answers", words),
        ("POST", "/tickets", TICKET | {"thread": other.id}),
    ]
    gone = [
        ("POST", f"/threads/{thread.id}/comments", words),
        ("POST", f"/answers/{answer.id}/acceptance", None),
        ("POST", "/tickets", TICKET | {"thread": thread.id}),
    ]
    first = [program(*one, headers=keyed(f"k-{place}")) for place, one in enumerate([*kept, *gone])]
    assert all(reply.is_success for reply in first)
    with database.writing() as session:
        ref = PostRef(PostKind.COMMENT, first[3].json()["id"])
        set_visibility(session, make.actor(asker), ref, Visibility.DELETED)

    again = [program(*one, headers=keyed(f"k-{place}")) for place, one in enumerate([*kept, *gone])]

    assert [reply.status_code for reply in again] == [201] * 3 + [409] * 3
    assert [reply.content for reply in again[:3]] == [reply.content for reply in first[:3]]
    assert [reply.headers.get("Location") for reply in again] == [reply.headers.get("Location") for reply in first]


def test_a_reply_about_a_review_is_told_again_while_its_thread_is_seen(database, make, api, asker, moderator, thread):
    answer, hidden = make.answer(thread, author=asker), make.space("Hidden", audience=SpaceAudience.ORGANISATIONS)
    api(make.account(reputation=50)).post(f"/answers/{answer.id}/flags", {"reason": "off_topic"})
    [review] = api(moderator).get("/reviews").json()["items"]
    decision = {"decision": "hide", "version": review["version"]}
    api(moderator).post(f"/reviews/{review['id']}/decision", decision)
    sent, words = f"/reviews/{review['id']}/appeal", {"reason": "It was an honest try to help."}
    first, second = (api(asker).post(sent, words, headers=keyed("r-1")) for _ in range(2))
    assert (first.status_code, second.content) == (201, first.content)
    assert answer.source in first.text
    with database.writing() as session:
        session.get_one(Thread, thread.id).space_id = hidden.id

    again = api(asker).post(sent, words, headers=keyed("r-1"))

    assert (again.status_code, again.headers["Location"]) == (409, first.headers["Location"])
    assert answer.source not in again.text


def test_every_write_names_a_noun_that_says_who_sees_it(site):
    acts = [route for router in site.api for route in router.routes if route.methods - {"GET"}]
    assert {route.path.split("/")[1] for route in acts} <= set(site.subjects.finders)
