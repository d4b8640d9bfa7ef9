"""Words through Redis: they wake other processes at once, and a Redis that is dead or hung costs nobody anything."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace

import pytest

from forum.app import build_site
from forum.changes.redis import RedisWakes
from tests.forum.live.test_served import free_port, redis_server

HOURGLASS = 10.0


@pytest.fixture
def redis(tmp_path):
    pytest.importorskip("redis")
    with redis_server(tmp_path) as (server, url):
        yield server, url


@pytest.fixture
def ears():
    """Those who listen, told apart by an event each."""
    heard: list[RedisWakes] = []

    def listen(url: str, prefix: str = "porchlight") -> tuple[RedisWakes, threading.Event]:
        wakes, woken = RedisWakes(url, prefix=prefix), threading.Event()
        wakes.listen(woken.set)
        heard.append(wakes)
        assert woken.wait(HOURGLASS), "it is told once when it begins to listen"
        woken.clear()
        return wakes, woken

    yield listen
    for wakes in heard:
        wakes.stop()


def test_another_process_is_woken_and_oneself_is_not(redis, ears):
    (one, first), (_other, second) = ears(redis[1]), ears(redis[1])
    one.publish()

    assert second.wait(HOURGLASS)
    assert not first.wait(0.3)


def test_sites_that_share_a_redis_do_not_wake_each_other(redis, ears):
    (one, _first), (_other, second) = ears(redis[1], "one"), ears(redis[1], "other")
    one.publish()

    assert not second.wait(0.5)


def test_a_thousand_commits_are_few_words(redis, ears):
    (one, _first), (_other, second) = ears(redis[1]), ears(redis[1])
    began = time.perf_counter()
    for _ in range(1000):
        one.publish()
    took = time.perf_counter() - began

    assert second.wait(HOURGLASS)
    assert took < 0.5


def test_words_come_again_once_redis_is_back(redis, ears, monkeypatch):
    monkeypatch.setattr("forum.changes.redis.TIMEOUT", 0.3)
    server, url = redis
    (one, _first), (_other, second) = ears(url), ears(url)
    server.send_signal(signal.SIGSTOP)
    one.publish()
    assert not second.wait(1.0)
    server.send_signal(signal.SIGCONT)
    second.clear()
    for _ in range(100):
        one.publish()
        if second.wait(0.2):
            return
    raise AssertionError("Nobody was woken any more.")


@pytest.mark.parametrize("how", ["absent", "frozen"])
def test_a_commit_waits_for_no_redis(settings, make, database, redis, how):
    """Fifty commits, each of them well under what a person notices."""
    server, url = redis
    if how == "absent":
        url = f"redis://127.0.0.1:{free_port()}/0"
    else:
        server.send_signal(signal.SIGSTOP)
    wakes = RedisWakes(url)
    database.on_commit.append(wakes.publish)
    slowest = 0.0
    for _ in range(50):
        began = time.perf_counter()
        wakes.publish()
        slowest = max(slowest, time.perf_counter() - began)
        make.tag()
    wakes.stop()

    assert slowest < 0.05


def test_a_site_with_redis_passes_its_commits_on(settings, redis, ears, make):
    _wakes, woken = ears(redis[1], "site")
    site = build_site(replace(settings, redis_url=redis[1]), redis_prefix="site", durable=False)
    try:
        with site.database.writing():
            pass
        assert woken.wait(HOURGLASS)
    finally:
        assert site.wakes is not None
        site.wakes.stop()
        site.database.dispose()


def test_a_site_without_redis_has_none(settings):
    assert build_site(replace(settings, redis_url=None)).wakes is None
