"""Rates: how often one person or one address may do a thing."""

from __future__ import annotations

import math
import time

import structlog
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from forum.errors import TooMany
from forum.i18n import gettext as _

log = structlog.get_logger()
RETRY_REDIS_AFTER = 30.0


class RateLimiter:
    """Counts in Redis when there is one, otherwise in this process, and falls back to the latter when Redis fails."""

    def __init__(self, redis_url: str | None = None, *, prefix: str = "porchlight", enabled: bool = True) -> None:
        self._enabled = enabled
        self._here = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_redis(redis_url, prefix)) if redis_url else None
        self._down_until = 0.0

    def hit(self, rate: str, *key: str) -> None:
        """Count one use.

        Raises:
            TooMany: the rate (such as "5/minute") is used up for this key.
        """
        if not self._enabled:
            return
        item = parse(rate)
        wait = self._shared_wait(item, key)
        if wait is None:
            wait = _wait(self._here, item, key)
        if wait:
            raise TooMany(_("That was a lot at once. Please wait a moment and try again."), wait)

    def reachable(self) -> bool:
        """Whether Redis answers; True when none is set."""
        try:
            return self._shared is None or bool(self._shared.storage.check())
        except Exception:  # whatever the client raises, it does not answer
            return False

    def _shared_wait(self, item: RateLimitItem, key: tuple[str, ...]) -> int | None:
        """What Redis says, or None when there is no Redis to ask now."""
        if self._shared is None or time.monotonic() < self._down_until:
            return None
        try:
            return _wait(self._shared, item, key)
        except Exception as error:  # whatever Redis's client raises, a rate is not worth a failed request
            self._down_until = time.monotonic() + RETRY_REDIS_AFTER
            log.warning("rate limits fall back to this process", error=str(error))
            return None


def _wait(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> int:
    """Count one use; 0 when it was allowed, else the seconds until the next one is."""
    if limiter.hit(item, *key):
        return 0
    return max(1, math.ceil(limiter.get_window_stats(item, *key).reset_time - time.time()))


def _redis(url: str, prefix: str) -> Storage:
    """Short timeouts and no retry: a dead Redis must not cost seconds a request."""
    from redis import ConnectionPool  # noqa: PLC0415 - an optional dependency
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    pool = ConnectionPool.from_url(url, socket_timeout=0.05, socket_connect_timeout=0.05, retry=Retry(NoBackoff(), 0))
    return RedisStorage(url, connection_pool=pool, key_prefix=f"{prefix}:limits")
