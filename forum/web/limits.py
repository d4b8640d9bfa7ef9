"""Rates: how often one person or one address may do a thing."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from forum.errors import TooMany
from forum.i18n import gettext as _
from forum.web.shared_limits import Allowance, Question, SharedLimits, allowance_of, wait_for

T = TypeVar("T")
TIDY = 60.0
"""Seconds after which counts that have run out are dropped, going through those of everybody."""
STEP = 5.0
"""Seconds by which the clock on the wall must jump for the windows that it dates to mean nothing any more."""


class Windows(MemoryStorage):
    """Goes through all that it counts once in a while; the library would do so after every count, in a new thread."""

    def __init__(self) -> None:
        self._tidied = time.monotonic()
        super().__init__()

    def _MemoryStorage__schedule_expiry(self) -> None:  # the library's private method, by the name Python gives it
        if time.monotonic() - self._tidied > TIDY:
            self._tidied = time.monotonic()
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]


class RateLimiter:
    """Counts in Redis when there is one, otherwise in this process, and falls back to the latter when Redis fails."""

    def __init__(self, redis_url: str | None = None, *, prefix: str = "porchlight", enabled: bool = True) -> None:
        self._enabled = enabled
        self._shared = SharedLimits(redis_url, prefix) if redis_url else None
        self._threads = CapacityLimiter(8)
        self._ahead = _clock_ahead()
        self._here = MovingWindowRateLimiter(Windows())

    def hit(self, rate: str, *key: str) -> None:
        """Count one use; from a thread, since Redis may be asked.

        Raises:
            TooMany: the rate (such as "5/minute") is used up for this key.
        """
        if not self._enabled:
            return
        item = _item(rate)
        if wait := self._ask(wait_for, item, key):
            raise too_many(wait)

    def use(self, rate: str, *key: str) -> Allowance | None:
        """Count one use, from a thread, and say what it left; None where nothing is limited."""
        return self._ask(allowance_of, _item(rate), key) if self._enabled else None

    async def use_from_loop(self, rate: str, *key: str) -> Allowance | None:
        """The same from the event loop, which waits for nobody."""
        if self._enabled and self._shared is not None and self._shared.answers:
            return await to_thread.run_sync(self.use, rate, *key, limiter=self._threads)
        return self.use(rate, *key)

    async def hit_from_loop(self, rate: str, *key: str) -> None:
        """Count one use, from the event loop, which waits for nobody: Redis is asked in a thread."""
        if self._enabled and self._shared is not None and self._shared.answers:
            await to_thread.run_sync(self.hit, rate, *key, limiter=self._threads)
        else:
            self.hit(rate, *key)

    def reachable(self) -> bool:
        """Whether Redis answers; True when none is set."""
        return self._shared is None or self._shared.ping()

    def close(self) -> None:
        if self._shared is not None:
            self._shared.close()

    def _ask(self, question: Question[T], item: RateLimitItem, key: tuple[str, ...]) -> T:
        """Redis's answer, or that of this process when there is no Redis to ask now."""
        found = self._shared.ask(question, item, key) if self._shared is not None else None
        return question(self._windows(), item, key) if found is None else found

    def _windows(self) -> MovingWindowRateLimiter:
        """The windows of this process; new ones when the clock was set: an hour back would shut people out for one."""
        ahead = _clock_ahead()
        if abs(ahead - self._ahead) > STEP:
            self._ahead, self._here = ahead, MovingWindowRateLimiter(Windows())
        return self._here


@lru_cache(maxsize=256)
def _item(rate: str) -> RateLimitItem:
    return parse(rate)


def too_many(wait: int) -> TooMany:
    return TooMany(_("That was a lot at once. Please wait a moment and try again."), wait)


def _clock_ahead() -> float:
    """How far the clock on the wall is ahead of the one that is never set."""
    return time.time() - time.monotonic()
