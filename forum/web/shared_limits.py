"""Rates counted in Redis, at a price that no request notices when Redis is dead or hangs.

One failure opens the circuit for the whole process: nobody asks Redis any more until a
thread beside the requests has seen it answer.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog
from limits import RateLimitItem
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger()
PATIENCE = 0.02
"""Seconds that Redis is given for each question, and a request for all its questions together."""
LOOK_AGAIN = 1.0
T = TypeVar("T")
Question = Callable[[MovingWindowRateLimiter, RateLimitItem, tuple[str, ...]], T]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one use left of a rate: `left` of `amount` in `window` seconds; `wait` is 0 where the use was allowed."""

    amount: int
    window: int
    left: int
    resets_in: int
    wait: int


class SharedLimits:
    def __init__(self, url: str, prefix: str) -> None:
        self.answers = True
        self._limiter = MovingWindowRateLimiter(_storage(url, prefix))
        # Looking up a name takes as long as it takes, whatever the timeouts say: so somebody else waits for it.
        self._askers = ThreadPoolExecutor(8, thread_name_prefix="rates")
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def ask(self, question: Question[T], item: RateLimitItem, key: tuple[str, ...]) -> T | None:
        """Count one use, and what came of it; None when Redis cannot say."""
        if not self.answers:
            return None
        try:
            return self._askers.submit(question, self._limiter, item, key).result(PATIENCE)
        except Exception as error:  # whatever Redis's client raises, a rate is not worth a failed request
            self._open_circuit(error)
            return None

    def ping(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._limiter.storage.check())
        except Exception:  # whatever the client raises, it does not answer
            return False

    def close(self) -> None:
        self._closed.set()
        self._askers.shutdown(wait=False, cancel_futures=True)

    def _open_circuit(self, error: Exception) -> None:
        with self._lock:
            if not self.answers or self._closed.is_set():
                return
            self.answers = False
        log.warning("rate limits fall back to this process", error=repr(error))
        threading.Thread(target=self._look_again, name="rates-look", daemon=True).start()

    def _look_again(self) -> None:
        while not self._closed.wait(LOOK_AGAIN):
            if self.ping():
                self.answers = True
                log.info("rate limits are shared again")
                return


def wait_for(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> int:
    """Count one use; 0 when it was allowed, else the seconds until the next one is."""
    if limiter.hit(item, *key):
        return 0
    return max(1, math.ceil(limiter.get_window_stats(item, *key).reset_time - time.time()))


def allowance_of(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> Allowance:
    """Count one use, and what it left."""
    wait = wait_for(limiter, item, key)
    stats = limiter.get_window_stats(item, *key)
    resets_in = max(1, math.ceil(stats.reset_time - time.time()))
    return Allowance(item.amount, item.get_expiry(), max(0, stats.remaining), resets_in, wait)


def _storage(url: str, prefix: str) -> RedisStorage:
    """Short timeouts and no retry: a dead Redis must not cost seconds a request."""
    from redis import ConnectionPool  # noqa: PLC0415 - an optional dependency
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    pool = ConnectionPool.from_url(
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return RedisStorage(url, connection_pool=pool, key_prefix=f"{prefix}:limits")
