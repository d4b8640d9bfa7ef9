"""Rates: counted in this process or in Redis, and never at the price of a failed request."""

from __future__ import annotations

import time
import uuid

import pytest

from forum.errors import TooMany
from forum.web.limits import RateLimiter
from tests.conftest import REDIS


@pytest.fixture
def redis_url() -> str:
    """A Redis that answers; what CI runs on PostgreSQL runs on Redis too."""
    if not REDIS:
        pytest.skip("PORCHLIGHT_TEST_REDIS_URL is not set")
    return REDIS


def used_up(limiter: RateLimiter, rate: str, key: str) -> bool:
    try:
        limiter.hit(rate, key)
    except TooMany:
        return True
    return False


def test_a_rate_is_used_up_for_one_key_and_not_for_another():
    limiter = RateLimiter()

    assert [used_up(limiter, "2/minute", "ana") for _ in range(3)] == [False, False, True]
    assert not used_up(limiter, "2/minute", "ben")


def test_the_refusal_says_how_long_to_wait():
    limiter = RateLimiter()
    limiter.hit("1/minute", "ana")
    with pytest.raises(TooMany) as refusal:
        limiter.hit("1/minute", "ana")

    assert 50 < refusal.value.retry_after <= 60


def test_two_processes_count_together_in_redis(redis_url):
    prefix = f"test-{uuid.uuid4().hex}"
    one, other = (RateLimiter(redis_url, prefix=prefix) for _ in range(2))
    one.hit("2/minute", "ana")
    other.hit("2/minute", "ana")

    assert used_up(one, "2/minute", "ana")
    assert one.reachable()


def test_a_dead_redis_costs_no_request_and_little_time():
    limiter = RateLimiter("redis://127.0.0.1:9/0")
    began = time.monotonic()
    assert [used_up(limiter, "2/minute", "ana") for _ in range(3)] == [False, False, True]

    assert time.monotonic() - began < 1
    assert not limiter.reachable()
