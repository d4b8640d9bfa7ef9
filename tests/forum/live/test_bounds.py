"""What is refused, plainly and early: bad input, too many subjects, too many connections."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import update

from forum.live.doors import Bounds
from forum.live.subjects import MOST
from forum.threads.models import Thread
from tests.forum.live.listening import sign_in


@pytest.mark.parametrize(
    "query",
    [
        "",
        "thread=",
        "thread=0",
        "thread=-5",
        "thread=5x",
        "thread=%D9%A5",
        "thread=" + "9" * 40,
        "queue=1",
        "ticket=",
        "ticket=pl-1",
        "ticket=" + "A" * 21,
        "work=PL%2F1",
        "nothing=1",
        "thread=5&nothing=1",
        "me=1%00",
        "&".join(f"thread={number}" for number in range(1, MOST + 2)),
    ],
)
def test_what_names_nothing_is_refused_in_plain_words(pages, air, query):
    reply = pages().get(f"/live?{query}")

    assert reply.status_code == 422
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["cache-control"] == "no-store"
    assert 10 < len(reply.text) < 200
    assert air.app.state.site.live.doors.inside == 0


def test_a_subject_named_twice_is_one(listen, thread):
    query = "&".join([f"thread={thread.id}"] * (MOST + 5))

    assert listen(query).answered() == 200


def test_asking_for_the_head_opens_nothing(pages, air, thread):
    reply = pages().client.head(f"/live?thread={thread.id}")

    assert reply.status_code == 200
    assert air.app.state.site.live.doors.inside == 0


@pytest.mark.parametrize(
    ("bounds", "status"), [(Bounds(process=2), 503), (Bounds(address=2), 429)], ids=["process", "address"]
)
def test_no_more_than_may_be_are_let_in(listen, air, thread, bounds, status):
    doors = air.app.state.site.live.doors
    doors.bounds = bounds
    inside = [listen(f"thread={thread.id}") for _ in range(2)]
    assert [listener.answered() for listener in inside] == [200, 200]

    refused = listen(f"thread={thread.id}")
    assert refused.answered() == status
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["cache-control"] == "no-store"

    air.leave(inside[0])
    assert listen(f"thread={thread.id}").answered() == 200


def test_an_account_has_its_own_bound_and_takes_no_room_from_its_address(air, database, asker, make, thread):
    doors = air.app.state.site.live.doors
    doors.bounds = Bounds(address=1, account=2)
    token, query = sign_in(database, asker), f"thread={thread.id}"
    for _ in range(2):
        assert air.listen(query, token).answered() == 200

    assert air.listen(query, token).answered() == 429
    assert air.listen(query, sign_in(database, make.account())).answered() == 200
    assert air.listen(query).answered() == 200
    assert air.listen(query, "a-cookie-that-was-made-up").answered() == 429


def test_a_full_address_keeps_out_nobody_who_is_signed_in(air, database, make, thread):
    doors, query = air.app.state.site.live.doors, f"thread={thread.id}"
    doors.bounds = Bounds(address=2)
    for _ in range(2):
        assert air.listen(query).answered() == 200
    assert air.listen(query).answered() == 429

    assert air.listen(query, sign_in(database, make.account())).answered() == 200
    assert air.listen(query).answered() == 429
    assert doors.inside == 3


def test_who_went_away_leaves_nothing_behind(listen, air, make, thread, database):
    live = air.app.state.site.live
    for account in (None, make.account()):
        listener = listen(f"thread={thread.id}&queue=", account)
        listener.heard(f"thread:{thread.id}")
        air.leave(listener)
    with database.writing() as session:
        session.execute(update(Thread).values(answer_count=3))
    time.sleep(0.8)

    assert live.doors.inside == 0
    assert live.doors._by == {}
    assert len(live.connections) == 0
    assert live.connections._by_topic == {}
    assert live._pending == set()


def test_who_comes_too_often_is_asked_to_wait(air, thread, monkeypatch):
    monkeypatch.setattr(air.app.state.site.limits, "_enabled", True)
    monkeypatch.setattr("forum.live.views.RATES", {"account": "3/minute", "address": "3/minute"})
    statuses = [air.listen(f"thread={thread.id}") for _ in range(4)]

    assert sorted(listener.answered() for listener in statuses) == [200, 200, 200, 429]


def test_something_is_said_now_and_then_for_proxies(listen, monkeypatch, thread):
    monkeypatch.setattr("forum.live.stream.HEARTBEAT", 0.2)
    listener = listen(f"thread={thread.id}")
    listener.heard(f"thread:{thread.id}")
    before = listener.text
    time.sleep(0.7)

    assert listener.text.removeprefix(before).count(":\n\n") >= 2


def test_a_database_that_fails_for_a_moment_costs_only_time(listen, air, database, thread, monkeypatch):
    live, name = air.app.state.site.live, f"thread:{thread.id}"
    monkeypatch.setattr("forum.live.hub.RETRY", 0.2)
    listener = listen(f"thread={thread.id}")
    listener.heard(name)
    read, failures = live._read_public, iter(range(2))

    def fails(subjects):
        if next(failures, None) is not None:
            raise RuntimeError("The database is away.")
        return read(subjects)

    monkeypatch.setattr(live, "_read_public", fails)
    with database.writing() as session:
        session.execute(update(Thread).values(answer_count=4))

    listener.until(lambda facts: facts[name]["answers"] == 4)
